/** How well nodes were installed side by side: the work of all, over what as many workers could have done in that time. */
import type { Measures } from '../machines/cluster-measures.ts';

interface Span {
  readonly startMs: number;
  endMs: number | undefined;
}

const after: ReadonlySet<string> = new Set(['staged', 'joining', 'ready']);

export class Installation {
  readonly #spans = new Map<string, Span>();

  note(nodes: Measures['nodes']): void {
    for (const { slot, phase, sinceMs } of nodes) {
      const span = this.#spans.get(slot);
      if (phase === 'staging' && span === undefined)
        this.#spans.set(slot, { startMs: sinceMs, endMs: undefined });
      else if (span && after.has(phase)) span.endMs ??= sinceMs;
    }
  }

  /** Undefined when no node was seen from its first to its last step. */
  told():
    { nodes: number; durationMs: number; concurrency: number; efficiency: number } | undefined {
    const spans = [...this.#spans.values()].flatMap(({ startMs, endMs }) =>
      endMs === undefined ? [] : [{ startMs, endMs }],
    );
    if (spans.length === 0) return undefined;
    const firstMs = Math.min(...spans.map(({ startMs }) => startMs));
    const durationMs = Math.max(1, Math.max(...spans.map(({ endMs }) => endMs)) - firstMs);
    const concurrency = Math.max(
      ...spans.map(
        ({ startMs: atMs }) =>
          spans.filter(({ startMs, endMs }) => startMs <= atMs && atMs < endMs).length,
      ),
      1,
    );
    const workMs = spans.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    const efficiency = Math.min(1, workMs / (concurrency * durationMs));
    return { nodes: spans.length, durationMs, concurrency, efficiency };
  }
}
