/** Bounds of the inspector: what a page may ask for, how much a stream may hold back, how much is remembered. */

const minuteMs = 60_000;

/** The stream of a page. */
export const feedLimits = {
  streamsMax: 50,
  /** A client that left this much unread is told to read again. */
  unsentBytesMax: 256_000,
  unsentEventsMax: 1_000,
  /** Steps of watched actors kept for clients that come back. */
  ringMax: 10_000,
  /** The same in bytes of text; steps may be of any size. */
  ringBytesMax: 32_000_000,
  /** An actor stays watched this long after its last stream went, so that a reload misses nothing. */
  lingerMs: minuteMs,
  watchedMax: 200,
  countsEveryMs: 1_000,
  /** Counts are sent at least this often, changed or not: they tell how old everything is. */
  countsAtLeastEveryMs: 5_000,
  rowsEveryMs: 250,
  /** Under many changes rows come this seldom at the least often. */
  rowsAtLeastEveryMs: 5_000,
  /** What rows may cost a client; more makes them come less often. With counts it stays below 2 kB/s. */
  rowBytesPerSecond: 1_200,
  heartbeatMs: 15_000,
  /** A client that takes nothing for so long loses its stream. */
  stalledMaxMs: minuteMs,
  /** How often every stream is looked at. */
  tickMs: 250,
  retryMs: 1_000,
  /** Added by chance to `retryMs`, so that clients do not come back all at once. */
  retryJitterMs: 1_000,
} as const;

/** The fleet's index. */
export const indexLimits = {
  queryLengthMax: 500,
  queryTermsMax: 30,
  /** Orders and filtered lists that are kept up to date; the one unused for longest goes first. */
  viewsMax: 64,
  /** A list nobody reads for so long is not patched further. */
  viewIdleMs: 10_000,
  /** Values of one facet that are told, most frequent first. */
  facetValuesMax: 50,
  /** How often lists that depend on the time of day are made again. */
  timeViewMs: 1_000,
  /** A map is made at most this often. */
  mapEveryMs: 1_000,
  /** Groupings whose maps are kept. */
  mapsMax: 16,
} as const;

/** The copy of the index in the state folder. */
export const snapshotLimits = {
  everyMs: 30_000,
  bytesMax: 128_000_000,
  /** Rows written at a time, between which other work may go. */
  rowsPerPiece: 500,
  /** Actors whose last steps are kept in memory and in the copy. */
  recentActorsMax: 20,
  recentStepsMax: 50,
} as const;
