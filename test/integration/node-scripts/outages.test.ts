import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMachines } from './machines.ts';
import type { Machine, Machines } from './machines.ts';

let machines: Machines;
let servers: Machine[];
let first: Machine;

beforeAll(async () => {
  machines = await startMachines({ scale: 200 });
  servers = ['s0', 's1', 's2'].map((name) => machines.add(name, 'server'));
  await Promise.all(servers.map((machine) => machines.finish('stage', machine, 'stage')));
  const [head, ...others] = servers as [Machine, ...Machine[]];
  first = head;
  const { facts } = await machines.finish('init', first, 'init');
  for (const other of others) {
    await machines.finish('join-server', other, 'join', {
      FL_SERVER_URL: `https://${first.privateIp}:6443`,
      FL_CA_HASH: String(facts?.['caHash']),
    });
  }
});

afterAll(async () => {
  await machines.stop();
});

function power(machine: Machine, on: boolean): void {
  machine.upSinceMs = on ? Date.now() : undefined;
  if (!on) machines.half().runner.halt(machine.instanceId);
}

async function readyzSoon(machine: Machine, wanted: boolean): Promise<void> {
  await expect
    .poll(async () => (await machines.call('observe', machine, 'observe')).facts?.['readyz'], {
      timeout: 10_000,
    })
    .toBe(wanted);
}

describe('a cluster of three servers', () => {
  it('answers with one server down, and not with two', async () => {
    const [a, b, c] = servers as [Machine, Machine, Machine];
    power(c, false);
    await readyzSoon(a, true);
    power(b, false);
    await readyzSoon(a, false);
  });

  it('stays as it is when the simulator is killed and started', async () => {
    machines.restart();
    await readyzSoon(first, false);
  });

  it('answers again when the machines come back, its services with them', async () => {
    const [a, b, c] = servers as [Machine, Machine, Machine];
    power(b, true);
    power(c, true);
    await readyzSoon(a, true);
    await expect
      .poll(async () => (await machines.call('observe', a, 'observe')).facts?.['ready'], {
        timeout: 10_000,
      })
      .toBe(3);
  });

  it('counts a terminated server as lost member until the whole cluster is gone', async () => {
    const [a, b, c] = servers as [Machine, Machine, Machine];
    for (const machine of [b, c]) {
      power(machine, false);
      machines.half().runner.forget(machine.instanceId);
    }
    await readyzSoon(a, false);
    power(a, false);
    machines.half().runner.forget(a.instanceId);
    expect(machines.half().state()).toMatchObject({ clusters: [] });
  });
});
