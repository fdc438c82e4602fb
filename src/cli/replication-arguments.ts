/** Arguments of commands to replications out of flags, and what a plain `--wait` after each of them is for. */
import { usage } from './failure.ts';
import type { Side } from './replication-view.ts';
import type { Flags } from './shell.ts';

type Arguments = Readonly<Record<string, unknown>>;

const howOf = ({ planned, forced }: Flags): Arguments => {
  if (planned === true && forced === true) throw usage('--planned and --forced exclude each other');
  return forced === true ? { how: 'forced' } : { how: 'planned' };
};
const pointOf = ({ point }: Flags): Arguments => (point === undefined ? {} : { point });
const forceOf = ({ force }: Flags): Arguments => (force === true ? { force } : {});
const aimOf = ({ endpoint }: Flags): Arguments => (endpoint === undefined ? {} : { endpoint });

const own: Readonly<Record<string, (flags: Flags) => Arguments>> = {
  promote: (flags) => ({ ...aimOf(flags), ...howOf(flags), ...pointOf(flags) }),
  failover: (flags) => ({ ...howOf(flags), ...pointOf(flags) }),
  demote: (flags) => ({ ...aimOf(flags), ...forceOf(flags) }),
  resync: (flags) => ({ ...aimOf(flags), ...forceOf(flags) }),
  recover: aimOf,
  'test-start': (flags) => ({
    ...aimOf(flags),
    ...pointOf(flags),
    ...forceOf(flags),
    ...(flags.ttl === undefined ? {} : { ttlSeconds: Math.round(flags.ttl / 1_000) }),
  }),
  'test-stop': aimOf,
  reconfigure: ({ mode, every }) => {
    if (mode === undefined && every === undefined)
      throw usage('reconfigure needs --mode or --every', {
        tries: ['fairlead reconfigure replication <name> --every 5m'],
      });
    return { ...(mode === undefined ? {} : { mode }), ...(every === undefined ? {} : { every }) };
  },
  barrier: ({ phase, group, order, hold }) => {
    if (phase === undefined || group === undefined || order === undefined)
      throw usage('barrier needs --phase, --group and --order', {
        tries: ['fairlead describe replicationgroup <name>'],
      });
    return { phase, group, order, ...(hold === true ? { hold } : {}) };
  },
  override: ({ token }) => (token === undefined ? {} : { token }),
  delete: (flags) => ({
    ...forceOf(flags),
    ...(flags.ack === undefined ? {} : { ack: flags.ack }),
  }),
};

/** @throws Failure `cli.usage` for flags that contradict each other or leave the command empty */
export function replicationArguments(verb: string, flags: Flags): Arguments {
  const { reason, expectEpoch } = flags;
  return {
    ...own[verb]?.(flags),
    ...(expectEpoch === undefined ? {} : { expectEpoch }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Side that an order is about: away unless told otherwise. */
export const sideOf = ({ endpoint }: Flags): Side => (endpoint === 'home' ? 'home' : 'away');

/**
 * What a plain `--wait` is for; undefined where the order is in force when it is accepted.
 * @param writer  who writes before the order
 */
export function goalAfter(verb: string, flags: Flags, writer: string): string | undefined {
  const side = sideOf(flags);
  switch (verb) {
    case 'promote':
      return `writer=${side}`;
    case 'failover':
      return 'writer=away';
    case 'failback':
      return 'writer=home';
    case 'relocate':
      return writer === 'away' ? 'writer=home' : 'writer=away';
    case 'demote':
    case 'resync':
    case 'recover':
      return `${side}=replica`;
    case 'test-start':
      return `${side}=replica.testing`;
    case 'test-stop':
      return 'condition=Testing=False';
    case 'delete':
      return 'deleted';
    default:
      return undefined;
  }
}
