/** Bounds of `fairlead top`: how often it draws, how long it waits. */

export const topLimits = {
  drawEveryMs: 1_000,
  /** The least that `--interval` may be. */
  drawEveryMinMs: 100,
  /** For one print: how long the stream may take to be read to its end, unless `--timeout` says otherwise. */
  readMs: 15_000,
  /** An escape that nothing follows for so long is the key Esc, not the start of another key. */
  escapeMs: 50,
  /** How often labels are read again, with `-l`. */
  labelsEveryMs: 10_000,
  /** Lines the reason of the selected row may take. */
  reasonLinesMax: 3,
} as const;
