/** Counts changes in memory and which of them are stored; whoever waits for one is told once it is, or never will be. */

interface Waiter {
  readonly version: number;
  readonly resolve: (isStored: boolean) => void;
}

export class Versions {
  /** The first change is the making of the actor itself. */
  #touched = 1;
  #durable = 0;
  #isClosed = false;
  #waiters: Waiter[] = [];

  get current(): number {
    return this.#touched;
  }
  get isDirty(): boolean {
    return this.#durable < this.#touched;
  }

  touch(): void {
    this.#touched += 1;
  }

  /** Resolves true once every change so far is stored; false when nothing will be stored any more. */
  committed(): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    if (!this.isDirty) return Promise.resolve(true);
    return new Promise((resolve) => this.#waiters.push({ version: this.#touched, resolve }));
  }

  /** Everything up to `version` is stored. */
  stored(version: number): void {
    this.#durable = version;
    const open = this.#waiters.filter((waiter) => waiter.version <= version);
    this.#waiters = this.#waiters.filter((waiter) => waiter.version > version);
    for (const waiter of open) waiter.resolve(true);
  }

  close(): void {
    this.#isClosed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(false);
  }
}
