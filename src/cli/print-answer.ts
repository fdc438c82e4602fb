/** One answer in the form that was asked for. */
import { objectText } from './output.ts';
import type { Shell } from './shell.ts';

export interface ShownAnswer {
  /** For `-o json`, `jsonl` and `yaml`. */
  readonly object: object;
  /** For `-o name`. */
  readonly name: string;
  /** For people. */
  readonly lines: readonly string[];
}

export async function printAnswer(
  { terminal, wish }: Shell,
  { object, name, lines }: ShownAnswer,
): Promise<void> {
  switch (wish.format) {
    case 'json':
    case 'yaml':
      terminal.out(await objectText(wish.format, object));
      return;
    case 'jsonl':
      terminal.out(`${JSON.stringify(object)}\n`);
      return;
    case 'name':
      terminal.out(`${name}\n`);
      return;
    case 'table':
    case 'wide':
      for (const line of lines) terminal.out(`${line}\n`);
  }
}
