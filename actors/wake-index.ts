/** When the actors of one partition are due: one timer for the earliest, whether they are in memory or not. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { hosting } from '../machines/limits.ts';
import { BinaryHeap } from './binary-heap.ts';
import type { Cancel, Clock } from './ports.ts';
import type { Slots } from './slots.ts';

export interface WakeIndexOptions {
  readonly clock: Clock;
  /** Places to awaken actors in, shared by all partitions of a host. */
  readonly places: Slots;
  /** It is in memory, where its own timers run. */
  readonly isAwake: (key: ResourceKey) => boolean;
  /** Brings it into memory; `done` is called once when it is there, or when that came to nothing. */
  readonly awaken: (key: ResourceKey, done: () => void) => void;
}

interface Entry {
  readonly key: ResourceKey;
  /** As stored: wall time in milliseconds. */
  readonly wakeAtMs: number;
  /** Monotonic, so that a step of the wall clock neither delays nor hastens it. */
  readonly dueMs: number;
}

export class WakeIndex {
  readonly #options: WakeIndexOptions;
  /** The present entry of each actor; one in the heap that is not here is stale. */
  readonly #live = new Map<string, Entry>();
  readonly #heap = new BinaryHeap<Entry>((left, right) => left.dueMs < right.dueMs);
  #timer: { readonly cancel: Cancel; readonly dueMs: number } | undefined;
  /** Places taken and not left yet. */
  #underway = 0;
  #isWaking = false;
  #isOver = false;

  constructor(options: WakeIndexOptions) {
    this.#options = options;
  }

  /** Actors with a deadline, and entries kept for that. */
  size(): { readonly live: number; readonly heap: number } {
    return { live: this.#live.size, heap: this.#heap.size };
  }

  /** As stored when the partition is taken. What is due is awakened at once, 0 first, as many together as there are places. */
  fill(found: Iterable<readonly [ResourceKey, number]>): void {
    for (const [key, wakeAtMs] of found) this.#live.set(keyText(key), this.#entry(key, wakeAtMs));
    this.#heap.refill(this.#live.values());
    void this.#wakeDue();
  }

  /** As committed by an actor in memory, and once more when it leaves. 0: it is at work, and commits again when it is not. */
  note(key: ResourceKey, wakeAtMs: number | null): void {
    if (this.#isOver) return;
    const name = keyText(key);
    if (this.#live.get(name)?.wakeAtMs === wakeAtMs) return;
    if (wakeAtMs === null || wakeAtMs === 0) this.#live.delete(name);
    else {
      const entry = this.#entry(key, wakeAtMs);
      this.#live.set(name, entry);
      this.#heap.push(entry);
    }
    if (this.#heap.size > hosting.wakeEntriesPerActorMax * this.#live.size)
      this.#heap.refill(this.#live.values());
    this.#arm();
  }

  /** Nobody is awakened from now on. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#live.clear();
    this.#heap.refill([]);
    for (; this.#underway > 0; this.#underway -= 1) this.#options.places.leave();
  }

  #entry(key: ResourceKey, wakeAtMs: number): Entry {
    const { clock } = this.#options;
    return { key, wakeAtMs, dueMs: clock.monotonicMs() + wakeAtMs - clock.nowMs() };
  }

  #arm(): void {
    if (this.#isOver || this.#isWaking) return;
    const first = this.#first();
    if (this.#timer?.dueMs === first?.dueMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (first === undefined) return;
    const { clock } = this.#options;
    const { dueMs } = first;
    const cancel = clock.after(dueMs - clock.monotonicMs(), () => {
      this.#timer = undefined;
      void this.#wakeDue();
    });
    this.#timer = { cancel, dueMs };
  }

  /** One after the other as places become free, so that commands find turns between them. */
  async #wakeDue(): Promise<void> {
    if (this.#isWaking) return;
    this.#isWaking = true;
    const { places, awaken } = this.#options;
    while (this.#firstDue() !== undefined) {
      const place = places.enter();
      if (place !== undefined) await place;
      // Asked again: it may have been awakened by a command meanwhile, or the partition be gone.
      const due = this.#firstDue();
      if (due === undefined) {
        places.leave();
        break;
      }
      this.#drop(due);
      this.#underway += 1;
      awaken(due.key, () => this.#left());
    }
    this.#isWaking = false;
    this.#arm();
  }

  #left(): void {
    if (this.#isOver) return; // left when it ended
    this.#underway -= 1;
    this.#options.places.leave();
  }

  /** The next one that sleeps past its time. Those in memory are dropped on the way: they note their next time themselves. */
  #firstDue(): Entry | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    for (;;) {
      const first = this.#first();
      if (first === undefined || first.dueMs > nowMs) return undefined;
      if (!this.#options.isAwake(first.key)) return first;
      this.#drop(first);
    }
  }

  #drop(first: Entry): void {
    this.#heap.pop();
    this.#live.delete(keyText(first.key));
  }

  #first(): Entry | undefined {
    for (;;) {
      const first = this.#heap.first();
      if (first === undefined || this.#live.get(keyText(first.key)) === first) return first;
      this.#heap.pop();
    }
  }
}
