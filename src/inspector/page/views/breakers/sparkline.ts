/** Failure ratios of a breaker over the time this page looks at it, and the line they make. */

export interface Sample {
  readonly atMs: number;
  /** 0 to 1; null when there were no calls. */
  readonly ratio: number | null;
}

/** Ten minutes at one look in five seconds. */
const SAMPLES_MAX = 120;
const KEYS_MAX = 1000;

/** Kept while the page is, so that a view that is opened again goes on with what it has seen. */
const kept = new Map<string, readonly Sample[]>();

/** @returns all that is known of this key, the new one included, oldest first */
export function remember(key: string, sample: Sample): readonly Sample[] {
  const before = kept.get(key) ?? [];
  if (before.at(-1)?.atMs === sample.atMs) return before;
  const samples = [...before, sample].slice(-SAMPLES_MAX);
  if (!kept.has(key) && kept.size >= KEYS_MAX) kept.clear();
  kept.set(key, samples);
  return samples;
}

/**
 * Path of an SVG line. The newest is at the right edge, `spanMs` before it at the left; the line breaks where there were no
 * calls and where nobody looked for `gapMs`.
 */
export function sparkPath(
  samples: readonly Sample[],
  size: { readonly width: number; readonly height: number },
  { spanMs, gapMs }: { readonly spanMs: number; readonly gapMs: number },
): string {
  const endMs = samples.at(-1)?.atMs ?? 0;
  const parts: string[] = [];
  let before: Sample | undefined;
  for (const sample of samples) {
    const { atMs, ratio } = sample;
    if (endMs - atMs > spanMs) continue;
    if (ratio !== null) {
      const x = size.width * (1 - (endMs - atMs) / spanMs);
      const y = 1 + (size.height - 2) * (1 - ratio);
      const isJoined = before !== undefined && before.ratio !== null && atMs - before.atMs <= gapMs;
      // A short line of its own, so that a lone look can be seen.
      parts.push(
        isJoined ? `L${short(x)} ${short(y)}` : `M${short(x - 0.5)} ${short(y)}H${short(x)}`,
      );
    }
    before = sample;
  }
  return parts.join('');
}

const short = (length: number): string => String(Math.round(length * 10) / 10);
