/** Children run what set-up built, also when the stack itself runs from source in a test. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';
import { StackError } from './stack-error.ts';

/** @param path  inside dist/ @throws StackError `stack.notSetUp` */
export function builtFile(path: string): string {
  const file = join(packageRoot(), 'dist', path);
  if (existsSync(file)) return file;
  throw new StackError('stack.notSetUp', `${file} is not built. Run: node src/setup.mjs`);
}
