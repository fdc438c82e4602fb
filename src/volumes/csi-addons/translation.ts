/**
 * csi-addons: what is wanted as a patch, what is observed as a state. Two functions that are not inverses of each other; the
 * same for VolumeReplication and VolumeGroupReplication.
 */
import { z } from 'zod';
import type { KubeObject } from '../../../actors/kube-port.ts';
import { generationOf, seen, timeMs, unlisted } from '../kube/seen.ts';
import type { Seen } from '../kube/seen.ts';

/** `resync` overwrites what is there and goes with explicit force only. */
export type CsiDesired =
  'source' | 'promoting' | 'replica' | 'demoting' | 'syncing' | 'resync' | 'failed';

export interface CsiPatch {
  readonly replicationState: 'primary' | 'secondary' | 'resync';
  readonly autoResync: boolean;
}

const secondary: CsiPatch = { replicationState: 'secondary', autoResync: false };
const primary: CsiPatch = { replicationState: 'primary', autoResync: false };

/** Primary only after the write-fence proof: the controller promotes by force itself when the storage refuses. */
const patches: Readonly<Record<CsiDesired, CsiPatch | null>> = {
  source: primary,
  promoting: primary,
  replica: secondary,
  demoting: secondary,
  syncing: { replicationState: 'secondary', autoResync: true },
  resync: { replicationState: 'resync', autoResync: false },
  failed: null,
};

/** Fields to set in the spec; null where nothing is to be written. Pausing has no patch: there is no such verb. */
export const csiPatchOf = (desired: CsiDesired): CsiPatch | null => patches[desired];

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  observedGeneration: z.number().optional(),
  lastTransitionTime: z.string().optional(),
});
type Condition = z.infer<typeof condition>;

const view = z.object({
  spec: z.object({ replicationState: z.string(), autoResync: z.boolean().optional() }),
  status: z
    .object({
      state: z.string().optional(),
      conditions: z.array(condition).nullish(),
      lastSyncTime: z.string().nullish(),
    })
    .optional(),
});

/** Reasons by condition; null: any. A condition that is not listed is none of ours. */
const reasons: Readonly<Record<string, readonly string[] | null>> = {
  Completed: ['Promoted', 'Demoted', 'FailedToPromote', 'FailedToDemote', 'FailedToResync'],
  Degraded: ['Healthy', 'Error', 'VolumeDegraded'],
  Resyncing: ['ResyncTriggered', 'NotResyncing', 'FailedToResync'],
  Validated: ['PrerequisiteMet', 'PrerequisiteNotMet'],
  Replicating: null,
  DestinationInfoAvailable: null,
};

/** `state` before the first reconciliation is empty. */
const states = ['', 'Primary', 'Secondary', 'Unknown'];

/** The conditions that tell of this generation, by name. */
type Told = ReadonlyMap<string, Condition>;

function toldBy(conditions: readonly Condition[], generation: number): Told {
  const counted = conditions.filter(
    ({ type, observedGeneration }) =>
      Object.hasOwn(reasons, type) && observedGeneration === generation,
  );
  return new Map(counted.map((one) => [one.type, one]));
}

function unlistedIn(told: Told): string | undefined {
  for (const { type, status, reason = '' } of told.values()) {
    if (!['True', 'False', 'Unknown'].includes(status)) return `condition ${type} ${status}`;
    if (reasons[type]?.includes(reason) === false) return `condition ${type}, reason ${reason}`;
  }
  return undefined;
}

/** @param object  undefined when the API says that there is none */
export function csiStateOf(object: KubeObject | undefined): Seen {
  if (object === undefined) return seen('absent', 'no VolumeReplication');
  const parsed = view.safeParse(object);
  if (!parsed.success) return unlisted('a status of another form');
  const { spec, status } = parsed.data;
  const state = status?.state ?? '';
  if (!states.includes(state)) return unlisted(`state ${state}`);
  const told = toldBy(status?.conditions ?? [], generationOf(object));
  const odd = unlistedIn(told);
  if (odd !== undefined) return unlisted(odd);
  if (spec.replicationState === 'primary') return asPrimary(state, told);
  if (spec.replicationState === 'secondary') return asSecondary(state, told);
  if (spec.replicationState === 'resync') return resyncing(state, told);
  return unlisted(`replicationState ${spec.replicationState}`);
}

const is = (told: Told, type: string, status: string): boolean => told.get(type)?.status === status;

function asPrimary(state: string, told: Told): Seen {
  const completed = told.get('Completed');
  const isFresh = completed !== undefined;
  const because = completed?.reason ?? 'not completed in this generation';
  if (is(told, 'Validated', 'False'))
    return seen('promoting', 'prerequisites are not met', { isFresh, health: 'unhealthy' });
  // The deadline of the promotion decides when this has failed: the controller goes on trying.
  if (completed?.status !== 'True' || completed.reason !== 'Promoted' || state !== 'Primary')
    return seen('promoting', `${state} primary, ${because}`, { isFresh, health: 'degraded' });
  const replicating = told.get('Replicating');
  const isDegraded =
    is(told, 'Degraded', 'True') || (replicating !== undefined && replicating.status !== 'True');
  const health = isDegraded ? 'degraded' : 'healthy';
  return seen('source', 'Primary, promoted', { isFresh, health, isComplete: !isDegraded });
}

function asSecondary(state: string, told: Told): Seen {
  const completed = told.get('Completed');
  const isFresh = completed !== undefined;
  if (state !== 'Secondary')
    return seen('demoting', `${state} secondary, ${completed?.reason ?? 'not completed'}`, {
      ...{ isFresh, health: 'degraded' },
    });
  if (is(told, 'Resyncing', 'True'))
    return seen('syncing', 'Secondary, resyncing', { isFresh, health: 'degraded' });
  if (completed?.status !== 'True')
    return seen('demoting', `Secondary, ${completed?.reason ?? 'of an older generation'}`, {
      ...{ isFresh, health: 'degraded' },
    });
  if (is(told, 'Degraded', 'True'))
    return seen('replica', 'Secondary, degraded', { isFresh, health: 'degraded' });
  // All three have to say so: an absent condition is no good news.
  const isComplete = is(told, 'Degraded', 'False') && is(told, 'Resyncing', 'False');
  const health = isComplete ? 'healthy' : 'unknown';
  return seen('replica', 'Secondary', { isFresh, health, isComplete });
}

/** A forced resync ends as Secondary. */
function resyncing(state: string, told: Told): Seen {
  const found = asSecondary(state, told);
  return found.state === 'replica' && found.isComplete
    ? found
    : { ...found, state: 'syncing', isComplete: false };
}

/**
 * Point in time of the newest copy. Null on a secondary, and while what it tells of is older than this promotion: a time kept
 * from the writer before says nothing about this one.
 */
export function csiPitMsOf(object: KubeObject): number | null {
  const parsed = view.safeParse(object);
  if (!parsed.success || csiStateOf(object).state !== 'source') return null;
  const { status } = parsed.data;
  const told = toldBy(status?.conditions ?? [], generationOf(object));
  const syncedMs = timeMs(status?.lastSyncTime);
  const promotedMs = timeMs(told.get('Completed')?.lastTransitionTime);
  if (syncedMs === null || (promotedMs !== null && syncedMs < promotedMs)) return null;
  return syncedMs;
}

/** When the demotion was over: nothing is written behind it. Null before. */
export function csiDemotedMsOf(object: KubeObject): number | null {
  const { state, isFresh } = csiStateOf(object);
  if (!isFresh || (state !== 'replica' && state !== 'syncing')) return null;
  const parsed = view.safeParse(object);
  const told = toldBy(parsed.data?.status?.conditions ?? [], generationOf(object));
  return timeMs(told.get('Completed')?.lastTransitionTime);
}
