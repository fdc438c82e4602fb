/** Every state of the breaker's chart with every event of every sort: where it leads, and what it leaves alone. */
import { initialTransition } from 'xstate';
import type { AnyStateMachine, SnapshotFrom } from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';
import { describe, expect, it } from 'vitest';
import { breakerMachine, breakerStates } from '../../../machines/breaker.ts';
import type { BreakerEvent, BreakerState } from '../../../machines/breaker.ts';
import { rowOf } from '../../../machines/breaker-rules.ts';
import { callPolicies } from '../../../machines/limits.ts';

type Snapshot = SnapshotFrom<typeof breakerMachine>;

const policy = rowOf(callPolicies, 'k8s/uid');
const quiet = { consecutive: 0, calls: 0, failed: 0, slow: 0 };
const counts = {
  'a run of failures': { ...quiet, consecutive: policy.failuresMax },
  'a failure rate': { ...quiet, calls: 20, failed: 10, consecutive: 1 },
  'a slow rate': { ...quiet, calls: 20, slow: 16 },
  'one failure': { ...quiet, consecutive: 1, calls: 19, failed: 19 },
} as const;
type Why = keyof typeof counts;

/** All events by a name of their own, as they would come in this state; `stale` ones were admitted an epoch ago. */
function eventsIn({ context }: Snapshot): Record<string, BreakerEvent> {
  const judged = (type: 'call.failed' | 'call.slow' | 'probe.failed', why: Why, age = 0) => ({
    ...{ type, type_: 'Timeout', code: 'x', requestId: '', correlationId: '', roll: 0.5 },
    ...{ epoch: context.epoch - age, atMs: 1_000, counts: counts[why] },
  });
  const order = (orderId: string) => ({ atMs: 1_000, orderId, reason: 'a test' });
  const fresh = order(`order ${context.epoch}`);
  const again = order(context.orderId);
  const { epoch } = context;
  return {
    'a run of failures': judged('call.failed', 'a run of failures'),
    'a failure rate': judged('call.failed', 'a failure rate'),
    'a slow rate': judged('call.slow', 'a slow rate'),
    'one failure': judged('call.failed', 'one failure'),
    'one slow answer': judged('call.slow', 'one failure'),
    'stale failures': judged('call.failed', 'a run of failures', 1),
    'stale slowness': judged('call.slow', 'a slow rate', 1),
    'a probe ok': { type: 'probe.ok', epoch, atMs: 1_000 },
    'a stale probe ok': { type: 'probe.ok', epoch: epoch - 1, atMs: 1_000 },
    'a probe failed': judged('probe.failed', 'one failure'),
    'a stale probe failed': judged('probe.failed', 'a run of failures', 1),
    'a late timer noticed': { type: 'open.elapsed', epoch },
    'a stale timer noticed': { type: 'open.elapsed', epoch: epoch - 1 },
    'health ok': { type: 'health.ok', epoch },
    'stale health ok': { type: 'health.ok', epoch: epoch - 1 },
    'a peer opened': { type: 'peer.opened' },
    reset: { type: 'breaker.reset', ...fresh },
    'reset again': { type: 'breaker.reset', ...again },
    isolate: { type: 'breaker.isolate', untilMs: 9_000, ...fresh },
    'isolate again': { type: 'breaker.isolate', untilMs: 9_000, ...again },
    observe: { type: 'breaker.observe', ...fresh },
    'observe again': { type: 'breaker.observe', ...again },
    release: { type: 'breaker.release', ...fresh },
    'release again': { type: 'breaker.release', ...again },
    'another policy': { type: 'policy.update', policy: { probesMax: 3 } },
    // What XState sends itself when a time is over.
    'the open time over': { type: 'xstate.after.openFor.breaker.open' } as never,
    'the isolation over': { type: 'xstate.after.isolatedFor.breaker.isolated' } as never,
  };
}

/** What an order or another host does from anywhere. */
const anywhere: Readonly<Record<string, string>> = {
  ...{ reset: 'closed', isolate: 'isolated', observe: 'metricsOnly' },
};
/** What leads out of each state; every other event leaves it where it is. */
const ways: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  closed: {
    ...{ 'a run of failures': 'open', 'a failure rate': 'open', 'a slow rate': 'open' },
    'a peer opened': 'halfOpen',
  },
  open: {
    ...{ 'the open time over': 'halfOpen', 'a late timer noticed': 'halfOpen' },
    'health ok': 'halfOpen',
  },
  halfOpen: { 'a probe ok': 'halfOpen after 1 ok', 'a probe failed': 'open' },
  'halfOpen after 1 ok': { 'a probe ok': 'closed', 'a probe failed': 'open' },
  isolated: { release: 'halfOpen', 'the isolation over': 'halfOpen' },
  metricsOnly: { release: 'closed' },
};

const [breakerStart] = initialTransition(breakerMachine, { key: 'k8s/uid', policy, atMs: 0 });

const nameOf = ({ value, context }: Snapshot): string =>
  context.probesOk > 0 ? `${value} after ${context.probesOk} ok` : value;

interface Walked {
  readonly state: Snapshot;
  readonly transitions: Readonly<
    Record<string, { readonly event: BreakerEvent; readonly state: Snapshot }>
  >;
}

// What the chart emits is beyond the types of the graph functions.
const map = getAdjacencyMap(breakerMachine as unknown as AnyStateMachine, {
  input: { key: 'k8s/uid', policy, atMs: 0 },
  events: (snapshot) => Object.values(eventsIn(snapshot as unknown as Snapshot)),
  serializeState: (snapshot) => nameOf(snapshot as unknown as Snapshot),
}) as unknown as Readonly<Record<string, Walked>>;

/** Every edge that was walked: from, event by name, both snapshots. */
const edges = Object.values(map).flatMap(({ state: before, transitions }) => {
  const named = Object.entries(eventsIn(before));
  return Object.values(transitions).map(({ event, state: after }) => {
    const found = named.find(([, each]) => JSON.stringify(each) === JSON.stringify(event));
    return { from: nameOf(before), name: found?.[0] ?? event.type, before, after };
  });
});

describe('the graph of the breaker', () => {
  it('reaches every state of the chart and walks every event in each [R-06] [D-05] [V-08]', () => {
    const reached = new Set(edges.map(({ before }): BreakerState => before.value));
    expect([...reached].sort()).toEqual([...breakerStates].sort());
    expect(Object.keys(map).sort()).toEqual(Object.keys(ways).sort());
    const sorts = Object.keys(eventsIn(breakerStart)).length;
    // Two orders that are the same in a state without one, as their ids are, count once.
    for (const from of Object.keys(ways))
      expect(edges.filter((each) => each.from === from).length).toBeGreaterThanOrEqual(sorts - 1);
  });

  it('leads where the table says, and nowhere else [R-06] [D-05]', () => {
    for (const { from, name, after } of edges) {
      const wanted = ways[from]?.[name] ?? anywhere[name] ?? from;
      expect([from, name, nameOf(after)]).toEqual([from, name, wanted]);
    }
  });

  it('begins a new epoch with every change, and with nothing else [R-04]', () => {
    for (const { from, name, before, after } of edges) {
      const isChange = before.value !== after.value || name in anywhere;
      const grown = after.context.epoch - before.context.epoch;
      expect([from, name, grown]).toEqual([from, name, isChange ? 1 : 0]);
    }
  });

  it('what is stale, repeated or unknown changes nothing at all [R-04]', () => {
    for (const { name, before, after } of edges)
      if (/^(a )?stale | again$|^one /.test(name)) expect(after.context).toEqual(before.context);
  });

  it('never moves the end of an open time but by another trip or a reset [R-04]', () => {
    for (const { from, name, before, after } of edges)
      if (from === 'open' && after.value === 'open')
        expect([name, after.context.openUntilMs]).toEqual([name, before.context.openUntilMs]);
  });

  it('only measures: counts a trip it would have made and stays [D-04]', () => {
    const counted = edges.filter(
      ({ before, after }) => after.context.wouldHaveTripped > before.context.wouldHaveTripped,
    );
    expect(counted.map(({ from, name }) => [from, name])).toEqual([
      ['metricsOnly', 'a run of failures'],
      ['metricsOnly', 'a failure rate'],
      ['metricsOnly', 'a slow rate'],
    ]);
  });
});
