/** Asking before something that cannot be taken back: by its name on a terminal, by a flag where nobody can be asked. */
import { usage } from './failure.ts';
import type { Shell } from './shell.ts';

/**
 * True when `--yes`, `--confirm <name>` or the person at the terminal says so.
 * @throws Failure `cli.usage` for another name behind `--confirm`, and where neither a flag nor a person can say so
 */
export async function isConfirmed(
  { flags, terminal }: Shell,
  { name, question }: { readonly name: string; readonly question: string },
): Promise<boolean> {
  if (flags.confirm !== undefined && flags.confirm !== name)
    throw usage(`--confirm says ${flags.confirm}, but this is ${name}`);
  // Nothing is sent: there is nothing to take back.
  if (flags.dryRun !== undefined) return true;
  if (flags.yes === true || flags.confirm === name) return true;
  if (!terminal.inIsTty)
    throw usage('this cannot be taken back, and nobody can be asked here', {
      reason: question,
      tries: [`the same with --confirm ${name}`],
    });
  const answer = await terminal.ask(`${question} Type its name (${name}): `);
  return answer.trim() === name;
}
