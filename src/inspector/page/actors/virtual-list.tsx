/** A list of which only what is on the screen is in the document. Rows are of one height. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

const OVERSCAN = 6;

interface Props {
  readonly label: string;
  readonly total: number;
  /** px */
  readonly rowHeight: number;
  /** This row is kept on the screen when it changes; -1 for none. */
  readonly cursor: number;
  readonly onWindow: (first: number, count: number) => void;
  readonly row: (index: number) => ComponentChildren;
}

export function VirtualList({ label, total, rowHeight, cursor, onWindow, row }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const first = Math.max(0, Math.floor(view.top / rowHeight) - OVERSCAN);
  const count = Math.min(total - first, Math.ceil(view.height / rowHeight) + 2 * OVERSCAN);
  const measure = () => {
    const { current } = box;
    if (current) setView({ top: current.scrollTop, height: current.clientHeight });
  };
  useLayoutEffect(measure, []);
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  // Before the paint: an effect would ask a frame or two later.
  useLayoutEffect(() => onWindow(first, Math.max(1, count)));
  useEffect(() => {
    const { current } = box;
    if (!current || cursor < 0) return;
    const top = cursor * rowHeight;
    if (top < current.scrollTop) current.scrollTop = top;
    else if (top + rowHeight > current.scrollTop + current.clientHeight)
      current.scrollTop = top + rowHeight - current.clientHeight;
  }, [cursor, rowHeight]);
  return (
    <div ref={box} class="list-box" onScroll={measure} tabIndex={0} role="group" aria-label={label}>
      <ul style={{ height: `${total * rowHeight}px` }}>
        {Array.from({ length: Math.max(0, count) }, (_, offset) => first + offset).map((index) => (
          <li
            key={index}
            aria-setsize={total}
            aria-posinset={index + 1}
            style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
          >
            {row(index)}
          </li>
        ))}
      </ul>
    </div>
  );
}
