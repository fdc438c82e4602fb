/** Bounds of explanations and dry runs. */
export const explaining = {
  /** Changed paths of a context, and started machines, that one answer lists. */
  changesMax: 200,
  startsMax: 100,
  /** Characters of one value as JSON; what is longer is cut to text. */
  valueCharsMax: 1_000,
} as const;
