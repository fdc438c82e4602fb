/** Numbers per resource, kept for live ones only; beyond a bound all share one series. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import type { MetricReading } from './metric-names.ts';

export interface ResourceLabels {
  readonly [label: string]: string;
  readonly namespace: string;
  readonly name: string;
}

const others: ResourceLabels = { namespace: '_other', name: '_other' };

interface Series<Tally> {
  readonly labels: ResourceLabels;
  readonly tally: Tally;
}

/** Who gets a series of its own keeps it until it is deleted; what was shared stays shared. */
export class ResourceSeries<Tally> {
  readonly #make: () => Tally;
  readonly #max: () => number;
  readonly #own = new Map<string, Series<Tally>>();
  readonly #shared: Series<Tally>;
  readonly #sharing = new Set<string>();
  #isShared = false;

  /** @param max  series of their own; asked when a resource is seen first */
  constructor(max: () => number, make: () => Tally) {
    this.#max = max;
    this.#make = make;
    this.#shared = { labels: others, tally: make() };
  }

  /** Of a live resource; made when it is seen first. */
  add(key: ResourceKey): Series<Tally> {
    const text = keyText(key);
    const known = this.#own.get(text);
    if (known !== undefined) return known;
    if (this.#sharing.has(text) || this.#own.size >= this.#max()) {
      this.#sharing.add(text);
      return this.#share();
    }
    const { namespace, name } = key;
    const made = { labels: { namespace, name }, tally: this.#make() };
    this.#own.set(text, made);
    return made;
  }

  /** Of a resource that may not be there: those share. */
  find(key: ResourceKey): Series<Tally> {
    return this.#own.get(keyText(key)) ?? this.#share();
  }

  remove(key: ResourceKey): void {
    this.#own.delete(keyText(key));
    this.#sharing.delete(keyText(key));
  }

  /** The shared one is among them once it was used. */
  list(): readonly Series<Tally>[] {
    return this.#isShared ? [...this.#own.values(), this.#shared] : [...this.#own.values()];
  }

  #share(): Series<Tally> {
    this.#isShared = true;
    return this.#shared;
  }
}

/** How gauges of several resources become one: counts are added, of all else the worst stands. */
export type Merging = 'sum' | 'max' | 'min';

/** One reading for each metric and set of labels. */
export function merged(
  readings: readonly MetricReading[],
  how: (metric: MetricReading['metric']) => Merging,
): MetricReading[] {
  const found = new Map<string, MetricReading>();
  for (const reading of readings) {
    const id = `${reading.metric} ${Object.values(reading.labels ?? {}).join('\u0000')}`;
    const before = found.get(id);
    const value =
      before === undefined
        ? reading.value
        : combine(how(reading.metric), before.value, reading.value);
    found.set(id, { ...reading, value });
  }
  return [...found.values()];
}

function combine(how: Merging, left: number, right: number): number {
  if (how === 'sum') return left + right;
  return how === 'max' ? Math.max(left, right) : Math.min(left, right);
}
