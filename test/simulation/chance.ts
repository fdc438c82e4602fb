/** Chance that a seed decides: the same seed and label give the same numbers, whatever else was drawn. */

const ulidLetters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const ulidTimeChars = 10;
const ulidChanceChars = 16;

export class Chance {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#state = seed | 0;
  }

  /** A stream of its own: what is drawn from it moves nothing here. */
  fork(label: string): Chance {
    return new Chance(mixed(this.#seed, label));
  }

  /** A number in [0, 1); mulberry32. */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  is(share: number): boolean {
    return share > 0 && this.roll() < share;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.roll() * (max - min + 1));
  }

  pick<T>(from: readonly T[]): T {
    const found = from[Math.floor(this.roll() * from.length)];
    if (found === undefined) throw new Error('there is nothing to pick from');
    return found;
  }

  /** One of the names, by their weights. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const rows = Object.entries<number>(weights) as [T, number][];
    let left = this.roll() * rows.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of rows) {
      left -= weight;
      if (left < 0) return name;
    }
    return rows.at(-1)?.[0] ?? this.pick<T>([]);
  }

  ulid(nowMs: number): string {
    let time = '';
    for (let left = nowMs; time.length < ulidTimeChars; left = Math.floor(left / 32))
      time = (ulidLetters[left % 32] ?? '') + time;
    const rest = Array.from(
      { length: ulidChanceChars },
      () => ulidLetters[this.whole(0, ulidLetters.length - 1)] ?? '',
    );
    return time + rest.join('');
  }
}

/** FNV-1a of the label over the seed. */
function mixed(seed: number, label: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (const letter of label) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) | 0;
}
