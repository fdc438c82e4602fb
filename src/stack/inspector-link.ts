/** The link that logs a browser in to the inspector of the stack's host; for the terminal of whoever started it, never a log. */
import { readFileSync } from 'node:fs';
import { linkOf } from '../inspector/link.ts';
import type { Stack } from './stack.ts';

/** Undefined when the host serves no inspector. */
export function inspectorLink({ host }: Pick<Stack, 'host'>): string | undefined {
  const { inspectorPort, tokenFile } = host.ready;
  if (inspectorPort === undefined || tokenFile === undefined) return undefined;
  return linkOf(inspectorPort, readFileSync(tokenFile, 'utf8'));
}
