/** What would stop the actor of a cluster for good, found by exploring its chart. */
import { expect, it } from 'vitest';
import type { PerformInput } from '../../../machines/messages.ts';
import { CloudDouble, manifest } from './cloud-double.ts';
import { context, running, steady, verbOf, verbs } from './running-cluster.ts';

it('is deleted by force while its own call is held by a pause', async () => {
  const cloud = new CloudDouble(({ effect }) => (effect === 'cluster.plan' ? 'hang' : undefined));
  cloud.command('cluster.apply', manifest(1, 0));
  await cloud.step(0);
  cloud.command('cluster.pause');
  cloud.command('cluster.delete', { force: true });
  expect(cloud.cluster.getSnapshot().status).toBe('active');
  expect(cloud.phase).toBe('deleted');
});

const goesOn = { ok: true, running: true, code: 'ok', progress: 50, hint: '', facts: {} };

it('runs on when its only server is lost while the snapshot before a stop is made', async () => {
  const isSnapshot = (call: PerformInput): boolean => verbOf(call) === 'snapshot';
  const cloud = await running(1, 0, (call) =>
    isSnapshot(call) && cloud.alive('server').length > 0 ? { value: goesOn } : undefined,
  );
  cloud.command('cluster.stop');
  await cloud.runUntil(() => verbs(cloud).includes('snapshot'));
  const [server] = cloud.alive('server');
  cloud.set(server?.instanceId ?? '', { state: 'terminated' });
  await cloud.runUntil(steady(cloud), 600);
  expect(cloud.cluster.getSnapshot().status).toBe('active');
  expect(context(cloud).lastChange?.outcome).toBe('failed');
});
