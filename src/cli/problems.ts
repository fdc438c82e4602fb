/** Stand-in until the hosting ring exports its own. */
import type { z } from 'zod';
import type { ProblemItem } from './failure.ts';

export const problemsOf = (error: z.ZodError, root: string): ProblemItem[] =>
  error.issues.map((issue) => {
    const path = [root, ...issue.path.map(String)].filter(Boolean).join('.');
    return { path, code: 'manifest.badValue', message: `${path} ${issue.message}` };
  });
