/** What is noted while a run lasts, by streams and the simulator: rows that checkers judge, no host has a say in them. */

export interface Answer {
  /** As in HTTP. */
  readonly status: number;
  /** `ok`, or a fault code. */
  readonly code: string;
}

/** One command as its sender knows it. */
export interface Sent {
  readonly id: string;
  /** `kind/namespace/name`. */
  readonly actor: string;
  readonly verb: string;
  readonly isPoison: boolean;
  /** What the stream said: has it, will not have it, or nobody knows. */
  fate: 'stored' | 'refused' | 'unknown';
  /** Its place in the stream; absent where it may have been stored by an earlier try. */
  place?: number;
  answers?: Answer[];
}

export interface DeadLetter {
  readonly commandId: string;
  readonly code: string;
}

/** Notes what is wrong, with a few examples of each kind. */
export class Complaints {
  readonly #counts = new Map<string, number>();
  readonly #examples: string[] = [];

  note(kind: string, text: string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count <= examplesMax) this.#examples.push(`${kind}: ${text}`);
  }

  count(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get examples(): readonly string[] {
    return this.#examples;
  }
}

/** Of each kind: one cause mostly shows many times. */
const examplesMax = 5;
