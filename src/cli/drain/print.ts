/** How the outcome of an order to a host is shown. */
import { printAnswer } from '../print-answer.ts';
import type { Sent } from '../send.ts';
import type { Shell } from '../shell.ts';
import { fleetKey, keyText } from '../../../machines/ids.ts';

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
  const { host, verb, sent, partitionsLeft } = outcome;
  const { ok: _ok, ...fields } = sent.accepted;
  const { unchanged, repeated, commandId } = sent.accepted;
  const text = unchanged === true ? before[verb] : done[verb];
  const again = repeated === true ? ' (repeated)' : '';
  await printAnswer(shell, {
    object: {
      ...{
        apiVersion: 'fairlead.dev/v1',
        kind: 'Outcome',
        actor: keyText(fleetKey),
        verb,
        host,
      },
      ...fields,
      ...(partitionsLeft === undefined ? {} : { partitionsLeft }),
    },
    name: `host/${host}`,
    lines: [`host/${host} ${text}${again}   command ${commandId}`],
  });
}
