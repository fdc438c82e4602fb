/** The actors of this host that are in memory, whichever partition they are in; those used longest ago leave first. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import type { Resident } from './resident.ts';

export class Memory {
  readonly #max: number;
  /** Most recently used last. */
  readonly #residents = new Map<string, Resident>();

  /** @param max  actors kept in memory while they are idle */
  constructor(max: number) {
    this.#max = max;
  }

  /** It is used now. */
  use(resident: Resident): void {
    const name = keyText(resident.key);
    this.#residents.delete(name);
    this.#residents.set(name, resident);
  }

  /** Forgets it, unless another one has taken its place. */
  drop(resident: Resident): void {
    const name = keyText(resident.key);
    if (this.#residents.get(name) === resident) this.#residents.delete(name);
  }

  find(key: ResourceKey): Resident | undefined {
    return this.#residents.get(keyText(key));
  }

  list(): Resident[] {
    return [...this.#residents.values()];
  }

  /** Asks the actors that were used longest ago to leave memory. */
  makeRoom(): void {
    let surplus = this.#residents.size - this.#max;
    for (const resident of this.#residents.values()) {
      if (surplus <= 0) return;
      surplus -= 1;
      if (resident.mailbox.isIdle()) resident.mailbox.offer({ kind: 'rest' }, true);
    }
  }
}
