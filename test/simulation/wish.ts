/** The command line of the simulation. */
import { parseArgs } from 'node:util';
import { mutantNames } from './mutants/all.ts';

export const usage = `Usage: npm run simulate -- [--seeds N] [--seed S] [--minutes M] [--host-count H] [--follow]
       npm run simulate -- --mutant NAME [--seeds N] [--seed S]
       npm run simulate -- --mutants [--seeds N] [--seed S]

Plays N random stories (default 200) of the whole service, one seed each from S on (default 1), or as many as M minutes
take: several hosts, clusters and replications over a simulated stream, bucket, leases, cloud and volumes, in virtual time,
with crashes, frozen and cut-off hosts, lost, late and repeated calls. Checkers judge by what really is. The same seed is the
same run, to the byte. A violation is printed with its seed and the smallest story found; exit code 1.
  --host-count H  so many hosts, 1 to 5, whatever the seed says
  --follow        prints everything that crosses between hosts and world; for one seed
  --mutant NAME   with a planted bug: prints the lowest seed at which its checker finds it; exit code 1 when none does
  --mutants       every planted bug, one after the other
Planted bugs: ${mutantNames.join(', ')}
`;

const seedsMax = 1_000_000;
const hostsMax = 5;

export interface Wish {
  readonly seeds: number;
  readonly seed: number;
  readonly untilMs: number;
  readonly hosts?: number;
  readonly follow: boolean;
  /** Names; empty: the service as it is. */
  readonly mutants: readonly string[];
}

/** Undefined: only the usage was asked for. @throws Error that says what is wrong with the arguments */
export function wishOf(argv: readonly string[]): Wish | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      follow: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      mutant: { type: 'string' },
      seeds: { type: 'string' },
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string' },
      'host-count': { type: 'string' },
    },
  });
  if (values.help) return undefined;
  const { mutant } = values;
  if (mutant !== undefined && !(mutantNames as readonly string[]).includes(mutant))
    throw new Error(`--mutant ${mutant} is not planted; planted are ${mutantNames.join(', ')}`);
  const minutes = values.minutes === undefined ? undefined : whole('minutes', values.minutes);
  const seeds =
    values.seeds ?? (values.follow ? '1' : minutes === undefined ? '200' : String(seedsMax));
  return {
    ...{ seeds: whole('seeds', seeds), seed: whole('seed', values.seed), follow: values.follow },
    untilMs: minutes === undefined ? Infinity : Date.now() + minutes * 60_000,
    ...(values['host-count'] !== undefined && {
      hosts: whole('host-count', values['host-count'], hostsMax),
    }),
    mutants: values.mutants ? mutantNames : mutant === undefined ? [] : [mutant],
  };
}

function whole(name: string, text: string, max: number = seedsMax): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new Error(`--${name} ${text} is not a whole number from 1 to ${max}`);
  return value;
}
