import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMachines } from './machines.ts';
import type { Machine, Machines } from './machines.ts';
import { recordTools } from './tool-log.ts';

let machines: Machines;
let node: Machine;

beforeEach(async () => {
  machines = await startMachines({ scale: 1_000 });
  node = machines.add('s0', 'server');
});

afterEach(async () => {
  await machines.stop();
});

/** What a failed staging must not leave behind. */
async function leftBehind(): Promise<string[]> {
  const files = await readdir(machines.root(node), { recursive: true });
  return files.filter(
    (file) => /k3s(\.new)?$|\.done$|sha256sum/.test(file) && !file.endsWith('/k3s'),
  );
}

describe('stage', () => {
  it('writes binary, configuration and unit [G-27]', async () => {
    await machines.finish('stage', node, 'op-1');
    const root = machines.root(node);
    const config = await readFile(join(root, 'etc/rancher/k3s/config.yaml'), 'utf8');
    expect(config).toContain('etcd-snapshot-schedule-cron: "0 */12 * * *"');
    expect(config).toContain('disable:\n  - "traefik"\n  - "servicelb"\n');
    expect(config).not.toContain('node-taint');
    const unit = await readFile(join(root, 'etc/systemd/system/k3s.service'), 'utf8');
    expect(unit).toContain(`ExecStart=${root}/usr/local/bin/k3s server\n`);
    expect(machines.half().state()).toMatchObject({ clusters: [] });
  });

  it('tells 25 while it downloads, 50 when it has, 75 when it is installed, 100 when verified [P-06] [G-27]', async () => {
    const log = recordTools(machines);
    const result = await machines.finish('stage', node, 'op-1');
    expect(log.percents()).toEqual(['0', '25', '50', '75']);
    expect(result).toMatchObject({ ok: true, progress: 100, version: 'v1.31.4+k3s1' });
  });

  it('takes the arm64 binary on an arm64 machine', async () => {
    const arm = machines.add('a0', 'agent', { architecture: 'arm64' });
    const log = recordTools(machines);
    expect(await machines.finish('stage', arm, 'op-1')).toMatchObject({ ok: true });
    expect(log.lines().some((line) => line.endsWith('/v1.31.4%2Bk3s1/k3s-arm64'))).toBe(true);
  });

  it('runs once under five deliveries at the same time', async () => {
    const log = recordTools(machines);
    const results = await Promise.all(
      [1, 2, 3, 4, 5].map(() => machines.finish('stage', node, 'op-1')),
    );
    expect(results.every((result) => result.ok && result.progress === 100)).toBe(true);
    expect(log.lines().filter((line) => line.startsWith('systemd-run'))).toHaveLength(1);
    expect(log.lines().filter((line) => /^curl .*\/k3s$/.test(line))).toHaveLength(1);
  });

  it('fetches binary and checksum list together, and answers another operation with busy [P-04] [P-06]', async () => {
    const log = recordTools(machines);
    const fetched = () =>
      log.lines().filter((line) => /^curl .*\/(k3s|sha256sum-amd64\.txt)$/.test(line));
    await machines.fault({ kind: 'slow', asset: 'k3s', factor: 50 });
    const downloading = { ok: true, running: true, step: 'downloading', progress: 25 };
    await expect
      .poll(() => machines.call('stage', node, 'op-1'), { timeout: 10_000 })
      .toMatchObject(downloading);
    await expect.poll(fetched, { timeout: 10_000 }).toHaveLength(2);
    expect(await machines.call('stage', node, 'op-2')).toMatchObject({
      ok: false,
      code: 'script.busy',
    });
    expect(await machines.call('stage', node, 'op-1')).toMatchObject(downloading);
    expect(await machines.finish('stage', node, 'op-1')).toMatchObject({ ok: true });
  });

  it.each([
    ['a wrong checksum', { kind: 'checksum', asset: 'sha256sum-amd64.txt' }, 'checksumMismatch'],
    ['an altered binary', { kind: 'checksum', asset: 'k3s' }, 'checksumMismatch'],
    [
      'a missing checksum list',
      { kind: 'notFound', asset: 'sha256sum-amd64.txt' },
      'checksumListMissing',
    ],
    [
      'a list that only names files like it',
      { kind: 'unlisted', asset: 'sha256sum-amd64.txt' },
      'checksumMissing',
    ],
    ['half a binary', { kind: 'half', asset: 'k3s' }, 'downloadFailed'],
  ])(
    'leaves no binary and no marker after %s, and works when asked again [P-04] [R-31] [G-27]',
    async (_, rule, code) => {
      await machines.fault(rule);
      expect(await machines.finish('stage', node, 'op-1')).toMatchObject({
        ok: false,
        code: `script.${code}`,
      });
      expect(await leftBehind()).toEqual([]);
      expect(existsSync(join(machines.root(node), 'usr/local/bin/k3s'))).toBe(false);
      expect(await machines.finish('stage', node, 'op-1')).toMatchObject({ ok: true });
    },
  );

  it('names an unknown version and a disagreement about the artifact server', async () => {
    expect(
      await machines.finish('stage', node, 'op-1', { FL_VERSION: 'v1.31.99+k3s1' }),
    ).toMatchObject({ ok: false, code: 'script.checksumListMissing' });
    expect(
      await machines.finish('stage', node, 'op-2', { FL_ARTIFACTS: 'http://127.0.0.1:1/other' }),
    ).toMatchObject({ ok: false, code: 'script.artifactsDisagree' });
  });
});
