/** Ten machines staged one by one and several at once: real SDK, real bash, one process for cloud and machines. */
import { setTimeout as pause } from 'node:timers/promises';
import { FanOut, valuesOf } from '../../actors/policies/fan-out.ts';
import { efficiencyOf, floorShareOf } from '../../actors/policies/fan-out-width.ts';
import { scriptOpId } from '../../machines/ids.ts';
import type { ClusterPlan, InstanceFact } from '../../machines/messages.ts';
import { systemClock as clock } from '../../src/clock.ts';
import { attempt, scope, stagedServer, startCloud } from '../integration/aws/simulated-cloud.ts';
import type { SimulatedCloud } from '../integration/aws/simulated-cloud.ts';
import type { Bench } from './bench.ts';
import { machinesOf, planIn, spec, uidOf } from './machines-at-once.ts';

const machinesMax = 10;
const widths = [1, 3, 5, 8, 12];
/** What the earlier system told for ten nodes, in minutes. */
const seedMinutes: Readonly<Record<number, number>> = { 1: 50, 3: 18, 5: 12, 8: 10, 12: 10 };
const quiet = { log: () => undefined, count: () => undefined, observe: () => undefined };

export async function benchFanOut(bench: Bench): Promise<void> {
  const cloud = await startCloud();
  try {
    const plan = await planIn(cloud);
    let aloneMs = 0;
    let sequentialMs = 0;
    for (const [index, widthMax] of widths.entries()) {
      const nodes = await machinesOf(cloud, plan, uidOf(index + 1), machinesMax, true);
      const { durationMs, atOnce } = await stageAll(cloud, plan, nodes, widthMax);
      if (widthMax === 1) {
        sequentialMs = durationMs;
        aloneMs = durationMs / machinesMax;
      }
      const run = { atOnce, tookMs: durationMs };
      const percent = (share: number) => `${Math.round(share * 100)} %`;
      bench.emit({
        ...{ name: `fanout-curve.c${widthMax}`, value: durationMs / 1_000, unit: 's' },
        against: { name: 'fanout-curve.c1', value: sequentialMs / 1_000 },
      });
      bench.say(
        `c${widthMax} ran ${atOnce} at once: efficiency ${percent(efficiencyOf(machinesMax, aloneMs, run))}, ` +
          `floor ÷ actual ${percent(floorShareOf(machinesMax, aloneMs, run))}; told by the seed ${seedMinutes[widthMax] ?? 0} min`,
      );
      // [G-28] [P-01] [P-02] [P-09]
      if (widthMax === 5)
        bench.emit({
          ...{ name: 'fanout.parallel', value: durationMs / 1_000, unit: 's' },
          against: { name: 'sequential', value: sequentialMs / 1_000 },
        });
    }
  } finally {
    await cloud.close();
  }
}

async function stageAll(
  cloud: SimulatedCloud,
  plan: ClusterPlan,
  nodes: readonly InstanceFact[],
  widthMax: number,
) {
  const fanOut = new FanOut({
    ...{ clock, telemetry: quiet, cpuShare: () => 0 },
    settings: () => ({ widthMax, timeoutMs: 600_000 }),
  });
  const order = {
    kind: 'exec' as const,
    attempt: { ...attempt(), signal: AbortSignal.timeout(300_000) },
  };
  const report = await fanOut.run(order, nodes, (node) => stage(cloud, plan, node));
  valuesOf(report);
  return report;
}

/** Until it is done: a long script is called again. */
async function stage(cloud: SimulatedCloud, plan: ClusterPlan, node: InstanceFact): Promise<void> {
  const opId = scriptOpId(uidOf(0), node.instanceId.slice(-6), 1, 'stage', 1);
  for (;;) {
    const answer = await cloud.remote.run(
      {
        ...{ ...scope, instanceId: node.instanceId, verb: 'stage', opId, mayBeSent: false },
        parameters: {
          ...{ FL_UID: uidOf(0), FL_CLUSTER: 'default/bench', FL_NODE: 'bench-server-0-1' },
          ...stagedServer(plan, spec, node.privateIp),
        },
      },
      attempt(),
    );
    if (answer.ok && !answer.running) return;
    if (!answer.ok && !answer.running) throw new Error(`${answer.code}: ${answer.hint}`);
    await pause(20);
  }
}
