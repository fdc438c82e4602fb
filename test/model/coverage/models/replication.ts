/** A pair of clusters, of which one holds the writer: every order, answer, look and time-out on both sides. */
import type { Kind } from '../../../../actors/kind.ts';
import { operationMachine } from '../../../../machines/operation.ts';
import type {
  EndpointMemory,
  ReplicationContext,
} from '../../../../machines/replication-context.ts';
import { barriers } from '../../../../machines/replication-group-mark.ts';
import { replicationKind } from '../../../../machines/replication-kind.ts';
import { replication } from '../../../../machines/replication-limits.ts';
import { isSuperseded, overrideTokenOf } from '../../../../machines/replication-safety.ts';
import { peerOf, sides } from '../../../../machines/replication-table.ts';
import type { Side } from '../../../../machines/replication-table.ts';
import { buildReplicationMachine } from '../../../../machines/replication.ts';
import { answersTo } from '../../replication/asks.ts';
import { replicationManifest } from '../../replication/manifest.ts';
import { answers, command, done, fault, nowMs, roll, told } from '../asked.ts';
import type { Asked } from '../asked.ts';
import type { Exploration, Model, Snapshot } from '../model.ts';
import { inputOf, standIn } from '../stand-in.ts';

const machine = buildReplicationMachine(operationMachine).provide({
  actors: { operation: standIn as never },
});

/** States of later epochs are not gone on from. */
const epochsMax = 3;
const groupName = 'shop';
const inGroup = { name: groupName, order: 1 };
const otherPace = { schedule: { every: '2m', rpo: '4m' } };

const labelled = (({ metadata, ...rest }) => ({
  ...rest,
  metadata: { ...metadata, labels: { team: 'shop' } },
}))(replicationManifest());

const aimed = (verb: string, given: object = {}, label = ''): Asked[] =>
  sides.map((endpoint) => command(verb, { endpoint, ...given }, `${endpoint} ${label}`));

const declarations: readonly Asked[] = [
  command('create', { manifest: replicationManifest() }),
  ...sides.flatMap((initialSource) =>
    [{}, otherPace].map((pace, index) =>
      command(
        'apply',
        { manifest: replicationManifest({ initialSource, ...pace }) },
        `${initialSource} ${index}`,
      ),
    ),
  ),
  command('apply', { manifest: labelled }, 'with labels'),
];

const orders: readonly Asked[] = [
  ...(['planned', 'forced'] as const).flatMap((how) => aimed('promote', { how }, how)),
  command('failover', { how: 'planned' }),
  ...['failback', 'relocate', 'cancel', 'pause', 'resume', 'sync'].map((verb) => command(verb)),
  ...[false, true].flatMap((force) => {
    const label = force ? 'by force' : '';
    return [
      ...aimed('demote', { force }, label),
      ...aimed('test-start', { force, ttlSeconds: 60 }, label),
      command('delete', { force, ...(force && { ack: 'it' }) }, label),
    ];
  }),
  ...aimed('resync', { force: false }),
  ...aimed('recover'),
  ...aimed('test-stop'),
  command('reconfigure', { every: '2m' }),
  command('reconfigure', { every: '1m' }, 'back'),
  ...declarations,
];

/** What its group says to a member, and what ends its wait besides. */
const groupOrders: readonly Asked[] = [
  ...barriers.flatMap((phase) =>
    [true, false].map((hold) =>
      command('barrier', { phase, group: groupName, order: 1, hold }, `${phase} ${String(hold)}`),
    ),
  ),
  command('cancel'),
];

const looks: readonly Asked[] = [
  ...sides.flatMap((endpoint) =>
    (['yes', 'no'] as const).map((writable) =>
      told(
        { type: 'endpoint.observed', endpoint, writable, generation: 1 },
        `${endpoint} ${writable}`,
      ),
    ),
  ),
  ...[0.5, 2.5, 9].map((ratio) => told({ type: 'lag.measured', ratio }, String(ratio))),
  told({ type: 'operation.changed', waiting: null }),
];

/** As the other models of replications have them, with the times of these. */
function callAnswers(side: Side, effect: string): Asked[] {
  return answersTo(side, effect.slice('replication.'.length)).map(({ label, event }) => {
    const { output } = event(undefined as never) as { output: { result: object } };
    const result = { ...output.result, atMs: nowMs, roll };
    return done(`${side}Call`, label, { ...output, result });
  });
}

const scheduleAnswers: readonly Asked[] = [
  answers('scheduleCall', 'ends', { value: { seq: 1, pitMs: nowMs } }),
  answers('scheduleCall', 'goes on', { value: { isDone: false, progress: 50 } }),
  answers('scheduleCall', 'fails', fault('Unavailable')),
];
const removeAnswers: readonly Asked[] = [
  answers('removeCall', 'ends', { value: {} }),
  answers('removeCall', 'fails', fault('Unavailable')),
];

const effectOf = (child: Parameters<typeof inputOf>[0]): string =>
  (inputOf(child) as { effect: string }).effect;

function callsIn({ children }: Snapshot): readonly Asked[] {
  const { scheduleCall, removeCall } = children;
  return [
    ...sides.flatMap((side) => {
      const call = children[`${side}Call`];
      return call === undefined ? [] : callAnswers(side, effectOf(call));
    }),
    ...(scheduleCall === undefined ? [] : scheduleAnswers),
    ...(removeCall === undefined ? [] : removeAnswers),
  ];
}

const overrideIn = ({ context }: Snapshot): Asked =>
  command('override', { token: overrideTokenOf(context as ReplicationContext) });

/** Everything at any time, up to some epochs after the first. */
function asks(snapshot: Snapshot): readonly Asked[] {
  const of = snapshot.context as ReplicationContext;
  if (of.epoch > epochsMax) return [];
  return [...orders, overrideIn(snapshot), ...looks, ...callsIn(snapshot)];
}

/** Until the promotion of the group is over, one way or the other. */
const asksInGroup = (snapshot: Snapshot): readonly Asked[] =>
  (snapshot.context as ReplicationContext).operation === null
    ? []
    : [...groupOrders, overrideIn(snapshot), ...looks, ...callsIn(snapshot)];

const first = (value: unknown): string =>
  typeof value === 'string' ? value : Object.keys(value as object).join();

const ownOf = (of: ReplicationContext, side: Side): readonly unknown[] => {
  const self: EndpointMemory = of[side];
  return [
    ...[self.returnTo, self.progress === null, isSuperseded(of, side)],
    of.points.some(({ at, epoch }) => at === side && epoch === of.epoch),
  ];
};

/** State of one side, roughly that of the other, and the order under way. */
const keyOf =
  (side: Side) =>
  ({ value, context }: Snapshot): string => {
    const of = context as ReplicationContext;
    const regions = value as Record<string, unknown>;
    const { operation } = of;
    const peer = side === 'home' ? 'away' : 'home';
    return JSON.stringify([
      ...[regions[side], first(regions[peer]), ...ownOf(of, side)],
      operation && [
        ...[operation.kind, operation.how, operation.endpoint, operation.then],
        operation.group && [operation.group.at, operation.group.passed],
        of.fence.stage === 'waived',
        operation.fenceRounds >= replication.fenceRoundsMax,
        operation.reissues >= replication.reissuesMax,
      ],
    ]);
  };

const keyOfBirth = ({ value, context }: Snapshot): string => {
  const { home, away } = value as Record<string, unknown>;
  return JSON.stringify([home, away, (context as ReplicationContext).settings?.initialSource]);
};
const keyInGroup = ({ value, context }: Snapshot): string => {
  const { home, away } = value as Record<string, unknown>;
  const { operation, fence, riskAccepted } = context as ReplicationContext;
  const { at, passed } = operation?.group ?? {};
  const risk = riskAccepted?.clearedAtMs === null;
  return JSON.stringify([home, away, at, passed, fence.stage, risk]);
};

/** What is under way at the schedule and of the whole, and who writes. */
const keyOfSchedule = ({ value, context }: Snapshot): string => {
  const { schedule, lifecycle } = value as Record<string, unknown>;
  const of = context as ReplicationContext;
  return JSON.stringify([
    ...[schedule, lifecycle, of.writer, of.isPaused, of.isDeleteOrdered, of.schedule.progress],
    sides.map((side) => first((value as Record<string, unknown>)[side])),
  ]);
};
const keyOfHealth = ({ value }: Snapshot): string =>
  JSON.stringify((value as Record<string, unknown>)['health']);

const establishes = (side: Side, writer: Side): Asked => {
  const [self, peer] = side === writer ? ['yes', 'no'] : ['no', 'yes'];
  return answers(`${side}Call`, 'is established', { value: { self, peer } });
};
const scheduled = (times: number): Asked[] =>
  Array.from({ length: times }, () =>
    answers('scheduleCall', 'ends', { value: { seq: 1, pitMs: nowMs } }),
  );

const bornTo = (writer: Side): readonly Asked[] => [
  command('apply', { manifest: replicationManifest({ initialSource: writer }) }),
  ...sides.map((side) => establishes(side, writer)),
];

/** The one side writes, the other follows. */
const protectedBy = (writer: Side): readonly Asked[] => [
  ...bornTo(writer),
  command('sync'),
  ...scheduled(4),
];

const limit = 120_000;
/** Its life as a writer and as a follower are reached from either beginning; each finds what hides from the other. */
const explorationsOf = (side: Side): Exploration[] =>
  sides.map((writer) => ({ walk: protectedBy(writer), asks, key: keyOf(side), limit }));

const birth: Exploration = {
  walk: [],
  asks: (snapshot) => [...declarations, command('delete', { force: false }), ...callsIn(snapshot)],
  ...{ key: keyOfBirth, limit },
};

/** The answer with which all goes on. */
const goesWell = ({ children }: Snapshot): readonly Asked[] =>
  sides.flatMap((side) => {
    const call = children[`${side}Call`];
    if (call === undefined) return [];
    const effect = effectOf(call);
    // Of a verification the first one says that both write.
    const at = effect === 'replication.verify' ? 1 : 0;
    return callAnswers(side, effect).slice(at, at + 1);
  });

const keyOfTurns = ({ value, context }: Snapshot): string => {
  const { home, away } = value as Record<string, unknown>;
  const { epoch, operation } = context as ReplicationContext;
  return JSON.stringify([home, away, epoch, operation?.kind, operation?.endpoint]);
};
/** Two sides that take turns, and are seen to write out of turn: rare, and some epochs away. */
const turns: Exploration[] = sides.map((writer) => ({
  walk: [...protectedBy(writer), told({ type: 'lag.measured', ratio: 2.5 }, '2.5')],
  asks: (snapshot) =>
    (snapshot.context as ReplicationContext).epoch > 4
      ? []
      : [
          ...aimed('promote', { how: 'forced' }, 'forced'),
          command('demote', { endpoint: writer, force: true }),
          ...sides.map((endpoint) =>
            told(
              { type: 'endpoint.observed', endpoint, writable: 'yes', generation: 1 },
              `${endpoint} yes`,
            ),
          ),
          ...goesWell(snapshot),
        ],
  timers: (event) => /Window/.test(event),
  ...{ key: keyOfTurns, limit },
}));

const inGroups: Exploration[] = sides.flatMap((writer) =>
  (['planned', 'forced'] as const).map((how) => ({
    walk: [
      ...protectedBy(writer),
      command('promote', { endpoint: peerOf(writer), how, group: inGroup }),
    ],
    ...{ asks: asksInGroup, key: keyInGroup, limit },
  })),
);

/** Values of the regions that move; where none does, roughly where both sides are. */
const partOf: NonNullable<Model['part']> = ({ value }, taken) => {
  const regions = value as Record<string, unknown>;
  const moved = [...new Set(taken.map((id) => id.split(/[.|]/)[1] ?? ''))];
  const named = moved.filter((name) => name in regions);
  if (named.length === 0) return sides.map((side) => first(regions[side]));
  return named.map((name) => regions[name]);
};

export const replicationModel: Model = {
  id: 'replication',
  machine,
  part: partOf,
  input: { uid: 'U'.repeat(26), namespace: 'prod', name: 'it', atMs: nowMs },
  kind: replicationKind(machine as never) as unknown as Kind,
  explorations: [
    birth,
    ...sides.flatMap(explorationsOf),
    ...inGroups,
    ...turns,
    { walk: bornTo('away'), asks: () => [command('failback')], key: keyOfHealth, limit: 100 },
    { walk: protectedBy('home'), asks, key: keyOfSchedule, limit },
    { walk: protectedBy('home'), asks: () => looks, key: keyOfHealth, limit: 1_000 },
  ],
};
