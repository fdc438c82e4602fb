/** The single-writer rules as functions: who may be promoted, armed, demoted, resynced; what is superseded. */
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

/** Every reason why `side` may not be promoted now, with its value. */
export function whyNotPromote(
  context: Context,
  side: Side,
  how: 'planned' | 'forced',
): readonly string[] {
  const self = context[side];
  const peer = context[peerOf(side)];
  const found: string[] = [];
  if (context.lifecycle !== 'active') found.push(`it is ${context.lifecycle}`);
  if (!hasData(context, side)) found.push(`${side} has no committed point`);
  if (self.phase === 'replica.testing') found.push(`a test runs on ${side}: stop it first`);
  if (self.phase === 'replica.reconfiguring') found.push(`${side} is being reconfigured`);
  if (!isIn(peer, 'replica', 'source', 'failed'))
    found.push(`${peerOf(side)} is ${publicStateOf(peer.phase)}: wait until it rests`);
  if (
    how === 'planned' &&
    (peer.phase === 'failed.writerIntact' || peer.phase === 'failed.indeterminate')
  )
    found.push(
      `${peerOf(side)} is ${peer.phase} and may be writable: recover it first, or promote forced`,
    );
  return found;
}

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
export function whyNotDemote(context: Context, side: Side, force: boolean): readonly string[] {
  if (force) return [];
  const peer = context[peerOf(side)];
  const found: string[] = [];
  if (peer.phase !== 'replica.following' && peer.phase !== 'replica.lagging')
    found.push(`${peerOf(side)} is ${peer.phase}, not following`);
  if (context.lagRatio >= replication.lagUnhealthyRatio) found.push(`lag is ${lagText(context)}`);
  return found;
}

/** Overwriting a side needs positive evidence that the other is the newer writer, and that this one does not write. */
export function whyNotResync(context: Context, side: Side): readonly string[] {
  const self = context[side];
  const peer = context[peerOf(side)];
  const found: string[] = [];
  if (!isProvenIdle(self)) found.push(`${side} is ${self.phase}: not proven unable to write`);
  if (self.phase === 'replica.testing') found.push(`a test runs on ${side}: stop it first`);
  if (!isIn(peer, 'source'))
    found.push(`${peerOf(side)} is ${publicStateOf(peer.phase)}, not source`);
  else if (peer.epoch <= self.epoch || isSuperseded(context, peerOf(side)))
    found.push(
      `${peerOf(side)} is source of epoch ${peer.epoch}, not known to be newer than ${side} (epoch ${self.epoch})`,
    );
  return found;
}

/** Names relationship, epoch and what was seen: who repeats it has read it. Good in this wait only. */
export function overrideTokenOf(context: Context): string {
  const { uid, epoch, operation } = context;
  return `${uid}.e${epoch}.${operation?.observed ?? ''}`;
}

/** Every reason why a trial of a side's points may not begin now. Force waives their age. */
export function whyNotTest(context: Context, side: Side, force: boolean): readonly string[] {
  const { phase } = context[side];
  const found: string[] = [];
  if (!isIn(context[side], 'replica')) found.push(`${side} is ${publicStateOf(phase)}`);
  else if (phase === 'replica.reconfiguring') found.push(`${side} is being reconfigured`);
  if (!hasData(context, side)) found.push(`${side} has no committed point`);
  if (!force && context.lagRatio >= replication.lagUnhealthyRatio)
    found.push(`lag is ${lagText(context)}; repeat with force to test an old point`);
  return found;
}

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
