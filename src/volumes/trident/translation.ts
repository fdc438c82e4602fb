/** Trident: what is wanted as a spec, what is observed as a state. Two functions that are not inverses of each other. */
import { z } from 'zod';
import type { KubeObject } from '../../../actors/kube-port.ts';
import { generationOf, seen, unlisted } from '../kube/seen.ts';
import type { Seen, SeenState } from '../kube/seen.ts';

export type TridentDesired = 'replica' | 'source' | 'promoting' | 'syncing' | 'demoting' | 'failed';

/** There is no verb for demoting: quiesce, send the last changes, hand over, then `reestablished` in the new direction. */
const verbs: Readonly<Record<TridentDesired, 'established' | 'reestablished' | 'promoted' | null>> =
  {
    replica: 'established',
    source: 'promoted',
    promoting: 'promoted',
    syncing: 'reestablished',
    demoting: null,
    failed: null,
  };

export interface TridentMirror {
  readonly localPVCName: string;
  /** `svm:volume` of the other side; needed unless promoted. */
  readonly remoteVolumeHandle?: string;
  /** ONTAP names. */
  readonly policy: string;
  readonly schedule: string;
  /** Promotes that very snapshot, once it has arrived; only with a planned promotion. */
  readonly promotedSnapshotHandle?: string;
}

/** The spec of a mirror relationship; null where nothing is to be written. Keeps what may not change. */
export function tridentSpecOf(
  desired: TridentDesired,
  mirror: TridentMirror,
): Readonly<Record<string, unknown>> | null {
  const state = verbs[desired];
  if (state === null) return null;
  const { localPVCName, remoteVolumeHandle = '', policy, schedule } = mirror;
  const { promotedSnapshotHandle = '' } = mirror;
  const remote = remoteVolumeHandle === '' ? {} : { remoteVolumeHandle };
  const isNamed = state === 'promoted' && promotedSnapshotHandle !== '';
  const last = isNamed ? { promotedSnapshotHandle } : {};
  return {
    state,
    replicationPolicy: policy,
    replicationSchedule: schedule,
    volumeMappings: [{ localPVCName, ...remote, ...last }],
  };
}

const condition = z.object({
  state: z.string(),
  message: z.string().optional(),
  observedGeneration: z.number().optional(),
  localVolumeHandle: z.string().optional(),
  remoteVolumeHandle: z.string().optional(),
});
const view = z.object({
  status: z.object({ conditions: z.array(condition).nullish() }).optional(),
});

const states: Readonly<Record<string, readonly [SeenState, Seen['health']]>> = {
  established: ['replica', 'healthy'],
  reestablished: ['replica', 'healthy'],
  establishing: ['syncing', 'degraded'],
  reestablishing: ['syncing', 'degraded'],
  promoting: ['promoting', 'degraded'],
  promoted: ['source', 'healthy'],
  failed: ['failed', 'unhealthy'],
  /** An error in the spec: trying again changes nothing. */
  invalid: ['failed', 'unhealthy'],
  released: ['absent', 'unknown'],
};

const conditionOf = (object: KubeObject) => {
  const parsed = view.safeParse(object);
  return parsed.success ? { parsed: true, found: parsed.data.status?.conditions?.[0] } : undefined;
};

/**
 * Only the first condition tells anything. `promoted` is a role, and one that an error of the storage's API looks like as
 * well: it counts on two agreeing looks and never as a proof that the other side cannot write.
 */
export function tridentStateOf(object: KubeObject | undefined): Seen {
  if (object === undefined) return seen('absent', 'no TridentMirrorRelationship');
  const read = conditionOf(object);
  if (read === undefined) return unlisted('a status of another form');
  const { found } = read;
  if (found === undefined) return seen('unknown', 'no condition yet');
  const { state, message = '', observedGeneration } = found;
  const listed = Object.hasOwn(states, state) ? states[state] : undefined;
  if (listed === undefined) return unlisted(`state ${state}`);
  if (observedGeneration !== generationOf(object))
    return seen('unknown', `${state}, of an older generation`);
  const [means, health] = listed;
  return seen(means, message === '' ? state : `${state}: ${message}`, {
    ...{ health, isFresh: true },
    isComplete: means === 'replica' || means === 'source',
    needsSecondLook: means === 'source',
  });
}

/** `svm:volume` of this side as Trident tells it; empty while it does not. */
export const tridentHandleOf = (object: KubeObject | undefined): string =>
  object === undefined ? '' : (conditionOf(object)?.found?.localVolumeHandle ?? '');

const action = z.object({ status: z.object({ state: z.string().optional() }).optional() });
const actionStates = {
  '': 'underway',
  'In progress': 'underway',
  Succeeded: 'done',
  Failed: 'failed',
} as const;

/** How an ordered update of a mirror goes. */
export function tridentActionOf(object: KubeObject): 'underway' | 'done' | 'failed' | 'unknown' {
  const parsed = action.safeParse(object);
  const state = parsed.success ? (parsed.data.status?.state ?? '') : 'a status of another form';
  return Object.hasOwn(actionStates, state)
    ? actionStates[state as keyof typeof actionStates]
    : 'unknown';
}
