/** "Why can't I?" against the real chart of clusters: along a life, what is said of every order is what happens. */
import { expect, it } from 'vitest';
import { fromPromise } from 'xstate';
import { headsOf } from '../../../actors/explain/heads.ts';
import type { Order } from '../../../actors/explain/why.ts';
import type { Kind } from '../../../actors/kind.ts';
import { buildClusterMachine } from '../../../machines/cluster.ts';
import { clusterKind } from '../../../machines/kinds.ts';
import { commandSchemas } from '../../../machines/messages.ts';
import { buildNodeMachine } from '../../../machines/node.ts';
import { operationMachine } from '../../../machines/operation.ts';
import { CloudDouble, manifest } from '../machines/cloud-double.ts';
import { asked, disagreement, subjectFrom } from './explained.ts';

/** Calls that nobody answers. */
const perform = fromPromise(() => new Promise(() => undefined));
const operation = operationMachine.provide({ actors: { perform: perform as never } });
const node = buildNodeMachine(operation, 1);
const kind = clusterKind(buildClusterMachine({ operation, node, scale: 1 })) as unknown as Kind;
const key = { kind: 'cluster', namespace: 'shop', name: 'eu' };

const subjectAt = (cloud: CloudDouble) =>
  subjectFrom(kind, key, commandSchemas, cloud.cluster.getPersistedSnapshot());

const orders: readonly Order[] = [
  ...['pause', 'resume', 'retry', 'cancel', 'stop', 'start', 'restart', 'delete'].map((verb) => ({
    verb,
  })),
  { verb: 'delete', arguments: { force: true } },
  ...[0, 1, 2].map((count) => ({ verb: 'scale', arguments: { pool: 'web', count } })),
  { verb: 'scale', arguments: { pool: 'server', count: 3 } },
  { verb: 'scale', arguments: { pool: 'nowhere', count: 3 } },
  { verb: 'restart', arguments: { pool: 'web' } },
  { verb: 'apply', arguments: { manifest: manifest(1, 1) } },
  { verb: 'apply', arguments: { manifest: manifest(1, 2) } },
  { verb: 'create', arguments: { manifest: manifest(1, 1) } },
];

it('says yes exactly when the order is then taken, and what it leads to, along a whole life', async () => {
  const cloud = new CloudDouble();
  const wrong: string[] = [];
  const phases = new Set<string>();
  const judge = (): void => {
    const { phase } = cloud;
    const { paused } = cloud.cluster.getSnapshot().context;
    if (phase === 'deleted' || phases.has(`${phase} ${paused}`)) return;
    phases.add(`${phase} ${paused}`);
    const subject = subjectAt(cloud);
    for (const order of orders) wrong.push(disagreement(subject, order));
  };
  const until = async (wanted: string): Promise<void> => {
    await cloud.runUntil(() => {
      judge();
      return cloud.phase === wanted;
    }, 900);
  };
  judge();
  cloud.command('cluster.apply', manifest(1, 1));
  judge();
  await until('running.steady');
  cloud.command('cluster.pause');
  judge();
  cloud.command('cluster.resume');
  cloud.command('cluster.scale', { pool: 'web', count: 2 });
  judge();
  await until('running.steady');
  cloud.command('cluster.stop');
  judge();
  await until('stopped');
  cloud.command('cluster.start');
  judge();
  await until('running.steady');
  cloud.command('cluster.delete');
  judge();
  await until('deleted');
  expect([...new Set(wrong)].filter((told) => told !== '')).toEqual([]);
  expect(phases.size).toBeGreaterThan(10);
}, 60_000);

it('names conditions that hold, those that do not, and the way', async () => {
  const cloud = new CloudDouble();
  cloud.command('cluster.apply', manifest(1, 0, { protection: { delete: true } }));
  await cloud.runUntil(() => cloud.phase === 'running.steady', 900);
  const refused = asked(subjectAt(cloud), { verb: 'delete' });
  expect(refused).toMatchObject({
    ...{ allowed: 'no', code: 'cluster.protected', status: 403 },
    path: ['apply with spec.protection.delete: false', 'delete'],
  });
  expect(refused.because.map(({ is }) => is)).toEqual(['no', 'yes']);
  expect(asked(subjectAt(cloud), { verb: 'retry' }).path).toEqual([]);
  cloud.command('cluster.stop');
  await cloud.runUntil(() => cloud.phase === 'stopped', 900);
  const stopped = asked(subjectAt(cloud), { verb: 'restart' });
  expect(stopped.path).toEqual(['start', 'wait for running.steady', 'restart']);
  const heads = headsOf(subjectAt(cloud));
  expect(heads.find(({ command }) => command === 'start')).toMatchObject({ allowed: 'yes' });
  expect(heads.find(({ command }) => command === 'scale')).toMatchObject({
    ...{ allowed: 'no', needs: ['pool', 'count'] },
  });
}, 60_000);
