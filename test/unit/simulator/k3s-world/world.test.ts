import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDraw } from '../../../../src/simulator/draw.ts';
import { createWorld } from '../../../../src/simulator/k3s-world/world.ts';
import type { World } from '../../../../src/simulator/k3s-world/world.ts';

let folder: string;
let world: World;
/** Machine → since when it is up. */
let up: Map<string, number>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-world-'));
  up = new Map([['i-s0', 1_000]]);
  world = open();
  world.start(order('s0'));
  await settled();
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = () =>
  createWorld({
    folder,
    scale: 10_000,
    draw: createDraw(7),
    upSinceMs: (instanceId) => up.get(instanceId),
  });

const order = (name: string, enabled = true) => ({
  instanceId: `i-${name}`,
  region: 'eu-test-1',
  role: 'server' as const,
  version: 'v1.31.4+k3s1',
  name,
  ip: '172.31.0.9',
  enabled,
  clusterInit: true,
  serverUrl: '',
  token: 'server-token',
  agentToken: 'agent-token',
});

const settled = () => world.untilReady('i-s0', AbortSignal.timeout(5_000));
const member = () => world.place('i-s0')?.member;
const cluster = () => world.clusters()[0];

it('starts an enabled service from the moment of the boot, however late somebody looks', () => {
  const bootedAtMs = Date.now() - 60_000;
  up.set('i-s0', bootedAtMs);
  expect(member()?.readyAtMs).toBeLessThan(bootedAtMs + 1_000);
  expect(member()).toMatchObject({ running: true, bootedAtMs });
  expect(cluster()?.quorumLost).toBe(0); // it came back before anybody could notice
});

it('leaves a disabled service off after a boot', () => {
  world.enable('i-s0', false);
  up.delete('i-s0');
  world.refresh('i-s0');
  expect(cluster()?.quorumLost).toBe(1);
  up.set('i-s0', Date.now());
  expect(member()).toMatchObject({ running: false, machine: 'on' });
});

it('brings a crashed service back and counts it, until it is started by hand or with the machine', async () => {
  expect(world.crash('s0')).toBe(true);
  await settled();
  expect(world.crash('s0')).toBe(true);
  await settled();
  expect(member()?.restarts).toBe(2);
  world.stop('i-s0');
  expect(world.crash('s0')).toBe(false);
  world.start(order('s0'));
  expect(member()?.restarts).toBe(0);
  expect(cluster()?.quorumLost).toBe(3);
});

it('knows all of it after a restart of the simulator', () => {
  world.crash('s0');
  const before = structuredClone(cluster());
  world = open();
  expect(cluster()).toEqual(before);
});
