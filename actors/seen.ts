/** The last command ids of an actor with their slim replies: what makes a repeat answer like the original. */
import { bounds } from '../machines/limits.ts';
import type { RefusalProblem } from './kind.ts';

/** Code of an accepted command. */
export const acceptedCode = 'ok';

export interface SeenEntry {
  readonly id: string;
  /** `ok`, or the fault code of a refusal. */
  readonly code: string;
  readonly correlationId: string;
  /** Who says to have sent it. */
  readonly by?: string;
  readonly state?: string;
  readonly unchanged?: true;
  /** The kind's own fields of a success reply. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly message?: string;
  readonly problems?: readonly RefusalProblem[];
  readonly because?: readonly string[];
  readonly allowedNext?: readonly string[];
  /** Revision of the write that first held this entry; absent in that very write, where it cannot be known. */
  readonly revision?: number;
}

export class Seen {
  readonly #entries = new Map<string, SeenEntry>();

  /** @param revision  of the record the entries come from: those without one were first stored in it */
  constructor(entries: readonly SeenEntry[] = [], revision?: number) {
    for (const entry of entries)
      this.#entries.set(
        entry.id,
        revision === undefined || entry.revision !== undefined ? entry : { ...entry, revision },
      );
  }

  find(id: string): SeenEntry | undefined {
    return this.#entries.get(id);
  }

  add(entry: SeenEntry): void {
    this.#entries.delete(entry.id);
    this.#entries.set(entry.id, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > bounds.seenMax && oldest !== undefined) this.#entries.delete(oldest);
  }

  /** These entries are stored: those among them that are new were first stored at `revision`. */
  stored(entries: readonly SeenEntry[], revision: number): void {
    for (const { id, revision: known } of entries) {
      const entry = known === undefined ? this.#entries.get(id) : undefined;
      if (entry) this.#entries.set(id, { ...entry, revision });
    }
  }

  list(): SeenEntry[] {
    return [...this.#entries.values()];
  }
}
