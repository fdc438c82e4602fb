/** How large the parts of a drawing are, in px. */
import type { ChartNode, Edge } from '../chart/model.ts';
import { textStyles, textWidth } from '../chart/text-widths.ts';
import { pillGap, pillLines } from '../chart/wording.ts';
import type { WordedRow } from '../chart/wording.ts';
import { measures } from '../chart/measures.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Without children: the header and the rows below it. */
export function ownSize(node: ChartNode, rows: readonly WordedRow[]): Size {
  if (node.type === 'history') return { width: measures.history, height: measures.history };
  const tags = node.tags.map((tag) => textWidth(tag, textStyles.tag) + measures.tagPadding);
  const header =
    textWidth(node.key, textStyles.name) +
    (node.type === 'parallel' ? measures.parallelSign : 0) +
    tags.reduce((sum, width) => sum + width + measures.tagGap, 0);
  const widest = Math.max(header, ...rows.map(({ text }) => textWidth(text, textStyles.row)));
  const rowsHeight = rows.length === 0 ? 0 : rows.length * measures.row + measures.rowsEnd;
  return {
    width: Math.max(measures.nodeWidth, widest + 2 * measures.side),
    height: Math.max(measures.nodeHeight, measures.header + rowsHeight),
  };
}

/** Of the pill of one edge. */
export function pillSize(edge: Edge): Size {
  const lines = pillLines(edge);
  const widths = lines.map((parts) =>
    parts.reduce(
      (sum, { text, style }) => sum + textWidth(text, textStyles[style]) + pillGap,
      -pillGap,
    ),
  );
  return {
    width: Math.max(...widths) + 2 * measures.pillSide,
    height: measures.pill + (lines.length - 1) * measures.pillLine,
  };
}
