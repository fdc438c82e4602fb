/** What `top` knows: the fleet as last read, and what the person at the keys has chosen. */
import type { CommandHead } from '../../../actors/explain/shape.ts';
import type { Row } from '../../../actors/steps/step.ts';
import type { FeedState, RowsPage, Sort } from '../../inspector/api.ts';
import type { Entry } from '../../inspector/index/entry.ts';
import { shownRow } from '../../inspector/index/entry.ts';
import { parseQuery } from '../../inspector/index/query.ts';
import { QueryProblem } from '../../inspector/index/query-problem.ts';

/** The fleet at one moment. */
export interface Board {
  /** All that the query selects, in order. */
  readonly entries: readonly Entry[];
  /** Of everything in scope, whatever the filter. */
  readonly total: number;
  readonly counts: Pick<RowsPage['facets'], 'severity' | 'kind'>;
  /** The resource whose pane is open, also where the filter leaves it out. */
  readonly focus: Row | undefined;
  readonly feed: FeedState;
  /** Why the stream cannot be read; empty while it can. */
  readonly trouble: string;
  /** Newest change, wall time; 0 when none. */
  readonly asOfMs: number;
  /** When it was read, wall time. */
  readonly nowMs: number;
}

/** The pane of one resource. */
export interface Detail {
  readonly actor: string;
  /** Step it was read after. */
  readonly seq: number;
  /** Lines of the chart's outline, painted. */
  readonly outline: readonly string[];
  readonly commands: readonly CommandHead[];
  /** What could not be read, and why. */
  readonly problems: readonly string[];
}

/** Lines of the pane besides outline, commands and problems. */
export const paneHeads = 5;

export interface TopState {
  readonly board: Board;
  /** URL and name of the server. */
  readonly server: string;
  /** What is looked at, for people: `namespace default`. */
  readonly scope: string;
  /** Terms that always hold; empty for all namespaces. */
  readonly scopeQuery: string;
  readonly query: string;
  /** The query under way; undefined while none is typed. */
  readonly typed: string | undefined;
  /** What is wrong with what is typed; empty when nothing is. */
  readonly problem: string;
  readonly sort: Sort;
  readonly isPaused: boolean;
  readonly view: 'list' | 'detail' | 'help';
  /** Actor; empty as long as nobody chose one, and then the first line is the selected one. */
  readonly chosen: string;
  /** Line of the selected row. */
  readonly at: number;
  readonly detail: Detail | undefined;
  /** First line of the pane that is shown. */
  readonly scrolled: number;
  readonly end: 'quit' | 'interrupted' | undefined;
}

export interface Opening {
  readonly server: string;
  readonly scope: string;
  readonly scopeQuery: string;
  readonly query: string;
}

const nothing: Board = {
  ...{ entries: [], total: 0, counts: { severity: {}, kind: {} }, trouble: '' },
  focus: undefined,
  feed: { status: 'reconnecting', sinceMs: 0, lag: 0 },
  ...{ asOfMs: 0, nowMs: 0 },
};

export const openingState = (opening: Opening): TopState => ({
  ...opening,
  ...{ board: nothing, typed: undefined, problem: '', sort: 'severity', isPaused: false },
  ...{ view: 'list', chosen: '', at: 0, detail: undefined, scrolled: 0, end: undefined },
});

/** For the index: what is asked, within the scope. */
export const queryOf = ({ scopeQuery, query }: Pick<TopState, 'scopeQuery' | 'query'>): string =>
  `${scopeQuery} ${query}`.trim();

/** What is wrong with a query; empty when nothing is. Columns count in what was typed. */
export function problemOf(scopeQuery: string, query: string): string {
  try {
    parseQuery(query);
    parseQuery(queryOf({ scopeQuery, query }));
    return '';
  } catch (thrown) {
    if (thrown instanceof QueryProblem) return thrown.message;
    throw thrown;
  }
}

/** The selection stays on its actor; where that has gone, on its line. */
export function withBoard(state: TopState, board: Board): TopState {
  const found =
    state.chosen === '' ? 0 : board.entries.findIndex(({ row }) => row.actor === state.chosen);
  const at = found >= 0 ? found : Math.max(0, Math.min(state.at, board.entries.length - 1));
  return { ...state, board, at };
}

/** What was read for a pane that is no longer open is left out. */
export const withDetail = (state: TopState, detail: Detail): TopState =>
  state.view === 'list' || detail.actor !== state.chosen ? state : { ...state, detail };

/** As shown: one that is stuck says so. */
export function selectedRow({ board, at }: TopState): Row | undefined {
  const entry = board.entries[at];
  return entry && shownRow(entry, board.nowMs);
}
