/** A back end in memory: which side of which replication can write, who was armed in which order, and two writers ever. */
import type { Clock } from '../../../actors/ports.ts';
import type { VolumeBackend } from '../../../actors/replication-ports.ts';
import { replicationEffects } from '../../../machines/replication-effects.ts';
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';

interface Input {
  readonly endpoint: Side;
  readonly seq?: number | null;
}

export class MemoryVolumes {
  /** `db-1 arm`, in the order in which they came; repeats too. */
  readonly calls: string[] = [];
  /** Names in the order in which their other side became writable, each once per change. */
  readonly armed: string[] = [];
  /** Replications that were ever writable on both sides. */
  readonly twice = new Set<string>();
  /** `db-2 materialize`: refused for good. */
  readonly refuses = new Set<string>();
  /** `db-2 finalSync`: goes on without an end. */
  readonly stalls = new Set<string>();
  readonly #writers = new Map<string, Set<Side>>();

  /** When the newest set was taken. */
  readonly #pits = new Map<string, number>();

  writersOf(name: string): readonly Side[] {
    return [...(this.#writers.get(name) ?? new Set<Side>())];
  }

  /** As one process reaches it. */
  backend(clock: Clock, isAlive: () => boolean): VolumeBackend {
    const effects = Object.fromEntries(
      replicationEffects.map((effect) => [
        effect,
        async (of: ReplicationFacts, input: Input): Promise<unknown> => {
          await Promise.resolve();
          if (!isAlive()) return new Promise(() => undefined);
          return this.#answer(effect.slice('replication.'.length), of.name, input, clock.nowMs());
        },
      ]),
    );
    const capabilities = { modes: ['asynchronous'], pause: true, syncNow: true, groups: true };
    // Only what effects ask of a back end is there.
    return { name: 'ebs', capabilities, effects } as unknown as VolumeBackend;
  }

  #answer(effect: string, name: string, { endpoint, seq }: Input, nowMs: number): unknown {
    this.calls.push(`${name} ${effect}`);
    if (this.refuses.has(`${name} ${effect}`)) throw refusal(`${effect} of ${name}`);
    const writers = this.#writers.get(name) ?? new Set<Side>(['home']);
    this.#writers.set(name, writers);
    const said = (side: Side): string => (writers.has(side) ? 'yes' : 'no');
    const point = { seq: seq ?? 1, pitMs: nowMs };
    if (this.stalls.has(`${name} ${effect}`)) return { isDone: false, progress: this.calls.length };
    switch (effect) {
      case 'establish':
      case 'verify':
        return { self: said(endpoint), peer: said(peerOf(endpoint)) };
      case 'preflight':
        return { ok: true, because: [] };
      case 'fence':
      case 'compensate':
        writers.delete(endpoint);
        return { fenced: true, observed: 'detached' };
      case 'prove':
        return { writable: said(endpoint), observed: '' };
      case 'arm':
        if (!writers.has(endpoint)) this.armed.push(name);
        writers.add(endpoint);
        if (writers.size > 1) this.twice.add(name);
        return {};
      case 'syncStatus':
        return { isComplete: true };
      case 'selectBase':
        return { seq: null };
      case 'choosePoint':
        return { ...point, pitMs: this.#pits.get(name) ?? 0 };
      case 'finalSync':
      case 'commitPoint':
        this.#pits.set(name, nowMs);
        return { isDone: true, ...point };
      default:
        return { isDone: true, ...point };
    }
  }
}

function refusal(what: string): Error {
  const message = `${what} is refused`;
  const fault = { type: 'InvalidSpec', code: 'test.refused', message, mayHaveHappened: false };
  return Object.assign(new Error(message), { fault });
}
