import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster } from './clusters.ts';
import type { Cluster } from './clusters.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ servers: 1, agents: 1 });
});

afterAll(async () => {
  await cluster.machines.stop();
});

const soon = { timeout: 10_000 };
const check = async (on: string) => (await cluster.run('check', on, 'check')).facts ?? {};
const readyz = async (on: string) =>
  (await cluster.run('observe', on, 'observe')).facts?.['readyz'];

/** As a kill between the work and its marker leaves it. */
function forgetOutcome(on: string, opId: string): void {
  rmSync(join(cluster.machines.root(cluster.node(on)), `var/lib/fairlead/ops/${opId}.done`));
}

describe('check', () => {
  it('gives every answer about a running service in one line [P-32]', async () => {
    const result = await cluster.run('check', 'a0', 'check-1');
    expect(result).toMatchObject({
      ok: true,
      code: 'ok',
      facts: {
        active: 'active',
        sub: 'running',
        enabled: true,
        unitFile: 'enabled',
        restarts: 0,
        exitCode: 0,
        version: 'v1.31.4+k3s1',
      },
    });
    expect(result.facts?.['bootId']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('gives them of a machine without K3s too, and counts what systemd restarted [P-32] [R-31]', async () => {
    const bare = cluster.machines.add('a9', 'agent');
    expect(await cluster.machines.call('check', bare, 'check-2')).toMatchObject({
      ok: true,
      facts: { active: 'inactive', enabled: false, unitFile: '', restarts: 0, version: '' },
    });
    await cluster.machines.crash('a0');
    await expect.poll(() => check('a0'), soon).toMatchObject({ active: 'active', restarts: 1 });
  });
});

describe('stop', () => {
  it('ends the service, which stays enabled; every answer still comes [P-32] [R-31]', async () => {
    const before = await check('a0');
    const results = await Promise.all(
      [1, 2, 3, 4, 5].map(() => cluster.run('stop', 'a0', 'stop-1')),
    );
    expect(results).toEqual(Array(5).fill(results[0]));
    expect(results[0]).toMatchObject({ ok: true, facts: { stopped: true, active: 'inactive' } });
    expect(await check('a0')).toEqual({
      ...before,
      active: 'inactive',
      sub: 'dead',
    });
    expect(await cluster.run('stop', 'a0', 'stop-2')).toMatchObject({ ok: true });
  });

  it('comes back with the next boot, which has another id', async () => {
    const { bootId } = await check('a0');
    cluster.power('a0', false);
    cluster.power('a0', true);
    await expect.poll(() => check('a0'), soon).toMatchObject({ active: 'active', enabled: true });
    expect((await check('a0'))['bootId']).not.toBe(bootId);
  });
});

describe('restart', () => {
  it('brings the service back without a reboot, once per operation', async () => {
    const { bootId } = await check('s0');
    expect(await cluster.run('restart', 's0', 'restart-1')).toMatchObject({
      ok: true,
      version: 'v1.31.4+k3s1',
      facts: { active: 'active', version: 'v1.31.4+k3s1' },
    });
    expect((await check('s0'))['bootId']).toBe(bootId);
    expect(cluster.truth().quorumLost).toBe(1);
    forgetOutcome('s0', 'restart-1');
    expect(await cluster.run('restart', 's0', 'restart-1')).toMatchObject({ ok: true });
    expect(cluster.truth().quorumLost).toBe(1);
  });

  it('starts a stopped server again, whose database init never makes anew [goman-12]', async () => {
    await cluster.run('stop', 's0', 'stop-1');
    expect(await cluster.run('init', 's0', 'init-again')).toMatchObject({
      ok: false,
      code: 'script.databaseExists',
    });
    expect(await cluster.run('restart', 's0', 'restart-2')).toMatchObject({ ok: true });
    expect(await readyz('s0')).toBe(true);
    expect(cluster.truth().voters).toEqual(['s0']);
  });

  it('is refused on a node that was never staged', async () => {
    const bare = cluster.machines.add('a8', 'agent');
    expect(await cluster.machines.finish('restart', bare, 'restart')).toMatchObject({
      code: 'script.notStaged',
    });
  });
});

describe('snapshot', () => {
  it('saves the database once per operation and tells its size', async () => {
    const folder = join(
      cluster.machines.root(cluster.node('s0')),
      'var/lib/rancher/k3s/server/db/snapshots',
    );
    const result = await cluster.run('snapshot', 's0', 'snapshot-1');
    const [file = ''] = readdirSync(folder);
    expect(file).toMatch(/^before-stop-s0-\d+$/);
    expect(result).toMatchObject({
      ok: true,
      facts: { name: file, sizeBytes: statSync(join(folder, file)).size },
    });
    forgetOutcome('s0', 'snapshot-1');
    const again = await Promise.all(
      [1, 2, 3, 4, 5].map(() => cluster.run('snapshot', 's0', 'snapshot-1')),
    );
    expect(again).toEqual(Array(5).fill(result));
    expect(readdirSync(folder)).toEqual([file]);
  });

  it('is refused on an agent, and fails where no healthy etcd is', async () => {
    expect(await cluster.run('snapshot', 'a0', 'snapshot-2')).toMatchObject({
      code: 'script.notServer',
    });
    await cluster.run('stop', 's0', 'stop-2');
    expect(await cluster.run('snapshot', 's0', 'snapshot-3')).toMatchObject({
      code: 'snapshot.failed',
    });
  });
});
