/** A whole simulated cluster, built by the shipped scripts: what the tests of the day-two verbs start from. */
import { expect } from 'vitest';
import type { ScriptResult, Verb } from '../../../src/k3s/script.ts';
import { startMachines } from './machines.ts';
import type { Machine, Machines } from './machines.ts';

/** One cluster of the simulator's ground truth, as far as tests judge by it. */
export interface Truth {
  readonly members: readonly { name: string; evicted: string; listed: boolean; restarts: number }[];
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  readonly cordoned: readonly string[];
  readonly hasQuorum: boolean;
  readonly quorumLost: number;
  readonly learnersMax: number;
  readonly evictions: number;
}

export interface Cluster {
  readonly machines: Machines;
  /** By node name. */
  node(name: string): Machine;
  /** One more machine, staged and joined. */
  join(name: string, role: 'server' | 'agent'): Promise<ScriptResult>;
  /** Runs the verb on one node until it ends; a node that is busy is asked again. */
  run(
    verb: Verb,
    on: string,
    opId: string,
    changes?: Record<string, string>,
  ): Promise<ScriptResult>;
  /** The verb about another node. */
  about(
    target: string,
    verb: Verb,
    on: string,
    opId: string,
    changes?: Record<string, string>,
  ): Promise<ScriptResult>;
  truth(): Truth;
  /** What kubectl would do for somebody else on that server. */
  kubectl(on: string, ...words: string[]): Promise<string>;
  /** Switches a machine off, or on again with a new boot. */
  power(name: string, isOn: boolean): void;
  /** Terminates the machine for good. */
  terminate(name: string): void;
}

/** Servers `s0`… and agents `a0`…, all of them ready. */
export async function startCluster(
  counts: { servers: number; agents: number },
  scale = 1_000,
): Promise<Cluster> {
  const machines = await startMachines({ scale });
  const nodes = new Map<string, Machine>();
  let join: Record<string, string> = {};

  const node = (name: string): Machine => {
    const found = nodes.get(name);
    if (found === undefined) throw new Error(`there is no node ${name}`);
    return found;
  };
  const named = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, at) => `${prefix}${String(at)}`);

  async function stage(name: string, role: 'server' | 'agent'): Promise<Machine> {
    const machine = machines.add(name, role);
    nodes.set(name, machine);
    await machines.finish('stage', machine, 'stage');
    return machine;
  }

  const joinStaged = ({ role, node: name }: Machine) =>
    machines.finish(role === 'server' ? 'join-server' : 'join-agent', node(name), 'join', join);

  const run: Cluster['run'] = (verb, on, opId, changes) =>
    machines.finish(verb, node(on), opId, changes);

  const [first, ...others] = await Promise.all([
    ...named('s', counts.servers).map((name) => stage(name, 'server')),
    ...named('a', counts.agents).map((name) => stage(name, 'agent')),
  ]);
  if (first === undefined) throw new Error('a cluster has at least one server');
  const { facts } = await machines.finish('init', first, 'init');
  join = {
    FL_SERVER_URL: `https://${first.privateIp}:6443`,
    FL_CA_HASH: String(facts?.['caHash']),
  };
  for (const server of others.filter(({ role }) => role === 'server')) {
    expect(await joinStaged(server)).toMatchObject({ ok: true });
  }
  const agents = others.filter(({ role }) => role === 'agent');
  expect(await Promise.all(agents.map(joinStaged))).toEqual(
    agents.map(() => expect.objectContaining({ ok: true }) as unknown),
  );

  return {
    machines,
    node,
    join: async (name, role) => joinStaged(await stage(name, role)),
    run,
    about: (target, verb, on, opId, changes = {}) =>
      run(verb, on, opId, { FL_TARGET: target, ...changes }),
    kubectl: async (on, ...words) => {
      const url = `${machines.baseUrl()}/_k3s/${node(on).instanceId}/kubectl`;
      const reply = await fetch(url, { method: 'POST', body: words.join('\n') });
      return reply.text();
    },
    truth: () => {
      const { clusters } = machines.half().state() as { clusters: Truth[] };
      const [only] = clusters;
      if (only === undefined) throw new Error('there is no cluster');
      return only;
    },
    power: (name, isOn) => {
      const machine = node(name);
      machine.upSinceMs = isOn ? Date.now() : undefined;
      if (!isOn) machines.half().runner.halt(machine.instanceId);
    },
    terminate: (name) => {
      const machine = node(name);
      machine.upSinceMs = undefined;
      machines.half().runner.halt(machine.instanceId);
      machines.half().runner.forget(machine.instanceId);
    },
  };
}
