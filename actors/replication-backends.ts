/** Back ends as hosting sees them: every call is timed and counted, by its method and how it ended. */
import { issueExpired, replicationEffects } from '../machines/replication-effects.ts';
import type {
  FenceAnswer,
  ReplicationEffectName,
  ReplicationFacts,
} from '../machines/replication-effects.ts';
import { replication } from '../machines/replication-limits.ts';
import { toEffectFault } from './faults.ts';
import type { Attempt, Clock, Telemetry } from './ports.ts';
import type { VolumeBackend, VolumeBackends } from './replication-ports.ts';

export interface MeasuredParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** An attempt after the first of its operation. */
  readonly onRetry: (of: Pick<ReplicationFacts, 'namespace' | 'name'>) => void;
}

type Method = (of: ReplicationFacts, input: unknown, attempt: Attempt) => Promise<unknown>;

export function measuredBackends(backends: VolumeBackends, parts: MeasuredParts): VolumeBackends {
  const all = Object.entries<VolumeBackend>(backends);
  return Object.fromEntries(all.map(([name, backend]) => [name, measured(backend, parts)]));
}

function measured(backend: VolumeBackend, parts: MeasuredParts): VolumeBackend {
  const meter = new Meter(backend.name, parts);
  const effects = Object.fromEntries(
    replicationEffects.map((name) => [name, meter.effect(name, backend.effects[name] as Method)]),
  );
  return {
    name: backend.name,
    capabilities: backend.capabilities,
    // Each name keeps the method it had; the compiler cannot follow that through the list.
    effects: effects as unknown as VolumeBackend['effects'],
    observe: (of, endpoint, attempt) =>
      meter.timed('observe', () => backend.observe(of, endpoint, attempt)),
    estimate: (of, what, attempt) =>
      meter.timed('estimate', () => backend.estimate(of, what, attempt)),
  };
}

class Meter {
  readonly #backend: string;
  readonly #parts: MeasuredParts;
  /** When the first call of each fence under way began, by its operation id; the oldest are forgotten. */
  readonly #fences = new Map<string, number>();

  constructor(backend: string, parts: MeasuredParts) {
    this.#backend = backend;
    this.#parts = parts;
  }

  effect(name: ReplicationEffectName, run: Method): Method {
    const operation = name.slice('replication.'.length);
    return async (of, input, attempt) => {
      if ((attempt.number ?? 1) > 1) this.#parts.onRetry(of);
      const sinceMs = name === 'replication.fence' ? this.#fenceSinceMs(input) : undefined;
      const answer = await this.timed(operation, () => run(of, input, attempt));
      if (sinceMs !== undefined) this.#fenced(input, answer as FenceAnswer, sinceMs);
      if (name === 'replication.commitPoint') this.#committed(answer as { bytes?: number });
      return answer;
    };
  }

  async timed<T>(operation: string, run: () => Promise<T>): Promise<T> {
    const { clock, telemetry } = this.#parts;
    const labels = { backend: this.#backend, operation };
    const beganMs = clock.monotonicMs();
    const end = (result: 'success' | 'error' | 'rejected'): void => {
      const seconds = (clock.monotonicMs() - beganMs) / 1_000;
      telemetry.count('unified_replication_backend_operations_total', { ...labels, result });
      const histogram = 'unified_replication_backend_operation_duration_seconds';
      telemetry.observe(histogram, seconds, labels);
    };
    try {
      const answer = await run();
      end('success');
      return answer;
    } catch (thrown) {
      const { rejectedBy, code } = toEffectFault(thrown);
      // Nothing went out: a limit of ours, or the call came too late to be begun.
      end(rejectedBy === undefined && code !== issueExpired ? 'error' : 'rejected');
      throw thrown;
    }
  }

  #fenceSinceMs(input: unknown): number {
    const { opId } = input as { opId: string };
    const known = this.#fences.get(opId);
    if (known !== undefined) return known;
    const nowMs = this.#parts.clock.monotonicMs();
    this.#fences.set(opId, nowMs);
    const [oldest] = this.#fences.keys();
    if (this.#fences.size > replication.fencesTimedMax && oldest !== undefined)
      this.#fences.delete(oldest);
    return nowMs;
  }

  #fenced(input: unknown, { fenced, rung = 'none' }: FenceAnswer, sinceMs: number): void {
    if (!fenced) return;
    const { clock, telemetry } = this.#parts;
    this.#fences.delete((input as { opId: string }).opId);
    const seconds = (clock.monotonicMs() - sinceMs) / 1_000;
    const labels = { backend: this.#backend, rung };
    telemetry.observe('fairlead_replication_fence_seconds', seconds, labels);
  }

  #committed({ bytes = 0 }: { readonly bytes?: number }): void {
    if (bytes <= 0) return;
    const labels = { backend: this.#backend };
    this.#parts.telemetry.count('fairlead_replication_point_bytes_total', labels, bytes);
  }
}
