/** Who asks, as audit entries name them: a claim, not a proof. */
import { hostname } from 'node:os';
import type { Shell } from './shell.ts';

/** `--by`, else `user@host`; undefined where no user is known. */
export function whoAsks({
  flags,
  terminal,
}: Pick<Shell, 'flags' | 'terminal'>): string | undefined {
  if (flags.by !== undefined) return flags.by;
  const user = [terminal.env['USER'], terminal.env['LOGNAME']].find((each) => (each ?? '') !== '');
  return user === undefined ? undefined : `${user}@${hostname()}`;
}
