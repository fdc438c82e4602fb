/** The single-writer rules as functions: who may be promoted, armed, demoted, resynced; what is superseded. */
import { against, check } from './because.ts';
import type { Check } from './because.ts';
import { quietWindowMs, replication } from './replication-limits.ts';
import { peerOf, sides } from './replication-table.ts';
import type { Side } from './replication-table.ts';
import { publicStateOf } from './replication-context.ts';
import type { EndpointMemory, Phase, ReplicationContext } from './replication-context.ts';

type Context = ReplicationContext;

/** How long no proof counts after a fence. */
export const windowMs = (context: Context): number =>
  quietWindowMs(context.usesSsm, context.safety);

const isIn = ({ phase }: EndpointMemory, ...states: string[]): boolean =>
  states.includes(publicStateOf(phase));

const isProvenIdle = (endpoint: EndpointMemory): boolean =>
  isIn(endpoint, 'replica') || endpoint.phase === 'failed.safe';

/** The newest data is here: a committed point, or its own fenced volumes when nobody has written since. */
export const hasData = (context: Context, side: Side): boolean =>
  context.points.some(({ at }) => at === side) ||
  (context[side].epoch > 0 && context[side].epoch === context.writerEpoch);

/** A later epoch has begun to fence it: it will never write again, whatever it still believes. */
export const isSuperseded = (context: Context, side: Side): boolean =>
  context[side].epoch < context[side].fencedBelow;

/** What a promotion of `side` rests on, one by one. */
export function promoteChecks(
  context: Context,
  side: Side,
  how: 'planned' | 'forced',
): readonly Check[] {
  const self = context[side];
  const other = peerOf(side);
  const peer = context[other];
  const isDoubtful = peer.phase === 'failed.writerIntact' || peer.phase === 'failed.indeterminate';
  return [
    check('isActive', context.lifecycle !== 'active' && `it is ${context.lifecycle}`, ''),
    check(
      'hasData',
      !hasData(context, side) && `${side} has no committed point`,
      dataText(context, side),
    ),
    check(
      'noTest',
      self.phase === 'replica.testing' && `a test runs on ${side}: stop it first`,
      'no test failover is running',
    ),
    notReconfiguring(context, side),
    check(
      'peerRests',
      !isIn(peer, 'replica', 'source', 'failed') &&
        `${other} is ${publicStateOf(peer.phase)}: wait until it rests`,
      `${other} is at rest (${peer.phase})`,
    ),
    check(
      'peerKnown',
      how === 'planned' &&
        isDoubtful &&
        `${other} is ${peer.phase} and may be writable: recover it first, or promote forced`,
      how === 'forced' ? `forced: ${other} is fenced, whatever it still is` : '',
    ),
  ];
}

function dataText({ points }: Context, side: Side): string {
  const newest = points.findLast(({ at }) => at === side);
  return newest === undefined
    ? `${side} holds the newest data itself`
    : `a committed recovery point exists (seq ${newest.seq})`;
}

/** Every reason why `side` may not be promoted now, with its value. */
export const whyNotPromote = (
  context: Context,
  side: Side,
  how: 'planned' | 'forced',
): readonly string[] => against(promoteChecks(context, side, how));

/** A point that is asked for has to be there before anybody is stopped for it. */
export function whyNotPoint(
  { points }: Context,
  side: Side,
  wanted: number | null,
): readonly string[] {
  const here = points.filter(({ at }) => at === side).map(({ seq }) => seq);
  if (wanted === null || here.includes(wanted)) return [];
  return [`point ${wanted} is not at ${side}; there are ${here.join(', ') || 'none'}`];
}

/** Arming is allowed by the epoch that was claimed for it, and by a proof after the window or a recorded override. */
export const canArm = ({ operation, epoch, fence, riskAccepted }: Context): boolean =>
  operation !== null &&
  operation.epoch === epoch &&
  fence.epoch === epoch &&
  (fence.stage === 'proven' ||
    (fence.stage === 'waived' &&
      riskAccepted?.epoch === epoch &&
      riskAccepted.clearedAtMs === null));

/** What a planned end of writing needs of its surroundings. Force waives it. */
export function demoteChecks(context: Context, side: Side, force: boolean): readonly Check[] {
  const other = peerOf(side);
  const { phase } = context[other];
  const own = [
    notReconfiguring(context, side),
    check(
      'notContested',
      context[side].phase === 'source.contested' &&
        `${side} is contested: ${other} was seen writing too; wait until one of them is seen at rest`,
      '',
    ),
  ];
  if (force) return [...own, check('peerFollows', false, `forced: ${other} need not follow`)];
  const follows = phase === 'replica.following' || phase === 'replica.lagging';
  return [
    ...own,
    check('peerFollows', !follows && `${other} is ${phase}, not following`, `${other} follows`),
    lagCheck(context, ''),
  ];
}

export const whyNotDemote = (context: Context, side: Side, force: boolean): readonly string[] =>
  against(demoteChecks(context, side, force));

const notReconfiguring = (context: Context, side: Side): Check =>
  check(
    'notReconfiguring',
    context[side].phase.endsWith('.reconfiguring') && `${side} is being reconfigured`,
    '',
  );

const lagCheck = (context: Context, wayOut: string): Check =>
  check(
    'lagHealthy',
    context.lagRatio >= replication.lagUnhealthyRatio && `lag is ${lagText(context)}${wayOut}`,
    `lag is ${lagText(context)}`,
  );

/** Overwriting a side needs positive evidence that the other is the newer writer, and that this one does not write. */
export function resyncChecks(context: Context, side: Side): readonly Check[] {
  const self = context[side];
  const other = peerOf(side);
  const peer = context[other];
  const isSource = isIn(peer, 'source');
  const isNewer = peer.epoch > self.epoch && !isSuperseded(context, other);
  return [
    check(
      'isProvenIdle',
      !isProvenIdle(self) && `${side} is ${self.phase}: not proven unable to write`,
      `${side} is proven unable to write`,
    ),
    check(
      'noTest',
      self.phase === 'replica.testing' && `a test runs on ${side}: stop it first`,
      'no test failover is running',
    ),
    notReconfiguring(context, side),
    check(
      'peerIsSource',
      !isSource && `${other} is ${publicStateOf(peer.phase)}, not source`,
      `${other} is source`,
    ),
    check(
      'peerIsNewer',
      isSource &&
        !isNewer &&
        `${other} is source of epoch ${peer.epoch}, not known to be newer than ${side} (epoch ${self.epoch})`,
      isSource ? `${other} writes epoch ${peer.epoch}, newer than ${side}` : '',
    ),
  ];
}

export const whyNotResync = (context: Context, side: Side): readonly string[] =>
  against(resyncChecks(context, side));

/** Out of a failure nobody knows enough about, and of nothing yet, only looking leads. */
export function recoverChecks(context: Context, side: Side): readonly Check[] {
  const { phase } = context[side];
  return [
    check(
      'isKnown',
      phase === 'failed.indeterminate' &&
        `${side} is ${phase}: it is looked at until somebody knows whether it can write`,
      '',
    ),
    check(
      'isThere',
      isIn(context[side], 'absent') &&
        `${side} is ${phase}: apply a manifest and wait until it rests`,
      '',
    ),
  ];
}

export const whyNotRecover = (context: Context, side: Side): readonly string[] =>
  against(recoverChecks(context, side));

/** A cancel turns something back here. A writer that a later epoch has fenced is demoted to the end. */
export function mayTurnBack(context: Context, side: Side): boolean {
  const { phase } = context[side];
  if (phase.includes('preflight') || isIn(context[side], 'syncing')) return true;
  if (isIn(context[side], 'promoting')) return phase !== 'promoting.compensating';
  if (phase === 'demoting.draining') return !isSuperseded(context, side);
  return revocable.includes(phase);
}

const revocable: readonly Phase[] = [
  ...(['demoting.selfFencing', 'demoting.quietWindow', 'demoting.finalSync'] as const),
];

/** Names relationship, epoch and what was seen: who repeats it has read it. Good in this wait only. */
export function overrideTokenOf(context: Context): string {
  const { uid, epoch, operation } = context;
  return `${uid}.e${epoch}.${operation?.observed ?? ''}`;
}

/** What a trial of a side's points needs. Force waives their age. */
export function testChecks(context: Context, side: Side, force: boolean): readonly Check[] {
  const { phase } = context[side];
  const isReplica = isIn(context[side], 'replica');
  return [
    check('isReplica', !isReplica && `${side} is ${publicStateOf(phase)}`, `${side} is replica`),
    notReconfiguring(context, side),
    check(
      'hasData',
      !hasData(context, side) && `${side} has no committed point`,
      dataText(context, side),
    ),
    force
      ? check('lagHealthy', false, 'forced: an old point will do')
      : lagCheck(context, '; repeat with force to test an old point'),
  ];
}

/** Every reason why a trial of a side's points may not begin now. */
export const whyNotTest = (context: Context, side: Side, force: boolean): readonly string[] =>
  against(testChecks(context, side, force));

const lagText = ({ lagRatio }: Context): string =>
  `${lagRatio.toFixed(1)}× every (limit ${replication.lagUnhealthyRatio}×)`;

const reconfigurable: readonly Phase[] = [
  ...(['source.protected', 'source.paused', 'replica.following', 'replica.paused'] as const),
];

/** Mode and interval change only while both sides rest in step with each other. */
export const whyNotReconfigure = (context: Context): readonly string[] =>
  sides
    .filter((side) => !reconfigurable.includes(context[side].phase))
    .map((side) => `${side} is ${context[side].phase}: wait until it follows, or pause first`);

const unsettled: readonly Phase[] = [
  ...(['replica.testing', 'replica.reconfiguring', 'source.reconfiguring'] as const),
];

/** Two were let write by a person, and nobody has shown since that this one, the older, cannot. */
export const mayStillWrite = (context: Context, side: Side): boolean =>
  context.riskAccepted?.clearedAtMs === null &&
  isIn(context[side], 'source') &&
  isSuperseded(context, side) &&
  context[side].writable !== 'no';

/**
 * Deletion waits until nothing is on its way, and, unless forced, until it is known what can write: an old writer that a
 * later epoch has fenced is looked at and demoted first, for nobody looks after the deletion.
 */
export const isAtRest = ({ home, away, operation, isForcedDelete }: Context): boolean =>
  operation === null &&
  [home, away].every(
    (each) =>
      !isIn(each, 'promoting', 'demoting', 'syncing') &&
      !unsettled.includes(each.phase) &&
      (isForcedDelete ||
        (each.phase !== 'failed.indeterminate' &&
          !(isIn(each, 'source') && each.epoch < each.fencedBelow))),
  );

/** An override of this very epoch stands. */
export const isRiskTaken = ({ riskAccepted, epoch }: Context): boolean =>
  riskAccepted?.epoch === epoch && riskAccepted.clearedAtMs === null;

/**
 * Points are taken of a side that is the writer on evidence, or whose writer was never stopped. Not while another takes
 * over: what the old one still writes would be passed on as a point of the new epoch.
 */
export function maySnapshot(context: Context): boolean {
  const { writer, lifecycle, isPaused, home, away } = context;
  if (writer === 'none' || lifecycle !== 'active' || isPaused) return false;
  if (isIn(home, 'promoting') || isIn(away, 'promoting')) return false;
  const { phase } = context[writer];
  if (phase === 'failed.writerIntact') return true;
  return isIn(context[writer], 'source') && phase !== 'source.contested';
}
