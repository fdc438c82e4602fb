/** Follows every stored record: fences only grow, one host writes under a fence, and each command is decided once. */
import { z } from 'zod';
import type { Complaints } from './books.ts';

const shape = z.looseObject({
  key: z.string(),
  uid: z.string(),
  fence: z.int(),
  host: z.string(),
  outbox: z.array(z.unknown()),
  outboxNext: z.int(),
  seen: z.array(z.looseObject({ id: z.string(), code: z.string() })),
  strikes: z.looseObject({ count: z.int() }).nullable(),
  snapshot: z.looseObject({
    context: z.looseObject({ phase: z.string().optional(), lifecycle: z.string().optional() }),
  }),
});

export interface Life {
  /** `kind/namespace/name`. */
  readonly actor: string;
  uid: string;
  fence: number;
  host: string;
  /** Events made so far. */
  events: number;
  /** Events that still wait to be published. */
  unpublished: number;
  strikes: number;
  /** Only its tombstone is left. */
  isGone: boolean;
  /** It was gone at some time, and may have been made anew since. */
  wasGone: boolean;
  /** Command ids in the order they were decided. */
  readonly decided: string[];
  readonly codes: Map<string, string>;
}

export interface Committed {
  readonly actor: string;
  readonly host: string;
  readonly fence: number;
  /** Commands that this record is the first to hold. */
  readonly decided: readonly string[];
}

export class RecordBook {
  readonly #complaints: Complaints;
  readonly #lives = new Map<string, Life>();
  /** Who wrote under which fence of which actor. */
  readonly #writers = new Map<string, string>();

  constructor(complaints: Complaints) {
    this.#complaints = complaints;
  }

  get lives(): ReadonlyMap<string, Life> {
    return this.#lives;
  }

  /** In the order of the bucket. Undefined for what is no record of an actor. */
  note(text: string): Committed | undefined {
    const read = shape.safeParse(JSON.parse(text));
    if (!read.success) {
      this.#complaints.note('unreadable', z.prettifyError(read.error));
      return undefined;
    }
    const { key: actor, uid, fence, host, seen, outbox, outboxNext, strikes } = read.data;
    const { phase, lifecycle } = read.data.snapshot.context;
    const life = this.#lives.get(actor) ?? {
      ...{ actor, uid, fence, host, events: 0, unpublished: 0, strikes: 0 },
      ...{ isGone: false, wasGone: false },
      ...{ decided: [], codes: new Map<string, string>() },
    };
    this.#lives.set(actor, life);
    if (fence < life.fence)
      this.#complaints.note('fence', `${actor}: ${host} wrote under ${fence} after ${life.fence}`);
    const writer = `${actor} ${fence}`;
    const before = this.#writers.get(writer) ?? host;
    if (before !== host)
      this.#complaints.note('fence', `${actor}: ${before} and ${host} both wrote under ${fence}`);
    this.#writers.set(writer, host);
    const decided = this.#decide(life, seen);
    if (life.uid !== uid) life.wasGone = true;
    Object.assign(life, { uid, host, fence: Math.max(fence, life.fence) });
    Object.assign(life, { events: outboxNext - 1, unpublished: outbox.length });
    life.isGone = (lifecycle ?? phase) === 'deleted';
    life.wasGone ||= life.isGone;
    life.strikes = Math.max(life.strikes, strikes?.count ?? 0);
    return { actor, host, fence, decided };
  }

  /** A list keeps its order for ever: an id that moved was decided again. */
  #decide(life: Life, seen: readonly { readonly id: string; readonly code: string }[]): string[] {
    const fresh: string[] = [];
    let lastAt = -1;
    for (const { id, code } of seen) {
      const known = life.codes.get(id);
      if (known === undefined) {
        life.codes.set(id, code);
        life.decided.push(id);
        fresh.push(id);
        lastAt = life.decided.length - 1;
        continue;
      }
      const at = life.decided.lastIndexOf(id);
      if (at < lastAt) this.#complaints.note('doubled', `${life.actor}: ${id} was decided again`);
      if (known !== code)
        this.#complaints.note('doubled', `${life.actor}: ${id} was ${known}, then ${code}`);
      lastAt = Math.max(lastAt, at);
    }
    return fresh;
  }
}

/** A turn that threw was discarded, and counted in the record. */
export function judgeStrikes(lives: ReadonlyMap<string, Life>, complaints: Complaints): void {
  for (const { actor, strikes } of lives.values())
    if (strikes > 0) complaints.note('strikes', `${actor} threw ${strikes} times`);
}
