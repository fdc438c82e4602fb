/** States of `top` for tests: a fleet in memory, and pens. */
import type { Row } from '../../../../actors/steps/step.ts';
import { styleFor } from '../../../../src/cli/style.ts';
import type { Pen } from '../../../../src/cli/top/pen.ts';
import { openingState, queryOf, withBoard } from '../../../../src/cli/top/state.ts';
import type { Board, TopState } from '../../../../src/cli/top/state.ts';
import { FleetIndex } from '../../../../src/inspector/index/fleet-index.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';
import { rowOf, startMs } from '../../inspector/made-fleet.ts';
import { fakeTerminal } from '../fake-terminal.ts';

export const nowMs = startMs + 3_600_000;

export const fleet: readonly Row[] = [
  rowOf('cluster/prod/web', 1, { sinceMs: nowMs - 4 * 86_400_000 }),
  rowOf('cluster/prod/shop', 2, {
    ...{ severity: 'changing', state: 'running.upgrading.agents', sinceMs: nowMs - 60_000 },
    ...{ reason: 'agents 4/5', expectedMs: 240_000 },
  }),
  rowOf('cluster/test/c-9', 3, {
    ...{ severity: 'failing', state: 'failed.retryable', sinceMs: nowMs - 7_200_000 },
    reason: 'QuotaExceeded, attempt 3/6, next 12:04:10; vCPU limit of the account is 32, needed 40',
  }),
  rowOf('replication/prod/db-1', 4, { severity: 'unknown', state: 'replica.following' }),
];

/** What the runner does: reads again what the state asks for. */
export function boardOf(rows: readonly Row[], state: TopState): Board {
  const index = new FleetIndex(new ManualClock(nowMs));
  index.load(rows, nowMs - 3_000);
  const { entries } = index.listing(queryOf(state), state.sort);
  const scope = index.listing(state.scopeQuery, 'severity');
  return {
    ...{ entries, total: scope.entries.length, counts: scope.facets(), trouble: '' },
    focus: state.view === 'list' ? undefined : index.row(state.chosen),
    feed: { status: 'live', sinceMs: 0, lag: 0 },
    ...{ asOfMs: nowMs - 3_000, nowMs },
  };
}

export function shown(rows: readonly Row[] = fleet, more: Partial<TopState> = {}): TopState {
  const server = 'nats://127.0.0.1:4222 test 2.12.0';
  const opening = { server, scope: 'all namespaces', scopeQuery: '', query: '' };
  const state = { ...openingState(opening), ...more };
  return withBoard(state, boardOf(rows, state));
}

const penOf = (env: Readonly<Record<string, string>>, isTty = true): Pen => ({
  style: styleFor(fakeTerminal({ isTty, env }), 'out'),
  isAscii: env['LANG'] !== 'C.UTF-8',
});
export const plainPen = penOf({ LANG: 'C.UTF-8', NO_COLOR: '1' });
export const asciiPen = penOf({ LANG: 'C', NO_COLOR: '1' });
export const colourPen = penOf({ LANG: 'C.UTF-8' });
