/** What a key does. Pure: whoever calls reads the fleet again where query, sort or pause have changed. */
import type { Sort } from '../../inspector/api.ts';
import { indexLimits } from '../../../machines/limits-inspector.ts';
import type { Key } from './keys.ts';
import { paneHeads, problemOf } from './state.ts';
import type { Detail, TopState } from './state.ts';

const sorts: readonly Sort[] = ['severity', 'since', 'name', 'state'];

/** @param pageRows  lines that PageUp and PageDown go */
export function keyPressed(state: TopState, key: Key, pageRows: number): TopState {
  if (key === 'ctrl-c') return { ...state, end: 'interrupted' };
  if (state.typed !== undefined) return typing(state, state.typed, key);
  switch (key) {
    case 'q':
      return { ...state, end: 'quit' };
    case 'p':
      return { ...state, isPaused: !state.isPaused };
    case '?':
      return { ...state, view: state.view === 'help' ? 'list' : 'help', scrolled: 0 };
    default:
      return state.view === 'list' ? listKey(state, key, pageRows) : paneKey(state, key, pageRows);
  }
}

function typing(state: TopState, typed: string, key: Key): TopState {
  const now = (text: string): TopState => ({
    ...state,
    typed: text,
    problem: problemOf(state.scopeQuery, text),
  });
  switch (key) {
    case 'escape':
      return { ...state, typed: undefined, problem: '' };
    case 'enter':
      if (state.problem !== '') return state;
      return { ...state, query: typed.trim(), typed: undefined };
    case 'backspace':
      return now(Array.from(typed).slice(0, -1).join(''));
    case 'ctrl-u':
      return now('');
    default:
      if (Array.from(key).length > 1 || typed.length >= indexLimits.queryLengthMax) return state;
      return now(typed + key);
  }
}

function listKey(state: TopState, key: Key, pageRows: number): TopState {
  switch (key) {
    case 'escape':
      return { ...state, end: 'quit' };
    case '/':
      return { ...state, typed: state.query, problem: problemOf(state.scopeQuery, state.query) };
    case 's': {
      const next = sorts[(sorts.indexOf(state.sort) + 1) % sorts.length];
      return { ...state, sort: next ?? 'severity' };
    }
    case 'enter': {
      const actor = state.board.entries[state.at]?.row.actor;
      if (actor === undefined) return state;
      return { ...state, view: 'detail', chosen: actor, detail: undefined, scrolled: 0 };
    }
    default: {
      const by = movement(key, pageRows, state.board.entries.length);
      return by === undefined ? state : moved(state, by);
    }
  }
}

/** The selection sticks to the actor from now on. */
function moved(state: TopState, by: number): TopState {
  const { entries } = state.board;
  const at = Math.max(0, Math.min(entries.length - 1, state.at + by));
  return { ...state, at, chosen: entries[at]?.row.actor ?? '' };
}

function paneKey(state: TopState, key: Key, pageRows: number): TopState {
  if (key === 'escape' || key === 'enter' || key === 'left')
    return { ...state, view: 'list', detail: undefined, scrolled: 0 };
  const lines = state.detail === undefined ? 0 : paneLines(state.detail);
  const by = movement(key, pageRows, lines);
  if (by === undefined) return state;
  const last = Math.max(0, lines - pageRows);
  return { ...state, scrolled: Math.max(0, Math.min(last, state.scrolled + by)) };
}

/** Lines of the pane, as `paneOf` writes them. */
const paneLines = ({ outline, commands, problems }: Detail): number =>
  outline.length + commands.length + problems.length + paneHeads;

function movement(key: Key, pageRows: number, all: number): number | undefined {
  const page = Math.max(1, pageRows);
  const steps: Readonly<Record<string, number>> = {
    ...{ up: -1, k: -1, down: 1, j: 1, pageUp: -page, pageDown: page },
    ...{ home: -all, g: -all, end: all, G: all },
  };
  return Object.hasOwn(steps, key) ? steps[key] : undefined;
}
