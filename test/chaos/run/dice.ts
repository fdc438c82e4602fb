/** Chance that the seed alone decides: the same seed deals the same orders and faults, whatever the machine does. */

export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** At least 0, below 1 (mulberry32). */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.roll() * (most - least + 1));
  }

  /** @throws Error for an empty list */
  pick<T>(from: readonly T[]): T {
    const found = from[this.between(0, from.length - 1)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((each) => ({ each, at: this.roll() }))
      .sort((one, other) => one.at - other.at)
      .map(({ each }) => each);
  }
}

/** Deals every card once before any comes again, so that a short run meets each kind as soon as it can. */
export class Deck<T> {
  readonly #cards: readonly T[];
  readonly #dice: Dice;
  #left: T[] = [];

  constructor(cards: readonly T[], dice: Dice) {
    this.#cards = cards;
    this.#dice = dice;
  }

  deal(): T {
    if (this.#left.length === 0) this.#left = this.#dice.shuffled(this.#cards);
    const card = this.#left.pop();
    if (card === undefined) throw new Error('the deck has no cards');
    return card;
  }
}
