/** The drawing in its pane: moved by drag, wheel and keys, and by the actor itself when its active state leaves the screen. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Box, Edge } from '../../chart/model.ts';
import { boxOf } from '../../chart/overview-marks.ts';
import { treeOf } from '../../chart/tree.ts';
import { useKeys } from '../keys.ts';
import type { Drawn } from './charts.ts';
import { Drawing } from './drawing.tsx';
import { marksOf } from './marks.ts';
import type { Moment } from './marks.ts';
import { begun, centred, fitted, fittedTo, isVisible, zoomed } from './viewport.ts';
import type { Size, Viewport } from './viewport.ts';

interface Props {
  readonly drawn: Drawn;
  readonly moment: Moment;
  /** Changes with every step. */
  readonly momentId: string;
  readonly onCommand: (edge: Edge, isEnabled: boolean) => void;
}

const ZOOM_STEP = 1.25;

export function ChartPane({ drawn, moment, momentId, onCommand }: Props) {
  const { chart, layout, overview, parts } = drawn;
  const tree = useMemo(() => treeOf(chart), [chart]);
  /** Undefined for the overview, a state that is looked into, or empty for the active one. */
  const [into, lookInto] = useState<string | undefined>(overview === undefined ? '' : undefined);
  const isOverview = overview !== undefined && into === undefined;
  const drawing: Size = isOverview ? overview : layout;
  const boxFor = (id: string): Box | undefined =>
    isOverview ? overview.nodes[boxOf(tree, overview, id)] : layout.nodes[id];
  const marks = useMemo(() => marksOf(chart, moment), [chart, moment]);
  const pane = useRef<SVGSVGElement>(null);
  const [size, setSize] = useState<Size | undefined>();
  const [view, setView] = useState<Viewport | undefined>();
  const [lit, light] = useState('');
  const leaf = useNewestLeaf(marks.leaves);
  const box = leaf === '' ? undefined : boxFor(leaf);

  useLayoutEffect(() => {
    const element = pane.current;
    if (element === null) return;
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const isSized = size !== undefined;
  useLayoutEffect(() => {
    if (size === undefined) return;
    const wanted = into === undefined || into === '' ? undefined : layout.nodes[into];
    const parent = leaf === '' ? undefined : layout.nodes[tree.node(leaf).parent ?? ''];
    setView(
      isOverview
        ? fitted(drawing, size)
        : wanted === undefined
          ? begun(drawing, size, box, parent)
          : fittedTo(wanted, size),
    );
  }, [layout, isSized, into]);
  useEffect(() => {
    if (size && box)
      setView((now) => (now && !isVisible(now, size, box) ? centred(now, size, box) : now));
  }, [leaf]);

  const zoomBy = (by: number) => {
    if (size) setView((now) => now && zoomed(now, by, { x: size.width / 2, y: size.height / 2 }));
  };
  const fit = () => {
    if (size) setView(fitted(drawing, size));
  };
  useKeys({ '+': () => zoomBy(ZOOM_STEP), '-': () => zoomBy(1 / ZOOM_STEP), '0': fit });
  const goBack = () => lookInto(undefined);
  const unfolding = isOverview ? { o: () => lookInto('') } : { o: goBack, Escape: goBack };
  useKeys(overview === undefined ? {} : unfolding);
  useWheel(pane, (by, at) => setView((now) => now && zoomed(now, by, at)));
  const drag = useDrag((dx, dy) =>
    setView((now) => now && { ...now, x: now.x + dx, y: now.y + dy }),
  );

  const goTo = ({ targets: [target = ''] }: Edge) => {
    const to = target === '' ? undefined : boxFor(target);
    if (to && size) setView((now) => now && centred(now, size, to));
    light(target);
  };
  const lights = {
    marks,
    moment: momentId,
    lit: isOverview && lit !== '' ? boxOf(tree, overview, lit) : lit,
    onCommand: (edge: Edge) => onCommand(edge, marks.commands.get(edge.id) === 'enabled'),
    onPortal: goTo,
    onLight: light,
  };
  return (
    <div class="chart-pane">
      <svg
        ref={pane}
        class="chart"
        // A word of the graphics module of ARIA, which the types do not know.
        role={'graphics-document' as 'document'}
        aria-label={`${isOverview ? 'Overview' : 'Chart'} of ${chart.id}, active: ${[...marks.leaves].join(', ')}`}
        {...drag}
      >
        {view && (
          <g class="chart-ground" transform={`translate(${view.x} ${view.y}) scale(${view.k})`}>
            {isOverview && parts ? (
              <parts.OverviewDrawing
                chart={chart}
                overview={overview}
                {...lights}
                onOpen={lookInto}
              />
            ) : (
              <Drawing drawn={drawn} {...lights} />
            )}
          </g>
        )}
      </svg>
      {parts && (
        <parts.DepthChoice
          names={into ? tree.pathOf(into).map(({ key }) => key) : []}
          isOverview={isOverview}
          onChoice={lookInto}
        />
      )}
      <div class="chart-tools">
        <button
          type="button"
          aria-label="Zoom in"
          title="Zoom in (+)"
          onClick={() => zoomBy(ZOOM_STEP)}
        >
          +
        </button>
        <button
          type="button"
          aria-label="Zoom out"
          title="Zoom out (-)"
          onClick={() => zoomBy(1 / ZOOM_STEP)}
        >
          −
        </button>
        <button type="button" title="The whole chart (0)" onClick={fit}>
          fit
        </button>
        <button
          type="button"
          title="The active state"
          onClick={() => {
            if (size && box)
              setView((now) => now && centred({ ...now, k: Math.max(now.k, 0.8) }, size, box));
          }}
        >
          active
        </button>
      </div>
    </div>
  );
}

/** The active state that was entered last; at first the one in the first region. */
function useNewestLeaf(leaves: ReadonlySet<string>): string {
  const before = useRef<{ leaves: ReadonlySet<string>; newest: string }>({
    leaves: new Set(),
    newest: '',
  });
  const last = before.current;
  if (last.leaves !== leaves) {
    const entered = [...leaves].find((id) => !last.leaves.has(id));
    const stays = leaves.has(last.newest) ? last.newest : ([...leaves][0] ?? '');
    before.current = { leaves, newest: entered ?? stays };
  }
  return before.current.newest;
}

/** Not by the attribute: the browser would take that listener for one that never keeps the page from scrolling. */
function useWheel(
  pane: { readonly current: SVGSVGElement | null },
  zoom: (by: number, at: { readonly x: number; readonly y: number }) => void,
): void {
  useEffect(() => {
    const element = pane.current;
    if (element === null) return;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY * 0.0016), { x: event.clientX - left, y: event.clientY - top });
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, []);
}

/** A press that hardly moves stays a click. */
const CLICK_PX = 3;

function useDrag(move: (dx: number, dy: number) => void) {
  const from = useRef<{ x: number; y: number; isDrag: boolean } | undefined>(undefined);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button === 0) from.current = { x: event.clientX, y: event.clientY, isDrag: false };
    },
    onPointerMove: (event: PointerEvent) => {
      const { current } = from;
      if (current === undefined || event.buttons === 0) return;
      const [dx, dy] = [event.clientX - current.x, event.clientY - current.y];
      if (!current.isDrag && Math.hypot(dx, dy) < CLICK_PX) return;
      if (!current.isDrag) (event.currentTarget as Element).setPointerCapture(event.pointerId);
      from.current = { x: event.clientX, y: event.clientY, isDrag: true };
      move(dx, dy);
    },
    onPointerUp: () => {
      from.current = undefined;
    },
  };
}
