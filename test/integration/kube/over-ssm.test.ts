import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeDraft, KubeRef } from '../../../actors/kube-port.ts';
import { attempt, overSsm } from './ways.ts';
import type { SsmWay } from './ways.ts';

let way: SsmWay;
beforeAll(async () => {
  way = await overSsm();
});
afterAll(async () => {
  await way.stop();
});

const claim = (name: string): KubeRef => ({ kind: 'PersistentVolumeClaim', namespace: 'p', name });
const draft: KubeDraft = { kind: 'PersistentVolume', metadata: { name: 'made' }, spec: {} };
const noise = (bytes: number) => ({ spec: { noise: randomBytes(bytes).toString('hex') } });

it('says that calls go over SSM, may land late, and cannot be watched', () => {
  expect(way.port.capabilities).toEqual({ viaSsm: true, lateMs: 30_000, canWatch: false });
  expect(way.port).not.toHaveProperty('watch');
});

it('begins each call at another server, and asks the next one when a command is not delivered', async () => {
  way.remote.asked.length = 0;
  for (let call = 0; call < 3; call += 1) await way.port.get(claim('none'), attempt());
  expect(new Set(way.remote.asked).size).toBe(3);
  way.remote.dead.add('i-1').add('i-2');
  await way.port.apply(draft, {}, attempt());
  await way.port.apply(draft, {}, attempt());
  expect(way.remote.asked.length).toBeGreaterThan(5);
  way.remote.dead.add('i-3');
  await expect(way.port.get(claim('none'), attempt())).rejects.toMatchObject({
    fault: { type: 'Unavailable', code: 'ssm.DeliveryTimedOut' },
  });
  way.remote.dead.clear();
});

it('says so when an object does not fit into what SSM shows', async () => {
  way.server.seed(claim('huge'), noise(20_000));
  await expect(way.port.get(claim('huge'), attempt())).rejects.toMatchObject({
    fault: { code: 'kube.tooLarge', message: expect.stringContaining('24000') as string },
  });
  const wide = { ...draft, ...noise(40_000) };
  await expect(way.port.apply(wide, {}, attempt())).rejects.toMatchObject({
    fault: { code: 'kube.tooLarge', mayHaveHappened: false },
  });
  way.server.remove(claim('huge'));
});

it('asks for fewer objects at once until a page fits', async () => {
  for (let index = 0; index < 6; index += 1)
    way.server.seed(claim(`big-${String(index)}`), noise(4_000));
  const all = await way.port.list({ kind: 'PersistentVolumeClaim', namespace: 'p' }, attempt());
  expect(all).toHaveLength(6);
  expect(way.remote.longest()).toBeLessThan(24_000);
});
