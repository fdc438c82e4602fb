/** Which part of a drawing is to be seen: moved by drag, wheel and keys. Sizes in px; `k` is the zoom. */
import type { Box } from '../../chart/model.ts';

export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly k: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const MARGIN = 24;
const ZOOM_MIN = 0.12;
const ZOOM_MAX = 2.5;
/** Below this the words of a whole chart cannot be read: its active part is shown instead. */
const READABLE = 0.55;

const bounded = (k: number) => Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, k));

export function fitted(drawing: Size, pane: Size): Viewport {
  const k = bounded(
    Math.min(
      1.15,
      (pane.width - 2 * MARGIN) / drawing.width,
      (pane.height - 2 * MARGIN) / drawing.height,
    ),
  );
  return {
    k,
    x: (pane.width - drawing.width * k) / 2,
    y: (pane.height - drawing.height * k) / 2,
  };
}

/** A part of the drawing as large as it fits. */
export const fittedTo = (box: Box, pane: Size): Viewport =>
  centred({ x: 0, y: 0, k: fitted(box, pane).k }, pane, box);

/** The whole drawing when its words can be read, else what is around the box when that can be, else the box. */
export function begun(
  drawing: Size,
  pane: Size,
  box: Box | undefined,
  around: Box | undefined,
): Viewport {
  const whole = fitted(drawing, pane);
  if (whole.k >= READABLE || box === undefined) return whole;
  if (around !== undefined && fitted(around, pane).k >= READABLE) return fittedTo(around, pane);
  return bounds(centred({ ...whole, k: 0.8 }, pane, box), drawing, pane);
}

export function centred({ k }: Viewport, pane: Size, box: Box): Viewport {
  return {
    k,
    x: pane.width / 2 - (box.x + box.width / 2) * k,
    y: pane.height / 2 - (box.y + box.height / 2) * k,
  };
}

/** No more empty space at a side than the margin, where the drawing is larger than the pane. */
function bounds({ x, y, k }: Viewport, drawing: Size, pane: Size): Viewport {
  const within = (at: number, length: number, room: number) =>
    length * k + 2 * MARGIN <= room
      ? (room - length * k) / 2
      : Math.min(MARGIN, Math.max(room - length * k - MARGIN, at));
  return { k, x: within(x, drawing.width, pane.width), y: within(y, drawing.height, pane.height) };
}

/** The point under the pointer stays where it is. */
export function zoomed(
  view: Viewport,
  by: number,
  at: { readonly x: number; readonly y: number },
): Viewport {
  const k = bounded(view.k * by);
  const ratio = k / view.k;
  return { k, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio };
}

export function isVisible({ x, y, k }: Viewport, pane: Size, box: Box): boolean {
  const left = box.x * k + x;
  const top = box.y * k + y;
  return (
    left >= 0 &&
    top >= 0 &&
    left + box.width * k <= pane.width &&
    top + box.height * k <= pane.height
  );
}
