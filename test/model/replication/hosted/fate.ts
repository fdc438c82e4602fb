/** When a process dies: at a boundary counted from its start, on either side of a store write or of a call that changes something. */
import type { RecordStore } from '../../../../actors/ports.ts';
import type { Sessions } from '../../../../src/aws/session.ts';

export class Fate {
  #isAlive = true;
  /** Names of the boundaries reached, in order. */
  readonly reached: string[] = [];
  #dieAt: number | undefined;
  readonly #onDeath: (boundary: string) => void;

  /** @param dieAt  index of the boundary at which it ends; never when undefined */
  constructor(dieAt: number | undefined, onDeath: (boundary: string) => void = () => undefined) {
    this.#dieAt = dieAt;
    this.#onDeath = onDeath;
  }

  /** A method: what it tells changes over an await. */
  isAlive(): boolean {
    return this.#isAlive;
  }

  /** Passes a boundary, or ends here: then the promise stays open for ever, as everything of a dead process does. */
  async pass(boundary: string): Promise<void> {
    if (!this.#isAlive) return never();
    this.reached.push(boundary);
    if (this.reached.length - 1 !== this.#dieAt) return;
    this.#isAlive = false;
    this.#onDeath(boundary);
    return never();
  }

  /** The so-manieth boundary from now is the last one, 0 the next. */
  endAfter(boundaries: number): void {
    this.#dieAt = this.reached.length + boundaries;
  }

  kill(): void {
    this.#isAlive = false;
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

const isRead = (name: string): boolean => name.startsWith('describe');

/** The calls of one process: those that change something have a boundary on each side. */
export const fatedCalls = (ec2: Sessions['ec2'], fate: Fate): Sessions['ec2'] => {
  const calls = async (scope: never, name: string, input: never): Promise<unknown> => {
    if (!fate.isAlive()) return never();
    if (!isRead(name)) await fate.pass(`before ${name}`);
    try {
      // One name goes with its own input; through a variable the compiler cannot follow that.
      const reply = await (ec2 as (...given: unknown[]) => Promise<unknown>)(scope, name, input);
      if (!isRead(name)) await fate.pass(`after ${name}`);
      return fate.isAlive() ? reply : await never();
    } catch (thrown) {
      if (!fate.isAlive()) return never();
      throw thrown;
    }
  };
  return calls as unknown as Sessions['ec2'];
};

export const fatedStore = (store: RecordStore, fate: Fate): RecordStore => ({
  load: async (key) => (fate.isAlive() ? store.load(key) : never()),
  write: async (key, bytes, revision) => {
    await fate.pass('before a write');
    const outcome = await store.write(key, bytes, revision);
    await fate.pass('after a write');
    return outcome;
  },
  scan: (partitions) => store.scan(partitions),
});
