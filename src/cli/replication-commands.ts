/** Commands of replications: who writes, who follows, what may be lost. */
import type { CommandLine, FlagLine } from './command-line.ts';

const endpoint: FlagLine = {
  flags: '--endpoint <side>',
  help: 'home or away (default: away, the recovery side)',
  choices: ['home', 'away'],
};
const how: readonly FlagLine[] = [
  { flags: '--planned', help: 'the other side hands over: nothing is lost (default)' },
  { flags: '--forced', help: 'the other side is fenced: what it has not copied yet is lost' },
];
const point: FlagLine = {
  flags: '--point <seq>',
  help: 'recovery point by its number (default: the newest)',
  value: 'count',
};
const force: FlagLine = { flags: '--force', help: 'without what can be done without' };
/** Answers to a question that a script cannot be asked. */
export const agreed: readonly FlagLine[] = [
  { flags: '-y, --yes', help: 'do not ask' },
  { flags: '--confirm <name>', help: 'the name that would be asked for' },
];
export const expectEpoch: FlagLine = {
  flags: '--expect-epoch <n>',
  help: 'of a replication: only if this is still its writer generation',
  value: 'count',
};

interface Told {
  readonly name: string;
  readonly help: string;
  readonly examples: readonly string[];
  readonly flags?: readonly FlagLine[];
}

/** @param flags  those of every order: wait, reason, command id, revision */
export const replicationCommands = (flags: readonly FlagLine[]): readonly CommandLine[] => {
  const move = (told: Told & { readonly kinds: CommandLine['kinds'] }): CommandLine => ({
    ...order(told),
    kinds: told.kinds,
    load: async () => (await import('./verbs/group-order.ts')).moveVerb(told.name, told.kinds),
  });
  const order = (told: Told): CommandLine => ({
    ...told,
    operands: '<kind> [names...]',
    flags: [...(told.flags ?? []), ...flags, expectEpoch],
    kinds: ['replication'],
    load: async () => (await import('./verbs/replication-order.ts')).replicationVerb(told.name),
  });
  return [
    order({
      name: 'promote',
      help: 'make a side the writer',
      examples: [
        'fairlead promote replication db-1 --planned --wait',
        'fairlead promote replication db-1 --forced --point 41',
      ],
      flags: [endpoint, ...how, point, ...agreed],
    }),
    order({
      name: 'demote',
      help: 'stop a side writing; it becomes a replica by itself',
      examples: ['fairlead demote replication db-1 --endpoint home --wait'],
      flags: [endpoint, force],
    }),
    order({
      name: 'resync',
      help: 'overwrite a side with what the writer has; its own data is kept in a snapshot first',
      examples: ['fairlead resync replication db-1 --endpoint home --wait'],
      flags: [endpoint, force],
    }),
    order({
      name: 'recover',
      help: 'bring a failed side back to replica: fenced, waited for, looked at again',
      examples: ['fairlead recover replication db-1 --endpoint home'],
      flags: [endpoint],
    }),
    move({
      name: 'failover',
      kinds: ['replication', 'replicationgroup', 'cluster'],
      help: 'promote the recovery side',
      examples: [
        'fairlead failover replication db-1 --wait',
        'fairlead failover replication db-1 --forced --confirm db-1',
        'fairlead failover replicationgroup shop --wait',
        'fairlead cluster failover eu-a --to eu-b',
      ],
      flags: [
        ...how,
        point,
        {
          flags: '--to <cluster>',
          help: 'of a cluster: everything that writes there and has its other side here',
        },
        ...agreed,
      ],
    }),
    move({
      name: 'failback',
      kinds: ['replication', 'replicationgroup'],
      help: 'resync home where it has to be, then promote it by plan',
      examples: ['fairlead failback replication db-1 --wait --timeout 2h'],
    }),
    move({
      name: 'relocate',
      kinds: ['replication', 'replicationgroup'],
      help: 'promote by plan the side that does not write',
      examples: ['fairlead relocate replication db-1 --wait'],
    }),
    order({
      name: 'barrier',
      help: 'let a member of a group past the barrier it waits at; groups do this themselves',
      examples: ['fairlead barrier replication db-1 --phase fenced --group shop --order 3'],
      flags: [
        { flags: '--phase <name>', help: 'where it waits', choices: ['ready', 'fenced', 'made'] },
        { flags: '--group <name>', help: 'group whose order it is part of' },
        { flags: '--order <n>', help: 'number of that order', value: 'count' },
        { flags: '--hold', help: 'let it wait on instead' },
      ],
    }),
    order({
      name: 'override',
      help: 'accept two writers: promote though the old one is not proven unable to write',
      examples: ['fairlead override replication db-1 --reason "eu-west-1 is under water"'],
      flags: [
        { flags: '--token <token>', help: 'of this promotion and this risk, from describe' },
        ...agreed,
      ],
    }),
    order({
      name: 'sync',
      help: 'take a recovery point now',
      examples: ['fairlead sync replication db-1'],
    }),
    order({
      name: 'test-start',
      help: 'rehearse: a clone of a recovery point on the recovery side; nothing else is touched',
      examples: [
        'fairlead test-start replication db-1 --ttl 2h --wait',
        'fairlead replication test-start db-1',
      ],
      flags: [
        endpoint,
        point,
        { flags: '--ttl <span>', help: 'ends by itself (default: 1h)', value: 'duration' },
        force,
      ],
    }),
    order({
      name: 'test-stop',
      help: 'end a rehearsal and delete its clone',
      examples: ['fairlead test-stop replication db-1'],
      flags: [endpoint],
    }),
    order({
      name: 'reconfigure',
      help: 'change mode or interval, where the back end can',
      examples: ['fairlead reconfigure replication db-1 --every 5m'],
      flags: [
        {
          flags: '--mode <mode>',
          help: 'how copies are made',
          choices: ['synchronous', 'asynchronous'],
        },
        { flags: '--every <span>', help: 'from one recovery point to the next, such as 5m' },
      ],
    }),
    {
      name: 'points',
      operands: '<kind> <name>',
      help: 'committed recovery points, oldest first',
      examples: ['fairlead points replication db-1'],
      flags: [
        { flags: '--no-headers', help: 'tables without the first line' },
        {
          flags: '--sort-by <column>',
          help: 'order of the rows: a column, or a field such as metadata.name',
        },
      ],
      kinds: ['replication'],
      load: async () => (await import('./verbs/points.ts')).points,
    },
    {
      name: 'next',
      operands: '<kind> <name>',
      help: 'which commands would be accepted now; of a replication what each side may become, and by which',
      examples: ['fairlead next replication db-1', 'fairlead next cluster prod'],
      flags: [{ flags: '--no-headers', help: 'tables without the first line' }],
      kinds: ['cluster', 'replication', 'replicationgroup'],
      load: async () => (await import('./verbs/next.ts')).next,
    },
    {
      name: 'why',
      operands: '<command> <kind> [name]',
      help: 'whether a command would be accepted now, what speaks for and against it, and the way there',
      examples: [
        'fairlead why promote replication db-1 --endpoint home',
        'fairlead why delete cluster prod',
      ],
      flags: [
        endpoint,
        ...how,
        point,
        force,
        expectEpoch,
        { flags: '--every <span>', help: 'as of reconfigure' },
        { flags: '--token <token>', help: 'as of override' },
        { flags: '--pool <name>', help: 'as of scale and restart' },
        { flags: '--count <n>', help: 'as of scale', value: 'count' },
      ],
      kinds: ['cluster', 'replication', 'replicationgroup'],
      load: async () => (await import('./verbs/why.ts')).why,
    },
  ];
};
