/** PowerStore: what is wanted as an action, what is observed as a state. Two functions that are not inverses of each other. */
import { z } from 'zod';
import type { KubeObject } from '../../../actors/kube-port.ts';
import { seen, timeMs, unlisted } from '../kube/seen.ts';
import type { Seen } from '../kube/seen.ts';

export type DellWish =
  | 'promotePlanned'
  | 'promoteForced'
  | 'syncing'
  | 'finalSync'
  | 'pause'
  | 'resume'
  | 'demoting'
  | 'failed';

export type DellAction =
  | 'FAILOVER_REMOTE'
  | 'UNPLANNED_FAILOVER_LOCAL'
  | 'REPROTECT_LOCAL'
  | 'SYNC'
  | 'SUSPEND'
  | 'RESUME';

export interface DellOrder {
  readonly action: DellAction;
  /** At whose group it is written: an action at the wrong side has destroyed data. */
  readonly at: 'source' | 'target' | 'newSource';
}

const orders: Readonly<Record<DellWish, DellOrder | null>> = {
  promotePlanned: { action: 'FAILOVER_REMOTE', at: 'source' },
  /** After the write fence. */
  promoteForced: { action: 'UNPLANNED_FAILOVER_LOCAL', at: 'target' },
  syncing: { action: 'REPROTECT_LOCAL', at: 'newSource' },
  finalSync: { action: 'SYNC', at: 'source' },
  pause: { action: 'SUSPEND', at: 'source' },
  resume: { action: 'RESUME', at: 'source' },
  demoting: null,
  failed: null,
};

/** The action to write and where; null where there is none. */
export const dellOrderOf = (wish: DellWish): DellOrder | null => orders[wish];

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const view = z.object({
  spec: z.object({ action: z.string().default('') }),
  status: z
    .object({
      state: z.string().default(''),
      replicationLinkState: z
        .object({
          state: z.string().default(''),
          isSource: z.boolean().default(false),
          lastSuccessfulUpdate: text,
        })
        .optional(),
      lastAction: z
        .object({
          condition: text,
          time: text,
          errorMessage: text,
        })
        .optional(),
    })
    .optional(),
});
/** By link, once at the source and once at the target. */
type ByRole = readonly [source: Seen, target: Seen];
const same = (one: Seen): ByRole => [one, one];
const fresh = { isFresh: true } as const;
const broken = { ...fresh, health: 'unhealthy', needsSecondLook: true } as const;

const links: Readonly<Record<string, ByRole>> = {
  SYNCHRONIZED: [
    seen('source', 'SYNCHRONIZED', { ...fresh, health: 'healthy', isComplete: true }),
    seen('replica', 'SYNCHRONIZED', { ...fresh, health: 'healthy', isComplete: true }),
  ],
  /** The side that is read from goes on writing meanwhile. */
  SYNC_IN_PROGRESS: [
    seen('source', 'SYNC_IN_PROGRESS', { ...fresh, health: 'healthy' }),
    seen('syncing', 'SYNC_IN_PROGRESS', { ...fresh, health: 'degraded' }),
  ],
  SUSPENDED: [
    seen('source', 'SUSPENDED', { ...fresh, health: 'degraded', isPaused: true }),
    seen('replica', 'SUSPENDED', { ...fresh, health: 'degraded', isPaused: true }),
  ],
  /** At the target: writable and unprotected. What the old source is then, the link does not tell. */
  FAILEDOVER: [
    seen('unknown', 'FAILEDOVER, once the source', { ...fresh, health: 'degraded' }),
    seen('source', 'FAILEDOVER, exposed', { ...fresh, health: 'degraded' }),
  ],
  INVALID: same(seen('failed', 'link INVALID', broken)),
  UNKNOWN: same(seen('unknown', 'link UNKNOWN', fresh)),
  EMPTY: same(seen('absent', 'no volumes in the group', fresh)),
};

const byLink = (link: string, isSource: boolean): Seen => {
  const row = Object.hasOwn(links, link) ? links[link] : undefined;
  return row === undefined ? unlisted(`link ${link}`) : row[isSource ? 0 : 1];
};

/** Actions while they run; all others leave the roles as the link tells them. */
const inProgress: readonly (readonly [
  RegExp,
  (isSource: boolean) => 'promoting' | 'demoting' | 'syncing',
])[] = [
  [
    /^(UNPLANNED_)?FAILOVER_(WITHOUT_SWAP_)?(LOCAL|REMOTE)$/,
    (isSource) => (isSource ? 'demoting' : 'promoting'),
  ],
  [
    /^(REPROTECT_(LOCAL|REMOTE)|SWAP_LOCAL|FAILBACK_LOCAL|ACTION_FAILBACK_DISCARD_CHANGES_LOCAL)$/,
    () => 'syncing',
  ],
  [/^(SYNC|ESTABLISH|RESUME)$/, () => 'syncing'],
];
const quietActions = ['SUSPEND', 'CREATE_SNAPSHOT'];
const suffix = '_IN_PROGRESS';

/** @param group  undefined when the API says that there is none */
export function dellStateOf(group: KubeObject | undefined): Seen {
  if (group === undefined) return seen('absent', 'no DellCSIReplicationGroup');
  const parsed = view.safeParse(group);
  if (!parsed.success) return unlisted('a status of another form');
  const { status, spec } = parsed.data;
  const { state: link = '', isSource = false } = status?.replicationLinkState ?? {};
  const found = byState(status?.state ?? '', link, isSource);
  // An order that has not been taken up: what the status tells is older than it.
  return { ...found, isFresh: found.isFresh && spec.action === '' };
}

function byState(state: string, link: string, isSource: boolean): Seen {
  if (state === 'Ready') return byLink(link, isSource);
  if (state === 'Error' || state === 'Invalid')
    return seen('failed', `${state}, link ${link}`, broken);
  if (state.endsWith(suffix)) return running(state.slice(0, -suffix.length), link, isSource);
  if (state === '' || state === 'Deleting') return seen('unknown', `state ${state}`);
  return unlisted(`state ${state}`);
}

function running(action: string, link: string, isSource: boolean): Seen {
  const why = `${action}${suffix}`;
  const row = inProgress.find(([pattern]) => pattern.test(action));
  if (row === undefined && !quietActions.includes(action)) return unlisted(`state ${why}`);
  const state = row?.[1](isSource) ?? byLink(link, isSource).state;
  // Only the overwritten side syncs; the other one writes.
  const role = state === 'syncing' && isSource ? 'source' : state;
  return seen(role, why, { ...fresh, health: 'degraded' });
}

export interface DellAsked {
  readonly action: DellAction;
  /** Time of the last action when ours was written; what is not newer is an answer to somebody else. */
  readonly lastActionTime: string;
}

export type DellOutcome =
  | { readonly kind: 'done' | 'underway' }
  /** Taken back without a word: the driver does not know it. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'failed'; readonly message: string };

/** The controllers' own note about the last order, JSON in an annotation. */
const note = z.object({
  name: z.string(),
  completed: z.boolean().optional(),
  finalError: text,
});
export const dellActionAnnotation = 'Action';

/**
 * How our order ended. Done only when the last action is newer than our patch, names our action and tells of no error, the
 * order is gone from the spec, and link and role are those it leads to.
 */
export function dellOutcomeOf(
  group: KubeObject,
  asked: DellAsked,
  leadsTo: (found: Seen) => boolean,
): DellOutcome {
  const parsed = view.safeParse(group);
  if (!parsed.success) return { kind: 'underway' };
  const { spec, status } = parsed.data;
  const noted = noteOf(group);
  const isNoted = noted?.name === asked.action;
  if (isNoted && noted.finalError !== '') return { kind: 'failed', message: noted.finalError };
  if (spec.action !== '') return { kind: 'underway' };
  const last = status?.lastAction;
  if (last === undefined || !isNewer(last.time, asked))
    return { kind: isNoted ? 'underway' : 'reset' };
  if (!last.condition.split(/[^A-Z_]+/).includes(asked.action)) return { kind: 'reset' };
  // The controller tries such errors again for up to an hour, as long as the order stands; here it has been taken down.
  if (last.errorMessage !== '') return { kind: 'failed', message: last.errorMessage };
  return { kind: leadsTo(dellStateOf(group)) ? 'done' : 'underway' };
}

const isNewer = (time: string, { lastActionTime }: DellAsked): boolean =>
  (timeMs(time) ?? 0) > (timeMs(lastActionTime) ?? 0);

function noteOf(group: KubeObject): z.infer<typeof note> | undefined {
  const text = group.metadata.annotations?.[dellActionAnnotation];
  if (text === undefined) return undefined;
  try {
    return note.parse(JSON.parse(text));
  } catch {
    // Not in the form we know: then it says nothing about our order.
    return undefined;
  }
}

/** What has to be remembered of a group before an order is written to it. */
export function dellBefore(group: KubeObject): { isSource: boolean; action: string; time: string } {
  const parsed = view.safeParse(group);
  const { spec, status } = parsed.success ? parsed.data : { spec: { action: '' } };
  return {
    isSource: status?.replicationLinkState?.isSource ?? false,
    action: spec.action,
    time: status?.lastAction?.time ?? '',
  };
}

/** Point in time of the newest copy as the array tells it; null when it tells none. */
export function dellPitMsOf(group: KubeObject): number | null {
  const parsed = view.safeParse(group);
  return parsed.success
    ? timeMs(parsed.data.status?.replicationLinkState?.lastSuccessfulUpdate)
    : null;
}
