import { beforeEach, expect, it } from 'vitest';
import type { CloudFault } from '../../../../src/aws/faults.ts';
import { codeOf, home, shelf } from './shelf.ts';
import type { Shelf } from './shelf.ts';

let sim: Shelf;

beforeEach(() => {
  sim = shelf();
});

const snapshot = (VolumeId: string) => sim.ec2(sim.at(home), 'createSnapshot', { VolumeId });
const rule = (act: object, more: object = {}) =>
  sim.side('POST', 'faults', { op: 'CreateSnapshot', times: 1, ...more, act });

async function faultOf(call: Promise<unknown>) {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown === undefined) throw new Error('the call was accepted');
  return (thrown as CloudFault).fault;
}

it('does a late call only after its caller has given up, and says so in the log', async () => {
  const volumeId = await sim.made();
  rule({ kind: 'late', ms: 30_000 });
  const call = faultOf(snapshot(volumeId));
  await sim.seconds(11);
  expect(await call).toMatchObject({ type: 'Timeout', mayHaveHappened: true });
  expect(sim.truth().snapshots).toEqual([]);
  await sim.seconds(20);
  expect(sim.truth().snapshots).toMatchObject([{ lineage: volumeId }]);
  const rows = sim.log.list({ op: 'CreateSnapshot' });
  expect(rows.map(({ fault, status }) => [fault, status])).toEqual([
    ['late', 503],
    ['landed', 200],
  ]);
});

it('answers 503 to a call that lands later', async () => {
  const volumeId = await sim.made();
  rule({ kind: 'late', ms: 5_000, reply: '503' });
  const fault = await faultOf(snapshot(volumeId));
  expect(fault).toMatchObject({ code: 'ServiceUnavailable', mayHaveHappened: true });
  await sim.seconds(6);
  expect(sim.truth().snapshots).toHaveLength(1);
});

it('lets a late attach find what is true then: a volume that others took meanwhile stays theirs', async () => {
  const [first, second] = [await sim.running(), await sim.running()];
  const volumeId = await sim.made();
  sim.side('POST', 'faults', {
    ...{ op: 'AttachVolume', times: 1, act: { kind: 'late', ms: 20_000, reply: '503' } },
  });
  expect(await codeOf(sim.attached(volumeId, first))).toBe('ServiceUnavailable');
  await sim.attached(volumeId, second);
  await sim.seconds(20);
  expect(sim.volume(volumeId).attachment?.instanceId).toBe(second);
  expect(sim.log.list({ op: 'AttachVolume' }).at(-1)).toMatchObject({ code: 'VolumeInUse' });
});

it('loses the answer of a call that is done', async () => {
  for (const kind of ['hangupAfter', 'cutBody', 'emptyBody']) {
    const volumeId = await sim.made();
    rule({ kind });
    expect((await faultOf(snapshot(volumeId))).mayHaveHappened).toBe(true);
    expect(sim.truth().snapshots.filter(({ lineage }) => lineage === volumeId)).toHaveLength(1);
  }
});

it('refuses with any code, and leaves the call undone', async () => {
  const volumeId = await sim.made();
  rule({ kind: 'error', code: 'SnapshotLimitExceeded', status: 400 });
  const fault = await faultOf(snapshot(volumeId));
  expect(fault).toMatchObject({ code: 'SnapshotLimitExceeded', mayHaveHappened: false });
  expect(sim.truth().snapshots).toEqual([]);
});

it('answers late by the clock it was given', async () => {
  const volumeId = await sim.made();
  rule({ kind: 'delay', ms: 4_000 });
  let isAnswered = false;
  const call = snapshot(volumeId).then(() => {
    isAnswered = true;
  });
  await sim.seconds(3);
  expect(isAnswered).toBe(false);
  await sim.seconds(2);
  await call;
});

it('ends a call with the signal of its attempt', async () => {
  const volumeId = await sim.made();
  rule({ kind: 'hold' });
  const abort = new AbortController();
  const scope = { ...sim.at(home), signal: abort.signal };
  const call = faultOf(sim.ec2(scope, 'createSnapshot', { VolumeId: volumeId }));
  await sim.seconds(1);
  abort.abort();
  expect(await call).toMatchObject({ type: 'Cancelled', mayHaveHappened: true });
});

it('throttles as the cloud does', async () => {
  const volumeId = await sim.made();
  sim.side('POST', 'throttle', { op: 'DescribeVolumes', burst: 1, refillPerSecond: 1 });
  await sim.seen(volumeId);
  expect(await codeOf(sim.seen(volumeId))).toBe('RequestLimitExceeded');
});

it('fills a fresh token per call for whoever gives none, as the SDK does', async () => {
  const [first, second] = [await sim.made(), await sim.made()];
  expect(first).not.toBe(second);
});

it('shows what was just made only after the lag', async () => {
  sim.side('POST', 'durations', { name: 'lag', range: { min: 20_000, max: 20_000 } });
  sim.side('POST', 'durations', { name: 'volumeCreate', range: { min: 8_000, max: 8_000 } });
  const volumeId = await sim.made();
  expect(await codeOf(sim.seen(volumeId))).toBe('InvalidVolume.NotFound');
  const { Volumes } = await sim.ec2(sim.at(home), 'describeVolumes', {});
  expect(Volumes).toEqual([]);
  await sim.seconds(10);
  expect((await sim.seen(volumeId)).State).toBe('creating');
  await sim.seconds(10);
  expect((await sim.seen(volumeId)).State).toBe('available');
});

it('tells one story per seed', async () => {
  const story = async (seed: number) => {
    const each = shelf(seed);
    const { volumeId } = await each.workload();
    await each.taken(volumeId);
    return JSON.stringify(each.truth());
  };
  expect(await story(5)).toBe(await story(5));
  expect(await story(5)).not.toBe(await story(6));
});
