/** `fairlead describe replication`: both sides, what is under way, what can be lost, and what happened last. */
import { tableText } from '../table.ts';
import { stopwatch, span } from '../duration.ts';
import type { Exit } from '../exit-codes.ts';
import type { Target } from '../kinds.ts';
import { historyColumns, pointColumns } from '../replication-columns.ts';
import {
  lagText,
  lossText,
  msOf,
  operationText,
  phaseOf,
  placeText,
  replicationMood,
  replicationReason,
  replicationState,
  sides,
} from '../replication-view.ts';
import type { ReplicationView, Side } from '../replication-view.ts';
import type { Session } from '../session.ts';
import type { Shell } from '../shell.ts';
import type { Style } from '../style.ts';
import {
  conditionsText,
  headLine,
  joined,
  labelled,
  pairs,
  printDescribed,
  row,
} from './describe.ts';

/** Newest points and moves shown; `points` and `history` tell the rest. */
const pointsShown = 4;
const movesShown = 6;

export const describeReplications = (
  shell: Shell,
  session: Session,
  target: Target,
): Promise<Exit> =>
  printDescribed(shell, session, { ...target, kind: 'replication' }, (view) => textOf(shell, view));

function textOf({ outStyle: style, terminal }: Shell, view: ReplicationView): string {
  const nowMs = terminal.nowMs();
  const { status } = view;
  const lines = [
    headLine(style, 'replication', view),
    row('State', joined(stateText(style, view), replicationReason(view))),
    row('Writer', joined(status?.writer ?? 'unknown', labelled('epoch', status?.epoch))),
    ...sides.map((side) => row(side === 'home' ? 'Home' : 'Away', endpointText(view, side, nowMs))),
    row('Back end', backendText(view)),
    row('Health', joined(status?.health ?? 'unknown', labelled('lag', lagOrNone(view, nowMs)))),
    ...operationLines(view, nowMs),
    row('Loss', lossLine(view, nowMs)),
    row('Risk', riskLine(view, nowMs)),
    row('Last fault', faultLine(view)),
    row('Conditions', conditionsText(view)),
    row('Can', (view.allowedNext ?? []).join(', ')),
    row('Labels', pairs(view.metadata.labels ?? {})),
  ];
  const head = lines.filter((line) => line !== undefined).map((line) => `${line}\n`);
  return head.join('') + pointsText(view, nowMs) + movesText(view);
}

const stateText = (style: Style, view: ReplicationView): string =>
  `${style.symbol(replicationMood(view))} ${replicationState(view)}`;

const lagOrNone = (view: ReplicationView, nowMs: number): string =>
  lagText(view, nowMs) || 'unknown: no recovery point of this epoch yet';

function endpointText(view: ReplicationView, side: Side, nowMs: number): string {
  const {
    writable = 'unknown',
    sinceMs,
    observedAt,
    progress,
  } = view.status?.endpoints?.[side] ?? {};
  const [since, seen] = [msOf(sinceMs), msOf(observedAt)];
  return joined(
    phaseOf(view, side),
    `writable ${writable}`,
    since === undefined ? '' : `since ${span(nowMs - since)}`,
    seen === undefined || seen === 0 ? 'never observed' : `observed ${span(nowMs - seen)} ago`,
    typeof progress === 'number' ? `${Math.round(progress)}%` : '',
    placeText(view, side),
  );
}

function backendText({ spec, status }: ReplicationView): string {
  const { every, rpo, rto } = spec?.schedule ?? {};
  const { schedule } = status ?? {};
  return joined(
    status?.backend ?? spec?.backend ?? '',
    status?.mode ?? spec?.mode ?? '',
    labelled('every', every),
    labelled('rpo', rpo),
    labelled('rto', rto),
    schedule?.phase === undefined ? '' : `schedule ${schedule.phase}`,
  );
}

/** What is under way, how long, and what has to happen next. */
function operationLines(view: ReplicationView, nowMs: number): (string | undefined)[] {
  const { operation, waiting } = view.status ?? {};
  const next = row('Next', waitingText(waiting, nowMs));
  if (operation === undefined || operation === null) return [next];
  const startedMs = msOf(operation.startedAtMs);
  const { rtoSeconds, lossSeconds, windowSeconds } = operation.estimate ?? {};
  const estimate = [
    typeof rtoSeconds === 'number' ? `takes about ${span(rtoSeconds * 1_000)}` : '',
    typeof lossSeconds === 'number' ? `loses ${span(lossSeconds * 1_000)} at most` : '',
    typeof windowSeconds === 'number' ? `quiet window ${span(windowSeconds * 1_000)}` : '',
  ];
  return [
    row(
      'Operation',
      joined(
        operationText(view),
        operation.then === undefined ? '' : `then ${operation.then}`,
        labelled('id', operation.opId),
        labelled('by', operation.by),
        startedMs === undefined ? '' : `for ${stopwatch(nowMs - startedMs)}`,
      ),
    ),
    row('Estimate', joined(...estimate)),
    ...overrideLines(view),
    next,
  ];
}

/** Nobody else can go on here. */
function overrideLines(view: ReplicationView): (string | undefined)[] {
  const { operation } = view.status ?? {};
  if (operation?.overrideToken === undefined) return [row('Seen', operation?.observed)];
  const { name, namespace } = view.metadata;
  return [
    row('Seen', operation.observed),
    row('Token', operation.overrideToken),
    row('To go on', `fairlead override replication ${name} -n ${namespace}   (or cancel)`),
  ];
}

function waitingText(
  waiting: NonNullable<ReplicationView['status']>['waiting'],
  nowMs: number,
): string | undefined {
  if (waiting === undefined) return undefined;
  const { nextAtMs: nextMs = 0, attempt, maxAttempts = '?' } = waiting;
  return joined(
    waiting.effect ?? '',
    attempt === undefined ? '' : `attempt ${attempt}/${maxAttempts}`,
    labelled('waits for', waiting.waitingFor),
    nextMs === 0 ? '' : `again in ${span(Math.max(0, nextMs - nowMs))}`,
    waiting.because ?? '',
  );
}

function lossLine(view: ReplicationView, nowMs: number): string | undefined {
  const { loss } = view.status ?? {};
  if (loss === undefined || loss === null) return undefined;
  const atMs = msOf(loss.atMs);
  return joined(
    lossText(view),
    labelled('in the promotion of epoch', loss.epoch),
    atMs === undefined ? '' : `${span(nowMs - atMs)} ago`,
  );
}

function riskLine(view: ReplicationView, nowMs: number): string | undefined {
  const risk = view.status?.riskAccepted;
  if (risk === undefined || risk === null) return undefined;
  const [atMs, clearedMs] = [msOf(risk.atMs), msOf(risk.clearedAtMs)];
  return joined(
    `two writers accepted in epoch ${risk.epoch ?? ''}`,
    labelled('by', risk.by),
    atMs === undefined ? '' : `${span(nowMs - atMs)} ago`,
    labelled('seen:', risk.observed),
    clearedMs === undefined ? 'STANDS' : `cleared by proof ${span(nowMs - clearedMs)} ago`,
  );
}

const faultLine = ({ status }: ReplicationView): string =>
  [status?.lastFault?.code, status?.lastFault?.message].filter(Boolean).join(': ');

function pointsText({ status }: ReplicationView, nowMs: number): string {
  const points = status?.points ?? [];
  if (points.length === 0) return '\nPoints      none: nothing can be promoted yet\n';
  const shown = points.slice(-pointsShown);
  return `\nPoints      newest ${shown.length} of ${points.length}\n${tableText(pointColumns(nowMs), shown, { headers: true })}`;
}

function movesText({ status }: ReplicationView): string {
  const moves = (status?.history ?? []).slice(-movesShown);
  if (moves.length === 0) return '';
  return `\nLast moves\n${tableText(historyColumns, moves, { headers: false })}`;
}
