/** Fixed sizes of the drawing in px; layout and drawing agree by them. */
export const measures = {
  header: 26,
  row: 16,
  /** Below the last row. */
  rowsEnd: 6,
  nodeWidth: 84,
  nodeHeight: 36,
  history: 28,
  /** Left and right of header and rows. */
  side: 12,
  /** Left and right of a tag's text, both together. */
  tagPadding: 12,
  tagGap: 6,
  /** For the sign of a parallel state. */
  parallelSign: 16,
  /** Height of a pill with one line. */
  pill: 19,
  /** Each further line of a pill. */
  pillLine: 13,
  pillSide: 8,
  /** Between pills of edges that share a line. */
  pillsGap: 3,
  dot: 10,
  corner: 8,
  /** At least, of a box of an overview that hides states: room for the names of active ones. */
  closedWidth: 150,
  /** Height of a line of words in an overview. */
  wordRow: 18,
  /** Between words. */
  wordGap: 12,
} as const;
