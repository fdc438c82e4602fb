import { expect, it } from 'vitest';
import { OperationCensus } from '../../../actors/operation-census.ts';

const operation = (value: string, effect: string, lastFault: object | null = null) => ({
  src: 'operation',
  snapshot: { status: 'active', value, context: { effect, lastFault }, children: {} },
});

it('counts operations by effect and by what they wait for, as last committed [V-33]', () => {
  const census = new OperationCensus();
  const key = { kind: 'cluster', namespace: 'test', name: 'a' };
  const snapshot = (children: object) => ({ status: 'active', value: {}, context: {}, children });
  census.note(
    key,
    snapshot({
      op: operation('waitingForCircuit', 'cluster.plan'),
      server1: {
        src: 'node',
        snapshot: snapshot({ op: operation('parked', 'node.launch', { rejectedBy: 'budget' }) }),
      },
      server2: { src: 'node', snapshot: snapshot({ op: operation('attempting', 'node.launch') }) },
    }),
  );
  expect(
    census
      .readings()
      .map(({ metric, labels = {}, value }) => [
        metric.replace('fairlead_operations_', ''),
        ...Object.values(labels),
        value,
      ]),
  ).toEqual([
    ['in_flight', 'cluster.plan', 1],
    ['in_flight', 'node.launch', 2],
    ['parked', 'circuit', 1],
    ['parked', 'budget', 1],
  ]);
  census.note(key, snapshot({}));
  expect(census.readings()).toEqual([]);
});
