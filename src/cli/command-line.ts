/** A row of the list of commands: how it is called, and what runs. */
import type { KindName } from './kinds.ts';
import type { Verb } from './shell.ts';

export interface FlagLine {
  /** As commander reads it: `-n, --namespace <name>`. */
  readonly flags: string;
  readonly help: string;
  readonly choices?: readonly string[];
  /** `list` splits at commas, `repeat` does not; both may be given several times. */
  readonly value?: 'duration' | 'count' | 'number' | 'list' | 'repeat';
  /** What the flag means without a value; a value is then written `--flag=value` only. */
  readonly alone?: string;
}

export interface CommandLine {
  readonly name: string;
  /** Operands as commander reads them: `<kind> [names...]`. */
  readonly operands: string;
  /** The kind may stand before the operands, as in `drain host h2`; the verb itself refuses what is too much. */
  readonly isKindWelcome?: true;
  readonly help: string;
  readonly examples: readonly string[];
  readonly flags: readonly FlagLine[];
  /** What `-o` may be; the forms of listings when left out. */
  readonly outputs?: readonly string[];
  /** Kinds it takes; empty when its first operand is no kind. */
  readonly kinds: readonly KindName[];
  readonly load: () => Promise<Verb>;
}
