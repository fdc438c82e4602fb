/** Did-you-mean: the known word nearest to what was written. */

/** Undefined when nothing is within a third of the word's length. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  let best: { text: string; distance: number } | undefined;
  for (const text of known) {
    const distance = editDistance(wanted, text.toLowerCase());
    if (distance <= Math.max(1, Math.floor(text.length / 3)) && distance < (best?.distance ?? 99))
      best = { text, distance };
  }
  return best?.text;
}

function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [at, char] of [...left].entries()) {
    const next = [at + 1];
    for (const [index, other] of [...right].entries())
      next.push(
        Math.min(
          (next[index] ?? 0) + 1,
          (row[index + 1] ?? 0) + 1,
          (row[index] ?? 0) + (char === other ? 0 : 1),
        ),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
