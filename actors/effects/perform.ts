/** The table effect → port call. Every effect is safe to repeat with the same token; why, is said beside each port. */
import type {
  EffectFault,
  EffectName,
  Effects,
  LaunchedNode,
  LaunchOrder,
  PerformInput,
} from '../../machines/messages.ts';
import { isOfReplication, replicationEffects } from '../../machines/replication-effects.ts';
import type {
  ReplicationEffectName,
  ReplicationFacts,
} from '../../machines/replication-effects.ts';
import type { Call } from '../effect.ts';
import { toEffectFault } from '../faults.ts';
import { priorityOf } from '../../machines/priority.ts';
import type { Idempotency } from '../policies/idempotency.ts';
import type { Attempt, CallGuard, Orders, Ports } from '../ports.ts';
import type { VolumeBackends } from '../replication-ports.ts';
import { withTimeout } from './attempt-timeout.ts';
import { lookAtMembers, orderMembers } from './group.ts';
import { idempotently } from './idempotent.ts';
import { assertEffects, byRuleOf, effectRegistry } from './registry.ts';

type EffectPorts = Pick<Ports, 'clock' | 'machines' | 'surroundings' | 'remote' | 'telemetry'> & {
  /** Absent where nothing is replicated, as in tests of a single part. */
  readonly volumes?: VolumeBackends;
  /** Absent where no actor orders others about, as in tests of a single part. */
  readonly store?: Pick<Ports['store'], 'load'>;
  readonly orders?: Orders;
  /** Absent where nothing guards calls, as in tests of a single part. */
  readonly guard?: CallGuard;
  /** Absent where no result outlives its call, as in tests of a single part. */
  readonly idempotency?: Idempotency;
};

interface Turn {
  readonly token: string;
  /** True when an earlier try may have happened. */
  readonly isRepeat: boolean;
  readonly attempt: Attempt;
  /** Of calls about a replication. */
  readonly relationship?: ReplicationFacts | undefined;
}

type Run = (ports: EffectPorts, input: unknown, turn: Turn) => Promise<Effects[EffectName]['out']>;

type Performers = {
  readonly [N in Exclude<EffectName, ReplicationEffectName>]: (
    ports: EffectPorts,
    input: Effects[N]['in'],
    turn: Turn,
  ) => Promise<Effects[N]['out']>;
};

const performers: Performers = {
  'cluster.plan': ({ surroundings }, input, { attempt }) => surroundings.plan(input, attempt),
  'network.ensure': ({ surroundings }, input, { attempt }) =>
    surroundings.ensureSecurityGroups(input, attempt),
  'secrets.ensure': ({ surroundings }, { uid, ...scope }, { attempt }) =>
    surroundings.ensureSecrets(scope, uid, attempt),
  'node.launch': async ({ machines }, { order }, { token, isRepeat, attempt }) => {
    // An earlier try may have launched it, and the token's memory in the cloud ends some day: look first.
    const found = isRepeat ? await machines.find(order, token, attempt) : undefined;
    const node = found ?? (await machines.launch(order, token, attempt));
    return routed(machines, order, node, attempt);
  },
  'node.resolve': async ({ machines }, { order, isWanted }, { token, attempt }) => {
    const node =
      (await machines.find(order, token, attempt)) ??
      (await learned(machines, order, token, attempt));
    return node === null || !isWanted ? node : routed(machines, order, node, attempt);
  },
  'node.terminate': ({ machines }, { instanceId, protected: isProtected, ...scope }, { attempt }) =>
    machines.terminate(scope, instanceId, isProtected, attempt),
  'node.stop': ({ machines }, { instanceId, ...scope }, { attempt }) =>
    machines.stop(scope, instanceId, attempt),
  'node.start': ({ machines }, { instanceId, ...scope }, { attempt }) =>
    machines.start(scope, instanceId, attempt),
  'node.reboot': ({ machines }, { instanceId, ...scope }, { attempt }) =>
    machines.reboot(scope, instanceId, attempt),
  'node.script': ({ remote }, { instanceId, verb, opId, parameters, ...scope }, turn) =>
    remote.run(
      { ...scope, instanceId, verb, opId, parameters, mayBeSent: turn.isRepeat },
      turn.attempt,
    ),
  'cluster.sweep': async ({ machines }, { uid, ...scope }, { attempt }) => {
    const alive = await machines.listByUid(scope, uid, attempt);
    // What is on its way out already needs no call, but is not gone yet.
    const staying = alive.filter(({ state }) => state !== 'shutting-down');
    const ids = staying.map(({ instanceId }) => instanceId);
    if (ids.length > 0) await machines.terminateAll(scope, ids, attempt);
    return { alive: alive.length };
  },
  'network.delete': async ({ surroundings }, { uid, vpcId, ...scope }, { attempt }) => ({
    deleted: await surroundings.deleteSecurityGroups(scope, uid, vpcId, attempt),
  }),
  'secrets.delete': async ({ surroundings }, { uid, ...scope }, { attempt }) => ({
    deleted: await surroundings.deleteSecrets(scope, uid, attempt),
  }),
  'group.look': ({ store }, input) => lookAtMembers(store, input),
  'group.order': ({ orders }, input, { attempt }) => orderMembers(orders, input, attempt),
  'circuit.wait': async ({ guard }, { key, priority }, { attempt }) => {
    await guard?.untilReleased(key, priority, attempt.signal);
    return { waited: true };
  },
};

/** The back end that a replication names does what its effect says. */
function replicate(
  { volumes }: EffectPorts,
  effect: ReplicationEffectName,
  input: unknown,
  { relationship, attempt }: Turn,
): Promise<Effects[EffectName]['out']> {
  if (relationship === undefined) throw new Error(`${effect} is a call of replications only`);
  const { backend } = relationship.spec;
  const found = volumes?.[backend];
  if (found === undefined) throw noBackend(backend);
  // As below: the table pairs each name with its own input and output.
  const run = found.effects[effect] as (
    of: ReplicationFacts,
    input: unknown,
    attempt: Attempt,
  ) => Promise<Effects[EffectName]['out']>;
  return run(relationship, input, attempt);
}

function noBackend(backend: string): Error {
  const message = `backend ${backend} is not set up on this host; see the host's config under kubernetes`;
  const fault = {
    type: 'NotSupported',
    code: 'backend.notConfigured',
    message,
    mayHaveHappened: false,
  };
  return Object.assign(new Error(message), { fault });
}

/** Finding nothing proves nothing: the same token again tells the id, or refuses for certain (null). */
async function learned(
  machines: EffectPorts['machines'],
  order: LaunchOrder,
  token: string,
  attempt: Attempt,
): Promise<LaunchedNode | null> {
  try {
    return await machines.launch(order, token, attempt);
  } catch (thrown) {
    if (isDefiniteRefusal(thrown)) return null;
    throw thrown;
  }
}

async function routed(
  machines: EffectPorts['machines'],
  order: LaunchOrder,
  node: LaunchedNode,
  attempt: Attempt,
): Promise<LaunchedNode> {
  if (order.routesPods === true)
    await machines.letRoute(order, node.instanceId, attempt).catch(afterLaunch);
  return node;
}

/** What fails behind a launch says nothing against the launch: the machine is there. */
function afterLaunch(thrown: unknown): never {
  const fault: EffectFault = { ...toEffectFault(thrown), mayHaveHappened: true };
  throw Object.assign(new Error(fault.message, { cause: thrown }), { fault });
}

/**
 * True for refusals that mean: nothing was launched under this token, now or earlier. Missing rights prove no such thing,
 * as they may have been taken away in between.
 */
function isDefiniteRefusal(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null || !('fault' in thrown)) return false;
  const { fault } = thrown as { fault: { type: string; mayHaveHappened?: boolean } };
  const types = ['CapacityShortage', 'QuotaExceeded', 'InvalidSpec', 'NotSupported'];
  return fault.mayHaveHappened === false && types.includes(fault.type);
}

/** What was thrown, with the effect's own rule about trying again where it has one. */
function judged(effect: EffectName, thrown: unknown): never {
  const fault = toEffectFault(thrown);
  const ruled = byRuleOf(effect, fault);
  if (ruled === fault) throw thrown;
  throw Object.assign(new Error(ruled.message, { cause: thrown }), { fault: ruled });
}

/**
 * The one source that `operation` invokes, bound to this process's ports.
 * @throws Error at start when an effect is not registered
 */
export function performer(ports: EffectPorts) {
  assertEffects([...Object.keys(performers), ...replicationEffects]);
  return (order: PerformInput, call: Call): Promise<Effects[EffectName]['out']> => {
    const { effect, input, token, isRepeat, attempt: number, preset, relationship } = order;
    const run: Run = isOfReplication(effect)
      ? (to, asked, turn) => replicate(to, effect, asked, turn)
      : // The table pairs each name with its own input and output; the compiler cannot follow that through a variable.
        (performers[effect] as Run);
    const { correlationId, mayAct } = call;
    // Places are shared out between namespaces: `kind/namespace/name`.
    const namespace = call.intent.actor.split('/')[1] ?? '';
    const whole = { correlationId, priority: priorityOf(effect), number, namespace, mayAct };
    // The operation's own chart bounds this wait.
    if (effect === 'circuit.wait')
      return run(ports, input, { token, isRepeat, attempt: { ...whole, signal: call.signal } });
    return idempotently(ports.idempotency, order, call, () => {
      ports.telemetry.count('fairlead_retry_attempts_total', {
        policy: preset,
        n: number > 3 ? '4+' : String(number),
      });
      return withTimeout(
        ports.clock,
        effect,
        effectRegistry[effect].attemptTimeoutMs,
        call,
        ({ signal }) =>
          run(ports, input, { token, isRepeat, attempt: { ...whole, signal }, relationship }),
      ).catch((thrown: unknown) => judged(effect, thrown));
    });
  };
}
