/** The record of a cluster at its largest, and what a turn costs with it: the real charts and host in this process, on fakes. */
import { gate } from '../../actors/effect.ts';
import { performer } from '../../actors/effects/perform.ts';
import { createHost } from '../../actors/host.ts';
import { Observer } from '../../actors/observer.ts';
import type { Ports, Telemetry } from '../../actors/ports.ts';
import { buildClusterMachine } from '../../machines/cluster.ts';
import { clusterKind } from '../../machines/kinds.ts';
import { bounds } from '../../machines/limits.ts';
import { buildNodeMachine } from '../../machines/node.ts';
import { operationMachine } from '../../machines/operation.ts';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { FakeBus } from '../fakes/fake-bus.ts';
import { FakeLease } from '../fakes/fake-lease.ts';
import { FakeStore } from '../fakes/fake-store.ts';
import type { Bench } from './bench.ts';
import { quickCloud } from './quick-cloud.ts';

const NODES = [3, 50, 200];
const SERVERS = 3;
/** Divides polls and sweeps only. */
const SCALE = 1_000;
const LIMIT_MS = 120_000;
/** What an idle command may take at the median, messages included. */
const COMMAND_BUDGET_MS = 2;

const key = { namespace: 'bench', kind: 'cluster', name: 'grown' };

export async function benchRecords(bench: Bench): Promise<void> {
  for (const nodes of NODES) {
    const life = await Promise.race([liveAndDie(nodes), bench.interrupted]);
    bench.say(
      `record: ${nodes} nodes, ${life.commits} commits from create to deleted in ${life.seconds.toFixed(1)} s; ` +
        `largest record ${life.largestBytes} bytes in ${life.largestState}, at rest ${life.restingBytes}`,
    );
    bench.emit({
      ...{ name: `record.bytes.${nodes}`, unit: 'bytes', value: life.largestBytes },
      against: { name: 'limit.recordBytesAlarm', value: bounds.recordBytesAlarm },
    });
    bench.emit({
      ...{ name: `turn.cpu.${nodes}`, unit: 'ms', value: life.cpuMs / life.commits },
      against: { name: 'budget.command.p50.1', value: COMMAND_BUDGET_MS },
    });
  }
}

interface Life {
  readonly commits: number;
  readonly seconds: number;
  /** Of this process, cloud and store of memory included. */
  readonly cpuMs: number;
  readonly largestBytes: number;
  readonly largestState: string;
  readonly restingBytes: number;
}

/** One cluster from create to its tombstone, as fast as the charts allow. */
async function liveAndDie(nodes: number): Promise<Life> {
  const seen = { commits: 0, bytes: 0, largestBytes: 0, largestState: '', state: '' };
  let onState: () => void = () => undefined;
  const store = new FakeStore();
  const bus = new FakeBus();
  const telemetry: Telemetry = {
    log: () => undefined,
    count: () => undefined,
    observe: (metric, value) => {
      if (metric !== 'fairlead_record_bytes') return;
      seen.commits += 1;
      seen.bytes = value;
      store.writes.length = 0; // kept by the fake for tests: hundreds of megabytes here
    },
  };
  const lease = new FakeLease({ nowMs: () => systemClock.monotonicMs() });
  const ports: Ports = {
    ...quickCloud(),
    ...{ clock: systemClock, random: systemRandom, store, bus, lease, telemetry },
  };
  const operation = operationMachine.provide({ actors: { perform: gate(performer(ports)) } });
  const node = buildNodeMachine(operation, SCALE);
  const cluster = clusterKind(buildClusterMachine({ operation, node, scale: SCALE }));
  const host = createHost({ kinds: [cluster], ports, hostId: 'bench', installation: 'bench' });
  const observer = new Observer({
    ...{ clock: ports.clock, fleet: ports.fleet, telemetry, scale: SCALE },
    tell: (to, event) => {
      host.observe(to, event);
    },
  });
  host.onCommitted((of, _kind, snapshot) => {
    observer.update(of, cluster.watches(snapshot));
    seen.state = cluster.stateText(snapshot);
    if (seen.bytes > seen.largestBytes) {
      seen.largestBytes = seen.bytes;
      seen.largestState = seen.state;
    }
    onState();
  });
  const until = (state: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const fail = (): void =>
        reject(new Error(`a cluster of ${nodes} is ${seen.state}, not ${state}`));
      const limit = setTimeout(fail, LIMIT_MS);
      onState = () => {
        if (seen.state !== state && !/failed|stuck|blocked/.test(seen.state)) return;
        clearTimeout(limit);
        if (seen.state === state) resolve();
        else fail();
      };
    });
  await host.start();
  try {
    const startMs = performance.now();
    const cpu = process.cpuUsage();
    const running = until('running.steady');
    bus.publishCommand({ ...key, verb: 'create', arguments: { manifest: manifestOf(nodes) } });
    await running;
    const restingBytes = seen.bytes;
    const deleted = until('deleted');
    bus.publishCommand({ ...key, verb: 'delete' });
    await deleted;
    const { user, system } = process.cpuUsage(cpu);
    const { commits, largestBytes, largestState } = seen;
    const seconds = (performance.now() - startMs) / 1000;
    return {
      ...{ commits, seconds, cpuMs: (user + system) / 1000 },
      ...{ largestBytes, largestState, restingBytes },
    };
  } finally {
    observer.stop();
    await host.stop();
  }
}

const manifestOf = (nodes: number) => {
  const instanceTypes = ['m6i.large', 'm6a.large', 'm5.large'];
  const agents = nodes - SERVERS;
  return {
    apiVersion: 'fairlead.dev/v1',
    kind: 'Cluster',
    metadata: { namespace: key.namespace, name: key.name },
    spec: {
      ...{ profile: 'high-volume', region: 'eu-central-1' },
      servers: { count: SERVERS, instanceTypes },
      agentPools: agents === 0 ? [] : [{ name: 'pool', count: agents, instanceTypes }],
    },
  };
};
