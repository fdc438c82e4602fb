/** Short digests of texts, to see whether two are the same; no protection against somebody who guesses. */

/** 16 hex digits. */
export function digestOf(text: string): string {
  const half = (seed: number): string => fnv1a(text, seed).toString(16).padStart(8, '0');
  return half(0x811c9dc5) + half(0x1000193);
}

function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
