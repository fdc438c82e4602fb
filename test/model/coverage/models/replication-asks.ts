/** What a replication is asked: by users, by its group, by looks at it; and what its calls may answer. */
import type { ReplicationContext } from '../../../../machines/replication-context.ts';
import { barriers } from '../../../../machines/replication-group-mark.ts';
import { overrideTokenOf } from '../../../../machines/replication-safety.ts';
import { sides } from '../../../../machines/replication-table.ts';
import type { Side } from '../../../../machines/replication-table.ts';
import { answersTo } from '../../replication/asks.ts';
import { replicationManifest } from '../../replication/manifest.ts';
import { answers, command, done, fault, nowMs, roll, told } from '../asked.ts';
import type { Asked } from '../asked.ts';
import type { Snapshot } from '../model.ts';
import { inputOf } from '../stand-in.ts';

/** States of later epochs are not gone on from. */
const epochsMax = 3;
const groupName = 'shop';
export const inGroup = { name: groupName, order: 1 };
const otherPace = { schedule: { every: '2m', rpo: '4m' } };

const labelled = (({ metadata, ...rest }) => ({
  ...rest,
  metadata: { ...metadata, labels: { team: 'shop' } },
}))(replicationManifest());

export const aimed = (verb: string, given: object = {}, label = ''): Asked[] =>
  sides.map((endpoint) => command(verb, { endpoint, ...given }, `${endpoint} ${label}`));

export const declarations: readonly Asked[] = [
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

export const looks: readonly Asked[] = [
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
export function callAnswers(side: Side, effect: string): Asked[] {
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

export const effectOf = (child: Parameters<typeof inputOf>[0]): string =>
  (inputOf(child) as { effect: string }).effect;

export function callsIn({ children }: Snapshot): readonly Asked[] {
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
export function asks(snapshot: Snapshot): readonly Asked[] {
  const of = snapshot.context as ReplicationContext;
  if (of.epoch > epochsMax) return [];
  return [...orders, overrideIn(snapshot), ...looks, ...callsIn(snapshot)];
}

/** Until the promotion of the group is over, one way or the other. */
export const asksInGroup = (snapshot: Snapshot): readonly Asked[] =>
  (snapshot.context as ReplicationContext).operation === null
    ? []
    : [...groupOrders, overrideIn(snapshot), ...looks, ...callsIn(snapshot)];
