/** A heap: the item that comes before all others stands in front. */

export class BinaryHeap<T> {
  readonly #isBefore: (left: T, right: T) => boolean;
  #items: T[] = [];

  constructor(isBefore: (left: T, right: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    let index = this.#items.length;
    while (index > 0) {
      const up = (index - 1) >> 1;
      const parent = this.#items[up];
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      this.#items[index] = parent;
      index = up;
    }
    this.#items[index] = item;
  }

  /** Takes the first one out. */
  pop(): T | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last, 0);
    return first;
  }

  /** In place of all that is held. */
  refill(items: Iterable<T>): void {
    this.#items = [...items];
    for (let index = (this.#items.length >> 1) - 1; index >= 0; index -= 1) {
      const item = this.#items[index];
      if (item !== undefined) this.#sink(item, index);
    }
  }

  #sink(item: T, from: number): void {
    let index = from;
    for (;;) {
      const child = this.#childOf(index);
      const below = this.#items[child];
      if (below === undefined || !this.#isBefore(below, item)) break;
      this.#items[index] = below;
      index = child;
    }
    this.#items[index] = item;
  }

  /** Index of the child that comes first; past the end when there is none. */
  #childOf(index: number): number {
    const left = 2 * index + 1;
    const [one, other] = [this.#items[left], this.#items[left + 1]];
    if (one === undefined || other === undefined) return left;
    return this.#isBefore(other, one) ? left + 1 : left;
  }
}
