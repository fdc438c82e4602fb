/** Writes resources in the name of an epoch: reads first, refuses when a later one has written, and never over somebody else's change. */
import type { KubeDraft, KubeObject, KubeRef } from '../../../actors/kube-port.ts';
import { kubeVolumes } from '../../../machines/limits-kube-volumes.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { expired, faultIn, volumeFault } from '../ebs/faults.ts';
import { labelsOf, portOf } from './work.ts';
import type { Work } from './work.ts';

export const marks = {
  epoch: 'fairlead.dev/epoch',
  op: 'fairlead.dev/op',
  endpoint: 'fairlead.dev/endpoint',
  /** Highest epoch in which everything written at this endpoint has been sent to the other one. */
  sent: 'fairlead.dev/sent-epoch',
} as const;

type Marks = Readonly<Record<string, string>>;

export const markOf = (object: KubeObject | undefined, mark: string): string =>
  object?.metadata.annotations?.[mark] ?? '';

export const epochOf = (object: KubeObject): number => Number(markOf(object, marks.epoch)) || 0;

/** @throws VolumeFault `epoch.stale` when a later writer generation has written to it */
function refuseStale(work: Work, object: KubeObject): void {
  const stored = epochOf(object);
  if (stored <= work.epoch) return;
  throw volumeFault(
    'Conflict',
    'epoch.stale',
    `${object.kind} ${object.metadata.name} carries epoch ${stored}, this call is of epoch ${work.epoch}`,
  );
}

const ownMarks = ({ epoch, opId }: Work, side: Side): Marks => ({
  [marks.epoch]: String(epoch),
  [marks.op]: opId,
  [marks.endpoint]: side,
});

const issueOf = ({ issueBeforeMs }: Work) => (issueBeforeMs === undefined ? {} : { issueBeforeMs });

/** Right before something is sent. @throws VolumeFault `call.issueExpired` */
function refuseLate({ tools, issueBeforeMs }: Work): void {
  const lateMs = issueBeforeMs === undefined ? 0 : tools.clock.nowMs() - issueBeforeMs;
  if (lateMs > 0) throw expired(lateMs);
}

/** What a change comes to: spec and marks, either may stay as it is; `none` when it is done already. */
export type Edit = 'none' | { readonly spec?: object; readonly marks?: Marks };

/**
 * Changes what is there. A change that is there already is not written again.
 * @throws VolumeFault `NotFound`; `epoch.stale`; `call.issueExpired`; whatever the port throws
 */
export async function change(
  work: Work,
  side: Side,
  ref: KubeRef,
  edit: (object: KubeObject) => Edit,
): Promise<KubeObject> {
  const port = portOf(work, side);
  for (let tries = 1; ; tries += 1) {
    const object = await port.get(ref, work.attempt);
    if (object === undefined)
      throw volumeFault('NotFound', 'volume.notFound', `there is no ${ref.kind} ${ref.name}`);
    refuseStale(work, object);
    const wanted = edit(object);
    if (wanted === 'none') return object;
    refuseLate(work);
    const annotations = {
      ...object.metadata.annotations,
      ...ownMarks(work, side),
      ...wanted.marks,
    };
    const next: KubeObject = {
      ...object,
      metadata: { ...object.metadata, annotations },
      ...(wanted.spec !== undefined && { spec: { ...object.spec, ...wanted.spec } }),
    };
    try {
      return await port.casReplace(next, issueOf(work), work.attempt);
    } catch (thrown) {
      // Controllers write all the time: read what they wrote, then decide again.
      if (faultIn(thrown)?.type !== 'Conflict' || tries >= kubeVolumes.writesMax) throw thrown;
    }
  }
}

/** Makes it, or adopts the one there is, whatever its spec: what it is to be from then on is a change. */
export async function ensure(
  work: Work,
  side: Side,
  draft: KubeDraft & { readonly spec: Readonly<Record<string, unknown>> },
): Promise<KubeObject> {
  const { kind, metadata, spec } = draft;
  const { name, namespace } = metadata;
  const port = portOf(work, side);
  const ref: KubeRef = { kind, name, ...(namespace !== undefined && { namespace }) };
  const found = await port.get(ref, work.attempt);
  if (found !== undefined) {
    refuseStale(work, found);
    return found;
  }
  refuseLate(work);
  const labels = { ...labelsOf(work.of), ...metadata.labels };
  const annotations = { ...metadata.annotations, ...ownMarks(work, side) };
  const whole: KubeDraft = { kind, metadata: { ...ref, labels, annotations }, spec };
  return port.apply(whole, issueOf(work), work.attempt);
}

/** Puts this epoch on what is there, so that whoever still acts for an older one is refused. */
export const stamp = (work: Work, side: Side, ref: KubeRef, more: Marks = {}) =>
  change(work, side, ref, (object) => {
    const has = Object.entries(more).every(([mark, value]) => markOf(object, mark) === value);
    return epochOf(object) === work.epoch && has ? 'none' : { marks: more };
  });

/** True when the whole of `wanted` stands in the spec already. */
export const hasAll = ({ spec }: KubeObject, wanted: object): boolean =>
  Object.entries(wanted).every(
    ([key, value]) => JSON.stringify(spec?.[key]) === JSON.stringify(value),
  );
