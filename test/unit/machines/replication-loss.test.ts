/** What a forced promotion is said to have lost: never less than the old writer wrote behind the point. */
import { expect, it } from 'vitest';
import { fenceAnswered, lossExtended, pointChosen } from '../../../machines/replication-notes.ts';
import { settled } from '../../model/replication/asks.ts';
import { Graph } from '../../model/replication/chart.ts';
import { replicationMachine } from '../../../machines/replication.ts';
import type { Operation, ReplicationContext } from '../../../machines/replication-context.ts';

const graph = new Graph(replicationMachine);
const rested = graph.snapshotOf(settled(graph)).context;
const operation: Operation = {
  ...{ kind: 'promote', verb: 'failover', then: null, endpoint: 'away', how: 'forced', seq: 2 },
  ...{ startedAtMs: 0, correlationId: '', by: '', epoch: 2, wanted: null, chosen: null },
  ...{ observed: '', fencedAtMs: 0, fenceRounds: 0, reissues: 0, estimate: null, group: null },
};
const forced: ReplicationContext = { ...rested, epoch: 2, operation };
const answer = (atMs: number, value: object) => ({
  type: 'done',
  output: { result: { ok: true, value, atMs } },
});

const chosenAfter = (fenced: boolean) => {
  const told = fenceAnswered(forced, answer(50_000, { fenced, observed: 'seen' }));
  return pointChosen({ ...forced, ...told }, answer(90_000, { seq: 1, pitMs: 10_000 })).loss;
};

it('counts up to the fence where it held', () => {
  expect(chosenAfter(true)).toMatchObject({ seconds: 40 });
});

it('counts up to the choice where nothing was fenced', () => {
  expect(chosenAfter(false)).toMatchObject({ seconds: 80 });
});

it('grows once it is proven how long the old writer has gone on', () => {
  const riskAccepted = { epoch: 2, by: 'k', atMs: 60_000, observed: 'seen', clearedAtMs: null };
  const loss = { seconds: 80, fromPitMs: 10_000, atMs: 90_000, epoch: 2 };
  const written: ReplicationContext = { ...forced, writerEpoch: 2, riskAccepted, loss };
  expect(lossExtended(written, answer(310_000, {})).loss?.seconds).toBe(300);
  expect(lossExtended({ ...written, writerEpoch: 1 }, answer(310_000, {}))).toEqual({});
});
