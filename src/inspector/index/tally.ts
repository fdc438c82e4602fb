/** Counts kept while actors come, change and go. */
import type { Severity } from '../../../actors/steps/step.ts';
import { indexLimits } from '../../../machines/limits-inspector.ts';
import type { RowsPage } from '../api.ts';
import type { Entry } from './entry.ts';

export class Tally {
  readonly #severity = new Map<string, number>();
  readonly #kind = new Map<string, number>();
  readonly #namespace = new Map<string, number>();

  add({ kind, namespace }: Entry, severity: Severity, by: 1 | -1): void {
    shift(this.#severity, severity, by);
    shift(this.#kind, kind, by);
    shift(this.#namespace, namespace, by);
  }

  /** From one severity to another; nothing else of an actor ever changes. */
  move(from: Severity, to: Severity): void {
    if (from === to) return;
    shift(this.#severity, from, -1);
    shift(this.#severity, to, 1);
  }

  severity(name: Severity): number {
    return this.#severity.get(name) ?? 0;
  }

  kinds(): Readonly<Record<string, number>> {
    return frequent(this.#kind);
  }

  facets(): RowsPage['facets'] {
    return {
      severity: frequent(this.#severity),
      kind: frequent(this.#kind),
      namespace: frequent(this.#namespace),
    };
  }
}

function shift(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

/** Most frequent first, by name among equals. */
function frequent(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const sorted = [...counts].sort(
    ([left, many], [right, more]) => more - many || (left < right ? -1 : 1),
  );
  return Object.fromEntries(sorted.slice(0, indexLimits.facetValuesMax));
}
