/** A cloud small enough to read: it answers effects of the cluster chart and makes facts, all in virtual time. */
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import type { ActorRefFrom, AnyActorRef } from 'xstate';
import { buildClusterMachine } from '../../../machines/cluster.ts';
import type {
  EffectFault,
  EffectName,
  InstanceFact,
  LaunchOrder,
  PerformCall,
  PerformInput,
  PerformResult,
  ScriptAnswer,
} from '../../../machines/messages.ts';
import { buildNodeMachine } from '../../../machines/node.ts';
import { operationMachine } from '../../../machines/operation.ts';
import { majorityOf } from '../../../machines/quorum.ts';
import { wholeCall } from '../../../machines/whole-call.ts';
import { clusterManifestSchema } from '../../../machines/specs.ts';

export const manifest = (servers: number, agents: number, extra: object = {}) =>
  clusterManifestSchema.parse({
    apiVersion: 'fairlead.dev/v1',
    kind: 'Cluster',
    metadata: { namespace: 'shop', name: 'eu' },
    spec: {
      region: 'eu-central-1',
      servers: { count: servers, instanceTypes: ['m6g.large', 'm7g.large'] },
      agentPools:
        agents === 0 ? [] : [{ name: 'web', count: agents, instanceTypes: ['m6g.large'] }],
      ...extra,
    },
  });

const contextsAbove = (self: AnyActorRef): unknown[] => {
  const contexts: unknown[] = [];
  for (let each = self._parent; each; each = each._parent)
    contexts.push((each.getSnapshot() as { context: unknown }).context);
  return contexts;
};

interface Instance extends InstanceFact {
  readonly token: string;
  /** Name of its Kubernetes node. */
  readonly name: string;
  /** Known to Kubernetes. */
  readonly isJoined: boolean;
  /** Member of etcd, alive or not. */
  readonly isMember: boolean;
  readonly isCordoned: boolean;
  readonly boot: number;
}
/** `lost`: the call is done and its answer is this fault. */
export type Answer = { value: unknown } | { fault: EffectFault } | { lost: EffectFault } | 'hang';
/** Decides an effect's answer; undefined leaves it to the double. */
export type Script = (input: PerformInput, nth: number) => Answer | undefined;

export class CloudDouble {
  readonly clock = new SimulatedClock();
  readonly calls: PerformInput[] = [];
  readonly instances = new Map<string, Instance>();
  readonly emitted: { type: string; data: Record<string, unknown> }[] = [];
  readonly cluster: ActorRefFrom<ReturnType<typeof buildClusterMachine>>;
  bootsAtOnce = true;
  /** Instances that only the sweep has found. */
  swept = 0;
  /** Times at which fewer members than a majority were up, though nobody had stopped the cluster. */
  quorumLost = 0;
  readonly #script: Script;
  /** What scripts have done stays with their ids: the same one once more is answered as before. */
  readonly #done = new Map<string, ScriptAnswer>();

  constructor(script: Script = () => undefined) {
    this.#script = script;
    const perform = fromPromise<PerformResult, PerformCall>(({ input, self }) =>
      this.#perform(wholeCall(input, contextsAbove(self))),
    );
    const operation = operationMachine.provide({ actors: { perform } });
    const machine = buildClusterMachine({
      operation,
      node: buildNodeMachine(operation, 1),
      scale: 1,
    });
    this.cluster = createActor(machine, {
      clock: this.clock,
      input: { uid: 'U'.repeat(26), namespace: 'shop', name: 'eu', atMs: 0 },
    });
    this.cluster.on('*', (event) => this.emitted.push(event));
    this.cluster.start();
  }

  command(type: 'cluster.apply' | 'cluster.create', value: ReturnType<typeof manifest>): void;
  command(
    type: `cluster.${'delete' | 'pause' | 'resume' | 'retry' | 'stop' | 'start' | 'cancel' | 'restart'}`,
    value?: object,
  ): void;
  command(type: 'cluster.scale', value: { pool: string; count: number }): void;
  command(type: string, value: object = {}): void {
    const stamp = { atMs: this.clock.now(), roll: 0.5, commandId: 'c1', correlationId: 'k1' };
    const given = 'spec' in value ? { manifest: value } : value;
    const event = { type, ...stamp, force: false, ...given };
    this.cluster.send(event as Parameters<typeof this.cluster.send>[0]);
  }

  get phase(): string {
    return this.cluster.getSnapshot().context.phase;
  }
  count(effect: EffectName): number {
    return this.calls.filter((call) => call.effect === effect).length;
  }

  /** Lets promises settle, tells facts and moves time until `done` or the bound. */
  async runUntil(done: () => boolean, stepsMax = 400): Promise<void> {
    for (let step = 0; step < stepsMax && !done(); step += 1) await this.step(1_000, done);
    if (!done()) throw new Error(`still ${this.phase} after ${stepsMax} simulated seconds`);
  }

  /** Lets promises settle, tells facts, settles again, then moves time unless `done`. */
  async step(ms = 1_000, done: () => boolean = () => false): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    this.observe();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    if (!done()) this.clock.increment(ms);
  }

  observe(): void {
    this.cluster.send({
      type: 'facts.observed',
      atMs: this.clock.now(),
      instances: [...this.instances.values()],
    });
  }

  /** Instances that run, of one role. */
  alive(role: 'server' | 'agent'): Instance[] {
    const letter = role === 'server' ? 's' : 'a';
    return [...this.instances.values()].filter(
      (each) => isUp(each) && each.slot.startsWith(letter),
    );
  }

  set(instanceId: string, change: Partial<Instance>): void {
    const present = this.instances.get(instanceId);
    if (present) this.instances.set(instanceId, { ...present, ...change });
  }

  async #perform(input: PerformInput): Promise<PerformResult> {
    this.calls.push(input);
    const nth = this.calls.filter((call) => call.effect === input.effect).length;
    const scripted = this.#script(input, nth);
    if (scripted === 'hang') return new Promise<never>(() => undefined);
    const stamp = { atMs: this.clock.now(), roll: 0.5 };
    if (scripted !== undefined && 'fault' in scripted)
      return { ok: false, fault: scripted.fault, ...stamp };
    if (scripted !== undefined && 'lost' in scripted) {
      this.#answer(input);
      return { ok: false, fault: scripted.lost, ...stamp };
    }
    const value = scripted === undefined ? this.#answer(input) : scripted.value;
    this.#judge();
    return Promise.resolve({ ok: true, value: value as never, ...stamp });
  }

  #answer({ effect, input, token }: PerformInput): unknown {
    switch (effect) {
      case 'cluster.plan':
        return this.#plan((input as { plan: number }).plan);
      case 'network.ensure':
        return { servers: 'sg-1', nodes: 'sg-2' };
      case 'secrets.ensure':
        return { server: '/s', agent: '/a' };
      case 'node.launch':
      case 'node.resolve':
        return this.#launch((input as { order: LaunchOrder }).order, token);
      case 'node.terminate': {
        this.set((input as { instanceId: string }).instanceId, { state: 'terminated' });
        return { state: 'shutting-down' };
      }
      case 'node.stop':
      case 'node.start':
      case 'node.reboot':
        return this.#power(effect, input as { instanceId: string });
      case 'node.script':
        return this.#runOnce(input as ScriptInput, token);
      case 'cluster.sweep': {
        const alive = [...this.instances.values()].filter((each) => each.state !== 'terminated');
        for (const each of alive) this.set(each.instanceId, { state: 'terminated' });
        this.swept += alive.length;
        return { alive: alive.length };
      }
      case 'network.delete':
      case 'secrets.delete':
        return { deleted: 2 };
      case 'circuit.wait':
        return { waited: true };
      default:
        throw new Error(`${effect} is no call of a cluster`);
    }
  }

  #plan(number: number) {
    const offers = ['m6g.large', 'm7g.large'].flatMap((instanceType) =>
      ['a', 'b', 'c'].map((letter) => ({
        instanceType,
        zone: `eu-central-1${letter}`,
        subnetId: `subnet-${letter}`,
        imageId: 'ami-1',
      })),
    );
    return {
      number,
      version: 'v1.31.4+k3s1',
      vpcId: 'vpc-1',
      rootDevice: '/dev/xvda',
      architecture: 'arm64',
      zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
      offers: { server: offers, web: offers.slice(0, 3) },
    };
  }

  #launch(order: LaunchOrder, token: string) {
    const known = [...this.instances.values()].find((each) => each.token === token);
    const instance: Instance = known ?? {
      token,
      slot: order.tags['fairlead:slot'] ?? '',
      incarnation: Number(order.tags['fairlead:incarnation']),
      instanceId: `i-${this.instances.size + 1}`,
      state: this.bootsAtOnce ? 'running' : 'pending',
      privateIp: `172.31.0.${this.instances.size + 10}`,
      zone: order.offer.zone,
      agentOnline: true,
      stateReason: '',
      name: order.tags['Name'] ?? '',
      ...{ isJoined: false, isMember: false, isCordoned: false, boot: 1 },
    };
    this.instances.set(instance.instanceId, instance);
    return { ...instance, state: 'pending' };
  }

  /** Servers in etcd, and those of them that are up. */
  get quorum(): { members: number; up: number } {
    const members = [...this.instances.values()].filter(({ isMember }) => isMember);
    return { members: members.length, up: members.filter(isUp).length };
  }

  named(name: string | undefined): Instance | undefined {
    return [...this.instances.values()].find((each) => each.name === name);
  }

  #judge(): void {
    const { members, up } = this.quorum;
    const isStopped = this.cluster.getSnapshot().context.spec?.desiredState === 'stopped';
    const isPower = /^(stop|start|deleting)/.test(this.phase);
    if (members > 1 && up <= members / 2 && !isStopped && !isPower) this.quorumLost += 1;
  }

  #runOnce(input: ScriptInput, opId: string): ScriptAnswer {
    const answer = this.#done.get(opId) ?? this.#runScript(input);
    if (answer.ok) this.#done.set(opId, answer);
    return answer;
  }

  #runScript({ verb, instanceId, parameters }: ScriptInput): ScriptAnswer {
    const self = this.instances.get(instanceId);
    if (self === undefined || !isUp(self)) return failed('script.unreachable');
    const target = this.named(parameters['FL_TARGET']);
    const change = (instance: Instance | undefined, what: Partial<Instance>): void => {
      if (instance !== undefined) this.set(instance.instanceId, what);
    };
    switch (verb) {
      case 'init':
      case 'join-server':
        change(self, { isJoined: true, isMember: true });
        return worked(verb === 'init' ? { caHash: 'abc' } : {});
      case 'join-agent':
        change(self, { isJoined: true });
        return worked({});
      case 'observe':
        return worked(this.#observed());
      case 'publish-access':
        return worked({ parameter: '/p', sha256: 'x', endpoint: 'https://e:6443', expiresAt: '' });
      case 'drain':
        change(target, { isCordoned: true });
        return worked({ drained: true, forced: false });
      case 'uncordon':
        change(target, { isCordoned: false });
        return worked({});
      case 'leave-etcd': {
        if (target?.isMember === true && !this.#mayLeave(target))
          return failed('etcd.quorumUnsafe');
        change(target, { isMember: false });
        return worked({ removed: true, members: this.quorum.members });
      }
      case 'delete-node':
        change(target, { isJoined: false });
        return worked({});
      case 'check':
        return worked({ bootId: `boot-${self.boot}`, active: 'active' });
      default:
        return worked({});
    }
  }

  /** The rule of leave-etcd.sh: a majority decides it, and a majority of those that stay is up. */
  #mayLeave(target: Instance): boolean {
    const { members, up } = this.quorum;
    const rest = up - Number(isUp(target));
    return up >= majorityOf(members) && rest >= majorityOf(members - 1);
  }

  #observed(): Record<string, unknown> {
    const up = [...this.instances.values()].filter((each) => isUp(each) && each.isJoined);
    const { members, up: voters } = this.quorum;
    return { readyz: voters > members / 2, ready: up.length, voters, total: up.length };
  }

  #power(effect: EffectName, { instanceId }: { instanceId: string }): unknown {
    const boot = (this.instances.get(instanceId)?.boot ?? 0) + 1;
    if (effect === 'node.stop') this.set(instanceId, { state: 'stopped', agentOnline: false });
    else if (effect === 'node.start')
      this.set(instanceId, { state: 'running', agentOnline: true, boot });
    else this.set(instanceId, { boot });
    return { state: 'pending' };
  }
}

interface ScriptInput {
  readonly verb: string;
  readonly instanceId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const isUp = ({ state }: Instance): boolean => state === 'running';
const worked = (facts: Record<string, unknown>) => ({
  ...{ ok: true, running: false, code: 'ok', progress: 100, hint: '' },
  facts,
});
const failed = (code: string) => ({
  ...{ ok: false, running: false, code, progress: 0, hint: code },
  facts: {},
});
