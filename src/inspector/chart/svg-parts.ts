/** Parts that drawings of whole charts and of overviews share. */
import { roundedPath } from './geometry.ts';
import { measures } from './measures.ts';
import type { Chart, ChartNode, Layout, PlacedNode } from './model.ts';
import { svgStyle } from './svg-style.ts';
import type { Theme } from './svg-style.ts';
import { textStyles, textWidth } from './text-widths.ts';

/** px around the drawing. */
const margin = 12;

/** The document around the parts of a drawing. */
export function framed(
  chart: Chart,
  size: Pick<Layout, 'width' | 'height'>,
  { title, theme = 'auto' }: { readonly title: string; readonly theme: Theme | undefined },
  parts: readonly string[],
): string {
  const [x, y] = [-margin, -margin];
  const [width, height] = [size.width + 2 * margin, size.height + 2 * margin];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x} ${y} ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(chart.id)}</title>`,
    `<style>${svgStyle(theme)}</style>`,
    arrowHeads,
    `<rect class="bg" x="${x}" y="${y}" width="${width}" height="${height}"/>`,
    ...parts.filter((part) => part !== ''),
    '</svg>',
    '',
  ].join('\n');
}

const arrowHeads = ['arrow', 'error', 'taken', 'flow']
  .map(
    (id) =>
      `<marker id="${id}" class="head ${id}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 1L10 5L0 9z"/></marker>`,
  )
  .join('');

/** Faint ways out of what is inside one state to another one. */
export const flowsSvg = (flows: Layout['flows']): string[] =>
  flows.map((points) => `<path class="flow" d="${roundedPath(points)}" marker-end="url(#flow)"/>`);

export function tagsSvg(
  { tags }: ChartNode,
  { x, y, width }: Pick<PlacedNode, 'x' | 'y' | 'width'>,
): string {
  let right = x + width - 8;
  return tags
    .map((tag) => {
      const size = textWidth(tag, textStyles.tag) + measures.tagPadding;
      const left = right - size;
      right = left - measures.tagGap;
      return `<rect class="tag" x="${left}" y="${y + 6}" width="${size}" height="15" rx="7.5"/><text class="tagtext mid" x="${left + size / 2}" y="${y + 17}">${escaped(tag)}</text>`;
    })
    .join('');
}

export const initialSvg = ({ dot: [x, y], points }: Layout['initials'][string]): string =>
  `<circle class="initial" cx="${x}" cy="${y}" r="5"/><path class="edge" d="${roundedPath(points)}" marker-end="url(#arrow)"/>`;

const signs: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => signs[sign] ?? sign);
