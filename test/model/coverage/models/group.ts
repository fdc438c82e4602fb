/** Replications that fail over together: every order, with members that come along, hang back or fall. */
import { apiVersion } from '../../../../machines/ids.ts';
import { operationMachine } from '../../../../machines/operation.ts';
import type { GroupContext } from '../../../../machines/replication-group-context.ts';
import type { MemberFact } from '../../../../machines/replication-group-effects.ts';
import { replicationGroupKind } from '../../../../machines/replication-group-kind.ts';
import { group } from '../../../../machines/replication-group-limits.ts';
import { barriers } from '../../../../machines/replication-group-mark.ts';
import type { Barrier } from '../../../../machines/replication-group-mark.ts';
import { buildGroupMachine } from '../../../../machines/replication-group.ts';
import type { Side } from '../../../../machines/replication-table.ts';
import { replicationGroupManifestSchema } from '../../../../machines/specs-group.ts';
import { answers, command, fault, told } from '../asked.ts';
import type { Asked, Ending } from '../asked.ts';
import type { Model, Snapshot } from '../model.ts';
import { inputOf, standIn } from '../stand-in.ts';

const machine = buildGroupMachine(operationMachine).provide({
  actors: { operation: standIn as never },
});

const names = ['one', 'two'] as const;
const manifest = (labels: Record<string, string> = {}) =>
  replicationGroupManifestSchema.parse({
    ...{ apiVersion, kind: 'ReplicationGroup' },
    metadata: { namespace: 'prod', name: 'it', labels },
    spec: { members: names.map((name) => ({ name })) },
  });

const orders: readonly Asked[] = [
  command('failover', { how: 'planned' }),
  ...['failback', 'relocate', 'pause', 'resume', 'cancel', 'delete'].map((verb) => command(verb)),
  command('create', { manifest: manifest() }),
  command('apply', { manifest: manifest() }),
  command('apply', { manifest: manifest({ team: 'shop' }) }, 'with labels'),
  told({ type: 'operation.changed', waiting: null }),
];

/** Both sides at rest, the one writing. */
const resting = (name: string, writer: Side): MemberFact => ({
  ...{ name, exists: true, writer, epoch: 1, lastSyncMs: 1, lagRatio: 0, loss: null },
  ...{ operation: null, says: '', against: { home: [], away: [] } },
  home: writer === 'home' ? 'source.protected' : 'replica.following',
  away: writer === 'away' ? 'source.protected' : 'replica.following',
});

type Change = (fact: MemberFact, context: GroupContext) => MemberFact;

const moving = (fact: MemberFact, context: GroupContext, at: Barrier | null): MemberFact => ({
  ...fact,
  operation: {
    kind: 'promote',
    group: { name: context.name, order: context.operation?.number ?? 0, at, passed: null },
  },
});
const barred: Change = (fact) => ({ ...fact, against: { home: ['x'], away: ['x'] } });

/** Where a writer of one side is, and where it goes. */
const looks = (side: Side): readonly (readonly [string, Change])[] => {
  const base = (name: string): MemberFact => resting(name, side);
  return [
    [`all at ${side}`, ({ name }) => base(name)],
    [`all at ${side}, barred`, ({ name }, context) => barred(base(name), context)],
    [
      `all at ${side}, homes out of date`,
      ({ name }) => ({ ...base(name), home: 'failed.safe', against: { home: ['x'], away: [] } }),
    ],
    [
      `all at ${side}, homes under way`,
      ({ name }, context) => ({
        ...moving(base(name), context, null),
        ...{ home: 'syncing.preserving', against: { home: ['x'], away: [] } },
      }),
    ],
    ...barriers.map((at): readonly [string, Change] => [
      `all at ${side}, at ${at}`,
      ({ name }, context) => moving(base(name), context, at),
    ]),
    [`all at ${side}, on their way`, ({ name }, context) => moving(base(name), context, null)],
  ];
};

const factsOf = (context: GroupContext, change: Change): readonly MemberFact[] =>
  names.map((name) => change(resting(name, 'home'), context));

const all = [...looks('home'), ...looks('away')];

function lookAnswers(context: GroupContext): readonly Asked[] {
  const look = (label: string, members: readonly MemberFact[], ending: Ending = {}): Asked =>
    answers('groupCall', label, { value: { members } }, ending);
  const kept = { afterMs: group.keepMs };
  const [first, second] = names;
  const mixed = (label: string, one: Change, other: Change): Asked =>
    look(label, [one(resting(first, 'home'), context), other(resting(second, 'home'), context)]);
  return [
    ...all.map(([label, change]) => look(label, factsOf(context, change))),
    ...all.map(([label, change]) =>
      look(`${label}, after a while`, factsOf(context, change), kept),
    ),
    mixed(
      'the first is there, the other on its way',
      ({ name }) => resting(name, 'away'),
      (fact) => moving(fact, context, 'made'),
    ),
    mixed(
      'the first is there, the other has fallen',
      ({ name }) => resting(name, 'away'),
      (fact) => fact,
    ),
    answers('groupCall', 'fails', fault('Unavailable')),
  ];
}

const orderAnswers: readonly Asked[] = [
  ...(['accepted', 'refused'] as const).map((outcome) =>
    answers('groupCall', `all ${outcome}`, {
      value: {
        answers: names.map((member) => ({ member, outcome, code: '', message: outcome })),
      },
    }),
  ),
  answers('groupCall', 'fails', fault('Unavailable')),
];

function asks({ children, context }: Snapshot): readonly Asked[] {
  const { groupCall } = children;
  if (groupCall === undefined) return orders;
  const { effect } = inputOf(groupCall) as { effect: string };
  return [
    ...orders,
    ...(effect === 'group.look' ? lookAnswers(context as GroupContext) : orderAnswers),
  ];
}

/** State and what judgements read of the order under way. */
function key({ value, context }: Snapshot): string {
  const { operation, spec, labels } = context as GroupContext;
  return JSON.stringify([
    ...[value, spec === null, Object.keys(labels).length],
    operation && [
      ...[operation.verb, operation.endpoint, operation.moving, operation.settled],
      ...[operation.hasWriter, operation.calledOff.length],
    ],
  ]);
}

export const groupModel: Model = {
  id: 'replicationgroup',
  machine,
  part: ({ value }) => value,
  input: { uid: 'U'.repeat(26), namespace: 'prod', name: 'it', atMs: 1_700_000_000_000 },
  // What children do changes nothing that a kind reads.
  kind: replicationGroupKind(machine),
  explorations: [{ walk: [], asks, key, limit: 200_000 }],
};
