/** Every effect with what is to be known of it besides how it is done: limits, how a repeat is recognised, what undoes it. */
import { deadlines } from '../../machines/limits.ts';
import { group } from '../../machines/replication-group-limits.ts';
import { replication } from '../../machines/replication-limits.ts';
import type { EffectFault, EffectName, FaultType, ScriptAnswer } from '../../machines/messages.ts';
import { priorityOf } from '../../machines/priority.ts';
import type { RegistryEntry } from '../registries.ts';

/**
 * Why making the call twice does no harm. `token`: the provider, or the marker on the node, knows the intent by name. `tag`:
 * what an earlier try made is found by its tags. `nature`: twice comes to the same as once. `lookup`: it looks first and its
 * answer is an observation, so no older one may stand for it. `read`: nothing is changed.
 */
export type Repeat = 'token' | 'tag' | 'nature' | 'lookup' | 'read';

export interface EffectEntry {
  /** Service and class of the breakers its calls pass; empty for calls that leave the process by no wire. */
  readonly keyClasses: readonly string[];
  /** One attempt, from the open gate to its answer. */
  readonly attemptTimeoutMs: number;
  readonly repeat: Repeat;
  /** The effect that undoes it; `none` where nothing is to be undone. */
  readonly compensation: EffectName | 'none';
  /** True when nothing takes it back: from there on only forward. */
  readonly pointOfNoReturn: boolean;
  /** Fault types tried again besides those its retry policy names; a fault that says so itself is believed first. */
  readonly retryOn?: readonly FaultType[];
  /** Fault types never tried again, whatever its retry policy names. */
  readonly neverOn?: readonly FaultType[];
  /** How long its result is kept, when shorter or longer than the store's own time. */
  readonly ttlMs?: number;
}

const entry = (
  keyClasses: readonly string[],
  repeat: Repeat,
  compensation: EffectEntry['compensation'] = 'none',
  more: Partial<EffectEntry> = {},
): EffectEntry => ({
  ...{ keyClasses, repeat, compensation, pointOfNoReturn: false },
  attemptTimeoutMs: deadlines.ec2AttemptMs,
  ...more,
});

const final = { pointOfNoReturn: true } as const;

/**
 * Calls of a replication look at what there is before they act, so no older answer may stand for a look of theirs. Which of
 * the breakers they pass is up to the back end: those of EC2, or the one of the cluster whose Kubernetes API is asked.
 */
const volumes = (more: Partial<EffectEntry> = {}): EffectEntry =>
  entry(['ec2:read', 'ec2:mutate', 'ec2:teardown', 'k8s'], 'lookup', 'none', {
    attemptTimeoutMs: replication.callMs,
    ...more,
  });
const reads = (more: Partial<EffectEntry> = {}): EffectEntry =>
  entry(['ec2:read', 'k8s'], 'read', 'none', {
    attemptTimeoutMs: replication.preflightMs,
    ...more,
  });
/** Followed for a while, answered with its progress, asked again. */
const slow = (compensation: EffectEntry['compensation'] = 'none'): EffectEntry =>
  volumes({ compensation, attemptTimeoutMs: replication.followMs + replication.callMs });

export const effectRegistry: Readonly<Record<EffectName, EffectEntry>> = {
  // Nothing is changed, so even a fault that no table knows may be tried again.
  'cluster.plan': entry(['ec2:read', 'ssm'], 'read', 'none', { retryOn: ['ProviderError'] }),
  'network.ensure': entry(['ec2:read', 'ec2:mutate'], 'tag', 'network.delete'),
  'secrets.ensure': entry(['ssm'], 'nature', 'secrets.delete'),
  'node.launch': entry(['ec2:mutate', 'ec2:read'], 'token', 'node.terminate'),
  'node.resolve': entry(['ec2:read', 'ec2:mutate'], 'token', 'node.terminate'),
  'node.terminate': entry(['ec2:teardown'], 'nature', 'none', final),
  'node.stop': entry(['ec2:teardown'], 'nature', 'node.start'),
  'node.start': entry(['ec2:mutate'], 'nature', 'node.stop'),
  // Twice is two restarts: when nobody knows whether the first took place, its chart decides.
  'node.reboot': entry(['ec2:mutate'], 'nature', 'none', { neverOn: ['Timeout'] }),
  'node.script': entry(['ssm'], 'token', 'none', {
    attemptTimeoutMs: deadlines.scriptFollowMs,
  }),
  'cluster.sweep': entry(['ec2:read', 'ec2:teardown'], 'lookup', 'none', final),
  'network.delete': entry(['ec2:read', 'ec2:teardown'], 'nature', 'none', final),
  'secrets.delete': entry(['ssm'], 'nature', 'none', final),
  'circuit.wait': entry([], 'read'),
  'group.look': entry([], 'read', 'none', { attemptTimeoutMs: group.lookMs }),
  // Ids of commands are what makes a repeat one: a stored answer is not needed.
  'group.order': entry([], 'lookup', 'none', { attemptTimeoutMs: group.orderMs }),
  'replication.establish': volumes(),
  'replication.preflight': reads(),
  'replication.claim': volumes(),
  'replication.drain': volumes(),
  'replication.fence': volumes({ ...final, attemptTimeoutMs: replication.fenceMs }),
  'replication.prove': reads({ attemptTimeoutMs: replication.proveMs }),
  'replication.choosePoint': reads(),
  'replication.materialize': slow('replication.compensate'),
  'replication.arm': volumes({ compensation: 'replication.compensate' }),
  'replication.verify': reads(),
  'replication.compensate': volumes({ attemptTimeoutMs: replication.undoMs }),
  'replication.finalSync': slow(),
  'replication.release': volumes(final),
  'replication.preserve': slow(),
  'replication.selectBase': reads(),
  'replication.transfer': slow(),
  'replication.catchUp': slow(),
  'replication.syncStatus': reads(),
  'replication.startTest': volumes({
    compensation: 'replication.endTest',
    attemptTimeoutMs: replication.createMs,
  }),
  'replication.endTest': volumes({ attemptTimeoutMs: replication.undoMs }),
  'replication.reconfigure': volumes({ attemptTimeoutMs: replication.reconfigureMs }),
  'replication.remove': volumes({ ...final, attemptTimeoutMs: replication.removeMs }),
  'replication.snapshot': slow(),
  'replication.copy': slow(),
  'replication.commitPoint': volumes(),
  'replication.prune': volumes({ ...final, attemptTimeoutMs: replication.pruneMs }),
};

/** What undoes a step that is a script on a node; scripts that are not listed change nothing that must be undone. */
const scriptSteps: Readonly<
  Record<string, { readonly compensation: string; readonly pointOfNoReturn: boolean }>
> = {
  cordon: { compensation: 'uncordon', pointOfNoReturn: false },
  drain: { compensation: 'uncordon', pointOfNoReturn: false },
  'leave-etcd': { compensation: 'none', pointOfNoReturn: true },
  'delete-node': { compensation: 'none', pointOfNoReturn: true },
};

/** True when a stored result may answer for the call. */
export const isStored = (effect: EffectName): boolean =>
  !['read', 'lookup'].includes(effectRegistry[effect].repeat);

/** Answers that end nothing: the script still runs, or has failed and may be called again under the same id. */
export const isFinal = (effect: EffectName, value: unknown): boolean => {
  if (effect !== 'node.script') return true;
  const { ok, running } = value as ScriptAnswer;
  return ok && !running;
};

/**
 * Asked when a host starts, with the effects it can perform.
 * @throws Error that names every effect without an entry, and every entry nobody performs or that contradicts itself
 */
export function assertEffects(
  performed: readonly string[],
  registry: Readonly<Record<string, EffectEntry>> = effectRegistry,
): void {
  const problems = [
    ...performed
      .filter((name) => !Object.hasOwn(registry, name))
      .map((name) => `${name} has no entry`),
    ...Object.keys(registry)
      .filter((name) => !performed.includes(name))
      .map((name) => `${name} is performed by nobody`),
    ...Object.entries(registry)
      .filter(([, { attemptTimeoutMs }]) => !(attemptTimeoutMs > 0))
      .map(([name]) => `${name} has no attempt time-out`),
    ...Object.entries(registry)
      .filter(
        ([, { compensation }]) => compensation !== 'none' && !performed.includes(compensation),
      )
      .map(
        ([name, { compensation }]) => `${name} is undone by ${compensation}, which is no effect`,
      ),
  ];
  if (problems.length > 0) throw new Error(`effect registry: ${problems.join('; ')}`);
}

/** Says on the fault itself whether it may be tried again, where the effect has a rule of its own. */
export function byRuleOf(effect: EffectName, fault: EffectFault): EffectFault {
  const { retryOn = [], neverOn = [] } = effectRegistry[effect];
  if (fault.retryable !== undefined) return fault;
  if (neverOn.includes(fault.type)) return { ...fault, retryable: false };
  return retryOn.includes(fault.type) ? { ...fault, retryable: true } : fault;
}

/**
 * The registry as it is listed.
 * @param policyOf  name of the retry policy an effect gets here
 */
export const listEffects = (policyOf: (effect: EffectName) => string): RegistryEntry[] =>
  (Object.keys(effectRegistry) as EffectName[]).map((name) => ({
    name,
    policy: policyOf(name),
    ...effectRegistry[name],
    priority: priorityOf(name),
    stored: isStored(name),
    ...(name === 'node.script' && { steps: scriptSteps }),
  }));
