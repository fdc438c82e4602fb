/** How the outcome of an order to a host is shown. */
import { objectText } from '../output.ts';
import type { Sent } from '../send.ts';
import type { Shell } from '../shell.ts';

export interface DrainOutcome {
  readonly host: string;
  readonly verb: 'drain' | 'undrain';
  readonly sent: Sent;
  /** After a wait. */
  readonly partitionsLeft?: number | undefined;
}

const done = { drain: 'gives its partitions away', undrain: 'takes its share again' } as const;
const before = { drain: 'is drained already', undrain: 'is not drained' } as const;

export async function printDrain(shell: Shell, outcome: DrainOutcome): Promise<void> {
  const { terminal, wish } = shell;
  const { host, verb, sent, partitionsLeft } = outcome;
  const { ok: _ok, ...fields } = sent.accepted;
  const object = {
    ...{ apiVersion: 'fairlead.dev/v1', kind: 'Outcome', actor: 'guard/system/fleet', verb, host },
    ...fields,
    ...(partitionsLeft === undefined ? {} : { partitionsLeft }),
  };
  switch (wish.format) {
    case 'json':
    case 'yaml':
      terminal.out(await objectText(wish.format, object));
      return;
    case 'jsonl':
      terminal.out(`${JSON.stringify(object)}\n`);
      return;
    case 'name':
      terminal.out(`host/${host}\n`);
      return;
    case 'table':
    case 'wide': {
      const { unchanged, repeated, commandId } = sent.accepted;
      const text = unchanged === true ? before[verb] : done[verb];
      const again = repeated === true ? ' (repeated)' : '';
      terminal.out(`host/${host} ${text}${again}   command ${commandId}\n`);
    }
  }
}
