/** The public face of a replication's endpoint: which state may follow which, and what is said when one may not. */

export type Side = 'home' | 'away';
export const sides = ['home', 'away'] as const;
export const peerOf = (side: Side): Side => (side === 'home' ? 'away' : 'home');

/** The only table of public moves; the chart projects onto it, admission and refusals read it. */
export const transitionTable = {
  absent: ['replica', 'source'],
  replica: ['promoting', 'syncing'],
  promoting: ['source', 'failed'],
  source: ['demoting'],
  demoting: ['replica', 'failed'],
  syncing: ['replica', 'failed'],
  failed: ['syncing', 'replica'],
} as const;

export type PublicState = keyof typeof transitionTable;
export const publicStates = Object.keys(transitionTable) as PublicState[];

/** What each endpoint may become next; staying what it is is always allowed and not listed. */
export const allowedNext = (from: PublicState): readonly PublicState[] => transitionTable[from];

export const isAllowed = (from: PublicState, to: PublicState): boolean =>
  from === to || allowedNext(from).includes(to);

/** What a transient state becomes when all goes well. */
const completions: Partial<Record<PublicState, PublicState>> = {
  promoting: 'source',
  demoting: 'replica',
  syncing: 'replica',
};

/** Undefined for states that only an order leaves. */
export const completionOf = (state: PublicState): PublicState | undefined => completions[state];

export const isTransient = (state: PublicState): boolean => completions[state] !== undefined;

type TransitionVerb = 'apply' | 'promote' | 'demote' | 'resync' | 'recover' | 'cancel';

/** The verb that asks for a move, or nothing where only evidence brings it about. */
export function verbFor(from: PublicState, to: PublicState): TransitionVerb | undefined {
  if (from === 'absent') return 'apply';
  if (isTransient(from)) return to === 'failed' ? 'cancel' : undefined;
  if (to === 'promoting') return 'promote';
  if (to === 'demoting') return 'demote';
  return to === 'syncing' ? 'resync' : 'recover';
}

export interface TransitionRefusal {
  readonly code: 'transition.notAllowed';
  readonly message: string;
  readonly allowedNext: readonly PublicState[];
  readonly because: readonly string[];
}

/** @param resource  `namespace/name` */
export function refuseTransition(
  resource: string,
  side: Side,
  { from, to, phase }: { from: PublicState; to: PublicState; phase: string },
): TransitionRefusal {
  const next = allowedNext(from);
  const step = phase.slice(phase.indexOf('.') + 1);
  return {
    code: 'transition.notAllowed',
    message:
      `replication "${resource}", ${side}: ${from} → ${to} is not allowed (phase ${step}). ` +
      `Allowed next: ${next.join(', ')}. ${wayOut(from, to)}`,
    allowedNext: next,
    because: [`${side} is ${from} (phase ${step})`],
  };
}

/** What to do instead: the verb whose completion is wanted, or else every verb there is. */
function wayOut(from: PublicState, to: PublicState): string {
  const completion = completions[from];
  if (completion !== undefined)
    return `It becomes ${completion} by itself; use cancel to give it up.`;
  const road = allowedNext(from).find((next) => completions[next] === to);
  const verb = road && verbFor(from, road);
  if (verb !== undefined) return `Use ${verb}; it becomes ${to} by itself.`;
  const verbs = new Set(allowedNext(from).map((next) => verbFor(from, next)));
  return `Use ${[...verbs].join(' or ')}.`;
}
