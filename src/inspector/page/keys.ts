/** The keyboard. Parts of the page say what a key does while they are there; letters typed into a field stay text. */
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface KeyRow {
  readonly keys: string;
  readonly does: string;
}

/** As the help dialog lists them. */
export const keyRows: readonly KeyRow[] = [
  { keys: '/', does: 'filter the list' },
  { keys: 'j k', does: 'next, previous actor' },
  { keys: 'Enter', does: 'open the actor' },
  { keys: 'e', does: 'send a command' },
  { keys: 'w', does: 'why can a command not be sent?' },
  { keys: '[ ]', does: 'step back, step forward' },
  { keys: 'l', does: 'live: back to the present' },
  { keys: 'p', does: 'pause what comes in' },
  { keys: 'c', does: 'copy as a command line' },
  { keys: 'o', does: 'overview or whole chart; Esc goes back to the overview' },
  { keys: '+ - 0', does: 'zoom in, zoom out, fit the chart' },
  {
    keys: 'g, then a m r b u c h k',
    does: 'Actors, Map, Replications, Breakers, Audit, Commands, Health, KPI',
  },
  { keys: 'Ctrl-K', does: 'go anywhere, do anything' },
  { keys: '?', does: 'this list' },
];

const CHORD_MS = 1500;

type Action = () => void;
const actions = new Map<string, Action[]>();
let chordUntilMs = 0;

/**
 * Names of `KeyboardEvent.key`; `g a` for two in a row, `Ctrl-K` with the control or command key.
 * They hold from the moment the component is in the document, so that a key pressed on sight is not lost. The last one said wins.
 */
export function useKeys(map: Readonly<Record<string, Action>>): void {
  const latest = useRef(map);
  latest.current = map;
  const keys = Object.keys(map);
  useLayoutEffect(() => {
    const own = keys.map((key) => [key, () => latest.current[key]?.()] as const);
    for (const [key, action] of own) actions.set(key, [...(actions.get(key) ?? []), action]);
    return () => {
      for (const [key, action] of own)
        actions.set(key, actions.get(key)?.filter((other) => other !== action) ?? []);
    };
  }, [keys.join('\n')]);
}

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.altKey) return;
    const name = nameOf(event);
    if (name !== 'Ctrl-K' && (isTyping(event.target) || isInDialog(event.target))) return;
    if (name === 'Enter' && isPressable(event.target)) return;
    const action = actions.get(name)?.at(-1);
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

function nameOf(event: KeyboardEvent): string {
  if (event.ctrlKey || event.metaKey) return `Ctrl-${event.key.toUpperCase()}`;
  const isChord = Date.now() < chordUntilMs;
  chordUntilMs = event.key === 'g' && !isChord ? Date.now() + CHORD_MS : 0;
  return isChord ? `g ${event.key}` : event.key;
}

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    (target.matches('input, textarea, select') &&
      !target.matches('[type=range], [type=checkbox]')));

/** What Enter presses by itself. */
const isPressable = (target: EventTarget | null) =>
  target instanceof Element && target.closest('a[href], button, summary, [role=button]') !== null;

const isInDialog = (target: EventTarget | null) =>
  target instanceof Element && target.closest('dialog') !== null;
