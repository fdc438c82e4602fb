/** A pair of clusters, of which one holds the writer: every order, answer, look and time-out on both sides. */
import { operationMachine } from '../../../../machines/operation.ts';
import type {
  EndpointMemory,
  ReplicationContext,
} from '../../../../machines/replication-context.ts';
import { replicationKind } from '../../../../machines/replication-kind.ts';
import { replication } from '../../../../machines/replication-limits.ts';
import { isSuperseded } from '../../../../machines/replication-safety.ts';
import { peerOf, sides } from '../../../../machines/replication-table.ts';
import type { Side } from '../../../../machines/replication-table.ts';
import { buildReplicationMachine } from '../../../../machines/replication.ts';
import { replicationManifest } from '../../replication/manifest.ts';
import { answers, command, nowMs, told } from '../asked.ts';
import type { Asked } from '../asked.ts';
import type { Exploration, Model, Snapshot } from '../model.ts';
import { standIn } from '../stand-in.ts';
import {
  aimed,
  asks,
  asksInGroup,
  callAnswers,
  callsIn,
  declarations,
  effectOf,
  inGroup,
  looks,
} from './replication-asks.ts';

const machine = buildReplicationMachine(operationMachine).provide({
  actors: { operation: standIn as never },
});

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
  timers: (event) => event.includes('Window'),
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
  kind: replicationKind(machine),
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
