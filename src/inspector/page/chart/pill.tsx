/** The label of a line: event, guard, actions. Of a command of the active state it is a button. */
import { measures } from '../../chart/measures.ts';
import type { Box, Edge } from '../../chart/model.ts';
import { pillGap, pillLines } from '../../chart/wording.ts';
import { pressing } from './pressing.ts';
import { verbOf } from './marks.ts';
import type { CommandSign } from './marks.ts';

interface Props {
  readonly edge: Edge;
  readonly box: Box;
  readonly isTaken: boolean;
  readonly sign: CommandSign | undefined;
  readonly onCommand: (edge: Edge) => void;
}

export function Pill({ edge, box: { x, y, width, height }, isTaken, sign, onCommand }: Props) {
  const lines = pillLines(edge);
  const button =
    sign === undefined ? {} : pressing(commandLabel(edge, sign), () => onCommand(edge));
  return (
    <g class={`pill ${edge.kind} ${sign ?? ''} ${isTaken ? 'taken' : ''}`} {...button}>
      <rect x={x} y={y} width={width} height={height} rx={lines.length === 1 ? height / 2 : 8} />
      {lines.map((parts, index) => (
        <text key={index} x={x + measures.pillSide} y={y + 13.5 + index * measures.pillLine}>
          {parts.map(({ text, style }, at) => (
            <tspan key={style} class={style} dx={at > 0 ? pillGap : 0}>
              {text}
            </tspan>
          ))}
        </text>
      ))}
      {sign === 'blocked' && (
        <text class="blocked-sign" x={x + width - 3} y={y + 4} aria-hidden="true">
          ⊘
        </text>
      )}
    </g>
  );
}

export const commandLabel = (edge: Edge, sign: CommandSign): string =>
  sign === 'enabled' ? `Send ${verbOf(edge)}` : `Why can ${verbOf(edge)} not be sent?`;
