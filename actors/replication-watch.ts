/** Looks at both endpoints of every replication and tells its actor what is there. A failed look tells nobody anything. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { factsOf, publicStateOf } from '../machines/replication-context.ts';
import type { ReplicationContext } from '../machines/replication-context.ts';
import type { ReplicationEvent } from '../machines/replication-events.ts';
import { replication } from '../machines/replication-limits.ts';
import { lagOf } from '../machines/replication-settings.ts';
import { isTransient, sides } from '../machines/replication-table.ts';
import type { Side } from '../machines/replication-table.ts';
import { toEffectFault } from './faults.ts';
import type { KindSnapshot } from './kind.ts';
import { observationId } from './observation-id.ts';
import type { Cancel, Clock, Random, Telemetry } from './ports.ts';
import type { EndpointSight, VolumeBackend, VolumeBackends } from './replication-ports.ts';
import { Slots } from './slots.ts';

type Observation = Extract<ReplicationEvent, { type: 'endpoint.observed' | 'lag.measured' }>;
type Timeless<Each> = Each extends unknown ? Omit<Each, 'atMs'> : never;
/** Hosting stamps the time. */
type Told = Timeless<Observation>;

export interface ReplicationWatchParts {
  readonly clock: Clock;
  /** Spreads the first looks, so that a host that takes over many does not ask for all at once. */
  readonly random?: Random;
  readonly volumes: VolumeBackends;
  readonly telemetry: Telemetry;
  /** Divides the time between looks. */
  readonly scale: number;
  /** Puts an observation into the actor's mailbox. */
  tell(key: ResourceKey, event: Told): void;
}

interface Watched {
  readonly key: ResourceKey;
  context: ReplicationContext;
  isLooking: boolean;
  /** Monotonic. */
  dueMs: number;
  cancel: Cancel;
  /** Fault codes of the last look; told again only when they change. */
  failed: string;
}

/**
 * Every replication is looked at each 60 s at rest, each 15 s while something is under way or unknown (paced); paused and
 * failed ones too. What a crash loses is looked at again.
 */
export class ReplicationWatch {
  readonly #parts: ReplicationWatchParts;
  readonly #watched = new Map<string, Watched>();
  readonly #slots = new Slots(replication.looksMax);
  readonly #ending = new AbortController();

  constructor(parts: ReplicationWatchParts) {
    this.#parts = parts;
  }

  /** Called on every commit. */
  update(key: ResourceKey, snapshot: KindSnapshot): void {
    const context = snapshot.context as ReplicationContext;
    const text = keyText(key);
    const known = this.#watched.get(text);
    if (context.spec === null || context.lifecycle !== 'active') {
      this.forget(key);
      return;
    }
    if (known !== undefined) {
      known.context = context;
      if (!known.isLooking) this.#arm(known, this.#gapMs(context));
      return;
    }
    const made: Watched = {
      ...{ key, context, isLooking: false, failed: '' },
      ...{ dueMs: Infinity, cancel: () => undefined },
    };
    this.#watched.set(text, made);
    this.#arm(made, this.#gapMs(context) * (this.#parts.random?.roll() ?? 1));
  }

  /** It is gone, or another host's from now on. */
  forget(key: ResourceKey): void {
    const text = keyText(key);
    this.#watched.get(text)?.cancel();
    this.#watched.delete(text);
  }

  stop(): void {
    this.#ending.abort(new Error('the host stops'));
    for (const { cancel } of this.#watched.values()) cancel();
    this.#watched.clear();
  }

  #gapMs(context: ReplicationContext): number {
    const gapMs = isMoving(context) ? replication.observeChangingMs : replication.observeStableMs;
    return gapMs / this.#parts.scale;
  }

  /** The next look, unless one is due sooner. */
  #arm(each: Watched, delayMs: number): void {
    const { clock } = this.#parts;
    const dueMs = clock.monotonicMs() + delayMs;
    if (this.#ending.signal.aborted || each.dueMs <= dueMs) return;
    each.cancel();
    each.dueMs = dueMs;
    each.cancel = clock.after(delayMs, () => void this.#look(each));
  }

  async #look(each: Watched): Promise<void> {
    each.isLooking = true;
    each.dueMs = Infinity;
    try {
      await this.#slots.enter(isMoving(each.context), this.#ending.signal);
    } catch {
      return; // the host stops
    }
    try {
      await this.#lookAtBoth(each);
    } finally {
      this.#slots.leave();
      each.isLooking = false;
      if (this.#watched.get(keyText(each.key)) === each) this.#arm(each, this.#gapMs(each.context));
    }
  }

  async #lookAtBoth(each: Watched): Promise<void> {
    const { volumes, clock } = this.#parts;
    const { context, key } = each;
    const backend = context.spec === null ? undefined : volumes[context.spec.backend];
    if (backend === undefined) return;
    const seen = await Promise.all(sides.map((side) => this.#sight(each, backend, side)));
    if (this.#ending.signal.aborted || this.#watched.get(keyText(key)) !== each) return;
    this.#judge(each.context, seen);
    const lag = lagOf(each.context, clock.nowMs());
    // Half a look says nothing about how current the copy is kept: missed twice, its health is unknown.
    if (lag === undefined || seen.includes(undefined)) return;
    this.#parts.tell(key, { type: 'lag.measured', ratio: lag.ratio });
  }

  /** Undefined when the look failed, or was older than what was asked for last. */
  async #sight(
    each: Watched,
    backend: VolumeBackend,
    side: Side,
  ): Promise<EndpointSight | undefined> {
    const { telemetry, clock } = this.#parts;
    const { context, key } = each;
    const labels = { backend: backend.name };
    const limit = new AbortController();
    const cancel = clock.after(replication.lookMs, () => {
      limit.abort(new Error(`no answer within ${replication.lookMs} ms`));
    });
    try {
      const sight = await backend.observe(factsOf(context), side, {
        signal: AbortSignal.any([limit.signal, this.#ending.signal]),
        correlationId: observationId(key, clock.nowMs()),
        ...{ priority: 'background', namespace: key.namespace },
      });
      const outcome = sight.isFresh ? 'ok' : 'stale';
      telemetry.count('fairlead_replication_looks_total', { ...labels, outcome });
      if (!sight.isFresh) return undefined;
      const { writable } = sight;
      const generation = context.specGeneration;
      each.failed = '';
      this.#parts.tell(key, { type: 'endpoint.observed', endpoint: side, writable, generation });
      return sight;
    } catch (thrown) {
      if (this.#ending.signal.aborted) return undefined;
      telemetry.count('fairlead_replication_looks_total', { ...labels, outcome: 'failed' });
      this.#tellFailure(each, side, thrown);
      return undefined;
    } finally {
      cancel();
    }
  }

  #tellFailure(each: Watched, endpoint: Side, thrown: unknown): void {
    const { code, message } = toEffectFault(thrown);
    const known = `${endpoint} ${code}`;
    if (each.failed === known) return;
    each.failed = known;
    const fields = { actor: keyText(each.key), endpoint, code, reason: message };
    const text = 'look at an endpoint failed: nothing is concluded from it';
    this.#parts.telemetry.log('warn', fields, text);
  }

  /** Both writing while nobody took that risk: what all the rest is there to prevent. */
  #judge(context: ReplicationContext, seen: readonly (EndpointSight | undefined)[]): void {
    const { riskAccepted, namespace, name, epoch, spec } = context;
    if (spec === null || seen.some((sight) => sight?.writable !== 'yes')) return;
    if (riskAccepted?.clearedAtMs === null) return;
    const { telemetry } = this.#parts;
    const labels = { backend: spec.backend };
    telemetry.count('fairlead_replication_single_writer_violation_total', labels);
    const observed = seen.map((sight) => sight?.observed ?? '');
    const fields = { actor: `replication/${namespace}/${name}`, epoch, observed };
    telemetry.log('error', fields, 'both endpoints were seen writing');
  }
}

/** Something is under way at an endpoint, or nobody knows what it is. */
function isMoving(context: ReplicationContext): boolean {
  if (context.operation !== null) return true;
  return sides.some((side) => {
    const { phase } = context[side];
    const state = publicStateOf(phase);
    return (
      isTransient(state) || ['absent', 'failed'].includes(state) || phase.endsWith('contested')
    );
  });
}
