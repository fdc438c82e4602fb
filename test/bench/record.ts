/** The record of a cluster at its largest, from create to deleted, and what a commit of it costs. */
import { bounds } from '../../machines/limits.ts';
import type { Bench } from './bench.ts';
import { grownManifest } from './grown-cluster.ts';
import { HostedCluster } from './hosted-cluster.ts';
import { unless } from '../../src/stack/unless.ts';

const NODES = [3, 50, 200];
/** What an idle command may take at the median, messages included. */
const COMMAND_BUDGET_MS = 2;

export async function benchRecords(bench: Bench): Promise<void> {
  const refused: number[] = [];
  // Once unreported: the compiler of the engine has then met the charts.
  const untold = { ...bench, emit: () => undefined, say: () => undefined };
  await unless(measure(untold, 50), bench.interrupted);
  for (const nodes of NODES)
    if (!(await unless(measure(bench, nodes), bench.interrupted))) refused.push(nodes);
  if (refused.length > 0)
    throw new Error(
      `clusters of ${refused.join(', ')} nodes cannot be hosted: their record passes ${bounds.recordBytesMax} bytes`,
    );
}

/** False when the record outgrew its cap before the cluster was running. */
async function measure(bench: Bench, nodes: number): Promise<boolean> {
  const cluster = new HostedCluster();
  await cluster.start();
  try {
    const startMs = performance.now();
    const cpu = process.cpuUsage();
    await cluster.order(
      'create',
      { manifest: grownManifest(nodes, 'high-volume') },
      'running.steady',
    );
    const restingBytes = cluster.bytes;
    if (!cluster.isRefused) await cluster.order('delete', {}, 'deleted');
    // Of this whole process: the cloud and the store in memory are in it, and cheap beside the charts.
    const { user, system } = process.cpuUsage(cpu);
    const { commits, largest, isRefused } = cluster;
    bench.say(
      `record: ${nodes} nodes, ${commits} commits in ${((performance.now() - startMs) / 1000).toFixed(1)} s; largest ` +
        `${largest.bytes} bytes in ${largest.state}${isRefused ? ', REFUSED' : `, ${restingBytes} when running`}`,
    );
    bench.emit({
      ...{ name: `record.bytes.${nodes}`, unit: 'bytes', value: largest.bytes },
      against: { name: 'limit.recordBytesAlarm', value: bounds.recordBytesAlarm },
    });
    if (isRefused) return false;
    bench.emit({
      ...{ name: `turn.cpu.${nodes}`, unit: 'ms', value: (user + system) / 1000 / commits },
      against: { name: 'budget.command.p50.1', value: COMMAND_BUDGET_MS },
    });
    return true;
  } finally {
    await cluster.stop();
  }
}
