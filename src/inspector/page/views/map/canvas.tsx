/** The drawn map: a canvas as large as its pane, behind it the whole height to scroll, titles as links above. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { theme } from '../../theme-choice.ts';
import { cellAt, cornerOf, layOut, moved, moves, TITLE_HEIGHT } from './geometry.ts';
import type { MapLayout, Move } from './geometry.ts';
import { paint, pixelOf } from './paint.ts';
import type { Palette } from './paint.ts';
import type { FleetMap } from './parse.ts';

interface Props {
  readonly map: FleetMap;
  readonly isShown: readonly boolean[];
  /** Cell under pointer or cursor, counted through all groups; -1 for none. */
  readonly at: number;
  readonly onAt: (index: number) => void;
  readonly onOpen: (index: number) => void;
}

const MARGIN = 16;
const HEALTHY_ALPHA = 170;

export function MapCanvas({ map, isShown, at, onAt, onOpen }: Props) {
  const pane = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const width = Math.max(0, size.width - 2 * MARGIN);
  const layout = layOut(map.groups, width);
  const draw = () => drawPart(pane.current, canvas.current, { map, layout, isShown });

  useEffect(() => {
    const { current } = pane;
    if (!current) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: current.clientWidth, height: current.clientHeight }),
    );
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  const shownNow = isShown.join();
  const chosenTheme = theme.value;
  useLayoutEffect(draw, [map, size, shownNow, chosenTheme]);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    query.addEventListener('change', draw);
    return () => query.removeEventListener('change', draw);
  });

  const indexUnder = (event: MouseEvent): number => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box || !pane.current) return -1;
    return cellAt(
      layout,
      event.clientX - box.left,
      event.clientY - box.top + scrolled(pane.current),
    );
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== pane.current || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && at >= 0) onOpen(at);
    else if (moves.includes(event.key)) {
      const next = moved(layout, at, event.key as Move);
      onAt(next);
      scrollTo(pane.current, layout, next);
    } else return;
    event.preventDefault();
  };
  const corner = at < 0 ? undefined : cornerOf(layout, at);
  return (
    <div
      ref={pane}
      class="map-pane"
      tabIndex={0}
      role="application"
      aria-roledescription="map"
      aria-label={`${map.total} actors, one cell each. Arrow keys move from cell to cell, Enter opens the actor.`}
      aria-describedby="map-readout"
      onKeyDown={onKeyDown}
      onScroll={draw}
      onPointerMove={(event) => {
        if (event.pointerType !== 'touch') onAt(indexUnder(event));
      }}
      onPointerUp={(event) => {
        // A finger has no pointer to look with: it looks first, and opens by the link below.
        if (event.pointerType === 'touch') onAt(indexUnder(event));
      }}
      onClick={(event) => {
        const index = indexUnder(event);
        if ((event as unknown as PointerEvent).pointerType !== 'touch' && index >= 0) onOpen(index);
      }}
    >
      <div class="map-room" style={{ height: `${layout.height + 2 * MARGIN}px` }}>
        <canvas
          ref={canvas}
          aria-hidden="true"
          style={{ width: `${width}px`, height: `${Math.max(0, size.height - 2 * MARGIN)}px` }}
        />
        {layout.blocks.map((block) => (
          <a
            key={block.q}
            class="map-title"
            href={`/actors?q=${encodeURIComponent(block.q)}`}
            style={{
              ...{ left: `${block.x + MARGIN}px`, top: `${block.y + MARGIN}px` },
              width: `${block.columns * layout.pitch - 1}px`,
            }}
          >
            <span>{block.name === '' ? 'all' : block.name}</span>{' '}
            <b>{block.count.toLocaleString('en')}</b>
          </a>
        ))}
        {corner && (
          <span
            class="map-cursor"
            style={{
              ...{ left: `${corner.x + MARGIN - 2}px`, top: `${corner.y + MARGIN - 2}px` },
              ...{ width: `${layout.cell + 4}px`, height: `${layout.cell + 4}px` },
            }}
          />
        )}
      </div>
    </div>
  );
}

/** The canvas stays where it is while the pane scrolls: so much of the map is above it. */
const scrolled = (pane: HTMLElement): number => pane.scrollTop;

function scrollTo(pane: HTMLElement | null, layout: MapLayout, index: number): void {
  const corner = cornerOf(layout, index);
  if (!pane || !corner) return;
  const above = corner.y - TITLE_HEIGHT;
  const below = corner.y + layout.pitch + 2 * MARGIN - pane.clientHeight;
  if (above < pane.scrollTop) pane.scrollTop = above;
  else if (below > pane.scrollTop) pane.scrollTop = below;
}

interface Drawing {
  readonly map: FleetMap;
  readonly layout: MapLayout;
  readonly isShown: readonly boolean[];
}

function drawPart(
  pane: HTMLElement | null,
  canvas: HTMLCanvasElement | null,
  { map, layout, isShown }: Drawing,
): void {
  const context = canvas?.getContext('2d');
  if (!pane || !canvas || !context) return;
  const scale = Math.max(1, Math.round(devicePixelRatio));
  const width = Math.max(1, layout.width * scale);
  const height = Math.max(1, (pane.clientHeight - 2 * MARGIN) * scale);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  performance.mark('map');
  const picture = imageFor(context, width, height);
  const pixels = new Uint32Array(picture.data.buffer);
  const top = Math.round(scrolled(pane));
  paint(pixels, width, height, {
    ...{ layout, cells: map.cells, palette: paletteNow(pane) },
    top,
    scale,
    isShown,
  });
  context.putImageData(picture, 0, 0);
  // For whoever measures a frame: the work of the newest one.
  performance.clearMeasures('map');
  performance.measure('map', 'map');
  performance.clearMarks('map');
}

/** Some megabytes: made anew only for another size. */
let image: ImageData | undefined;

function imageFor(context: CanvasRenderingContext2D, width: number, height: number): ImageData {
  if (image?.width !== width || image.height !== height)
    image = context.createImageData(width, height);
  return image;
}

/** The tokens of the theme, by code of severity. */
function paletteNow(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const colourOf = (token: string) => style.getPropertyValue(token);
  const colours = ['--error', '--amber', '--accent', '--muted'].map(colourOf);
  return {
    // What is well steps back a little.
    ink: colours.map((colour, code) => pixelOf(colour, code === 2 ? HEALTHY_ALPHA : 255)),
    ground: [pixelOf(colourOf('--panel')), pixelOf(colours[1] ?? '', 80), 0, 0],
  };
}
