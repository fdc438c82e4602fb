/** Bounds of steps: how much is noted in a turn, waits for the stream, and is kept there. */

export const stepLimits = {
  /** Every so many steps of a life the whole image is told instead of a patch. */
  imageEvery: 50,
  /** Machines and events noted of one write; what comes after them is left out. */
  takenMax: 200,
  edgesMax: 100,
  reasonChars: 200,
  /** Steps that wait for the stream, of all actors together. */
  queuedMax: 20_000,
  queuedBytesMax: 64 * 1024 * 1024,
  /** Publishes under way at once; one per actor. */
  publishesMax: 64,
  publishAgainMs: 500,
  /** Steps of one actor that the stream keeps. */
  keptPerActorMax: 2_000,
  keptMs: 30 * 86_400_000,
  keptBytesMax: 512 * 1024 * 1024,
  /** A last step older than this is told again when ownership begins, before its age removes it. */
  retoldAfterMs: 15 * 86_400_000,
  /** Between two tries to read what was told last. */
  lookAgainMs: 2_000,
  /** At the end of a host: for steps that still wait. */
  drainMs: 3_000,
  /** Steps of one page. */
  pageMax: 500,
} as const;
