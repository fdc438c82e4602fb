/** Inclusive lower and exclusive upper bound. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * A number from the range that depends on the seed and the key only: the order of concurrent requests and a restart
 * of the process do not change what a key draws.
 */
export type Draw = (key: string, range: Range) => number;

export function createDraw(seed: number): Draw {
  return (key, range) => range.min + fraction(`${String(seed)}:${key}`) * (range.max - range.min);
}

/** FNV-1a over the text, then a final mix so that neighbouring keys spread over the whole interval. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
