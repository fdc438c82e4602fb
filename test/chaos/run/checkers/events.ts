/** Published events: each id once and with one meaning, numbered without a gap, as many as the record says. */
import { createHash } from 'node:crypto';
import type { Complaints } from './books.ts';
import type { Life } from './records.ts';

interface Told {
  readonly digest: string;
}

export class EventBook {
  readonly #complaints: Complaints;
  /** By uid, then by number. */
  readonly #told = new Map<string, Map<number, Told>>();
  total = 0;
  /** Same id, same meaning: readers fold them. */
  repeats = 0;

  constructor(complaints: Complaints) {
    this.#complaints = complaints;
  }

  note(body: string): void {
    const { id } = JSON.parse(body) as { readonly id?: string };
    const [, uid, number] = /^(.+)\/(\d+)$/.exec(id ?? '') ?? [];
    this.total += 1;
    if (uid === undefined) return; // Of a host, not of an actor: nothing counts them.
    const ofUid = this.#told.get(uid) ?? new Map<number, Told>();
    this.#told.set(uid, ofUid);
    const digest = createHash('sha256').update(body).digest('hex');
    const before = ofUid.get(Number(number));
    if (before === undefined) ofUid.set(Number(number), { digest });
    else if (before.digest === digest) this.repeats += 1;
    else this.#complaints.note('event', `${String(id)} has two meanings`);
  }

  /** At the end, when nothing waits to be published. */
  judge(lives: ReadonlyMap<string, Life>): void {
    for (const [uid, told] of this.#told)
      for (let number = 1; number <= Math.max(...told.keys()); number += 1)
        if (!told.has(number)) this.#complaints.note('event', `${uid}/${number} was never told`);
    for (const { actor, uid, events, unpublished } of lives.values()) {
      const told = this.#told.get(uid);
      const last = told === undefined ? 0 : Math.max(...told.keys());
      if (unpublished === 0 && last !== events)
        this.#complaints.note(
          'event',
          `${actor} (${uid}) made ${events} events, ${last} were told`,
        );
    }
  }
}
