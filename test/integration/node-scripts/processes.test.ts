import { readFileSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMachines } from './machines.ts';
import type { Machine, Machines } from './machines.ts';

let machines: Machines;
let node: Machine;

beforeEach(async () => {
  machines = await startMachines({ scale: 2 });
  node = machines.add('s0', 'server');
});

afterEach(async () => {
  await machines.stop();
});

/** Processes of this host that belong to the machine, told by their environment. */
function processesOf(machine: Machine): number {
  const mark = `FAIRLEAD_ROOT=${machines.root(machine)}\0`;
  return readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(mark),
  ).length;
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return ''; // ended meanwhile, or somebody else's
  }
}

const longEnough = { timeout: 10_000 };

describe('the processes of a simulated machine', () => {
  it('lose the call at its execution timeout, and the unit only when the machine halts [R-32]', async () => {
    const call = machines.deliver(node, machines.render('stage', node, 'op-1'), 1_500);
    expect(await call).toMatchObject({ status: 'TimedOut', responseCode: 137 });
    expect(processesOf(node)).toBeGreaterThan(0);
    machines.half().runner.halt(node.instanceId);
    await expect.poll(() => processesOf(node), longEnough).toBe(0);
  });

  it('end a command that is cancelled', async () => {
    const call = machines.deliver(node, machines.render('stage', node, 'op-1'));
    await expect.poll(() => processesOf(node), longEnough).toBeGreaterThan(0);
    machines.half().runner.cancel('command-1');
    expect(await call).toMatchObject({ status: 'Cancelled' });
  });

  it('do not outlive the simulator: the next one ends them and takes up the work again [G-24]', async () => {
    const call = machines.deliver(node, machines.render('stage', node, 'op-1'));
    await expect
      .poll(() => machines.call('stage', node, 'op-1').then(({ step }) => step), longEnough)
      .toBe('downloading');
    machines.restart();
    await call;
    await expect.poll(() => processesOf(node), longEnough).toBe(0);
    expect(await machines.call('stage', node, 'op-1')).toMatchObject({ ok: true, running: true });
  });
});
