/** One call of an effect on Kubernetes resources: its relationship, its time, its waits, and where it looks. */
import type { KubeClusters, KubePort } from '../../../actors/kube-port.ts';
import type { Attempt, Clock, Telemetry } from '../../../actors/ports.ts';
import { kubeVolumes } from '../../../machines/limits-kube-volumes.ts';
import type { ReplicationFacts, Writable } from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import type { Discovery } from '../discovery.ts';
import { volumeFault } from '../ebs/faults.ts';
import { hold as holdFor } from '../hold.ts';

/** Stops the machines below a cluster: what a role in a status can never prove. */
export interface HostFence {
  /** Only ever takes away. Safe to repeat. */
  fence(
    of: ReplicationFacts,
    endpoint: Side,
    attempt: Attempt,
  ): Promise<{ readonly fenced: boolean; readonly observed: string; readonly viaSsm?: boolean }>;
  /** `no` only when nothing below that endpoint can write. */
  prove(
    of: ReplicationFacts,
    endpoint: Side,
    attempt: Attempt,
  ): Promise<{ readonly writable: Writable; readonly observed: string }>;
}

export interface Tools {
  readonly kube: KubeClusters;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly discovery: Discovery;
  /** Divides polls and other pacing; 1 with real clusters. */
  readonly scale: number;
  /** Absent where no machine below a cluster is ours to stop. */
  readonly hostFence?: HostFence;
}

export interface Work {
  readonly tools: Tools;
  readonly of: ReplicationFacts;
  readonly attempt: Attempt;
  readonly epoch: number;
  /** Empty for what only looks. */
  readonly opId: string;
  /** Wall time after which nothing is begun; absent for what only looks or only takes away. */
  readonly issueBeforeMs?: number;
}

export function begin(
  tools: Tools,
  of: ReplicationFacts,
  attempt: Attempt,
  input: { readonly epoch: number; readonly opId?: string; readonly issueBeforeMs?: number },
): Work {
  const { epoch, opId = '', issueBeforeMs } = input;
  return {
    ...{ tools, of, attempt, epoch, opId },
    ...(issueBeforeMs !== undefined && { issueBeforeMs }),
  };
}

/** The same call without its time: for what only ever takes away. */
export const untimed = ({ tools, of, attempt, epoch, opId }: Work): Work => ({
  ...{ tools, of, attempt, epoch, opId },
});

export const clusterOf = ({ namespace, spec }: ReplicationFacts, side: Side): string =>
  `${namespace}/${spec.endpoints[side].cluster}`;

export const portOf = ({ tools, of }: Work, side: Side): KubePort =>
  tools.kube.of(clusterOf(of, side));

export const viaSsm = (work: Work, ...each: readonly Side[]): { viaSsm: boolean } => ({
  viaSsm: each.some((side) => portOf(work, side).capabilities.viaSsm),
});

/** Waits so long, whatever the scale. Ends at once when the attempt does. */
export const hold = ({ tools, attempt }: Work, ms: number): Promise<void> =>
  holdFor(tools.clock, attempt, ms);

export const pause = (work: Work, pacingMs: number): Promise<void> =>
  hold(work, pacingMs / work.tools.scale);

/** Looks again and again for `forMs`, until it sees something; then what the last look says. */
export async function until<T>(
  work: Work,
  forMs: number,
  look: () => Promise<{ readonly isOver: boolean; readonly value: T }>,
): Promise<{ readonly isOver: boolean; readonly value: T }> {
  const { clock } = work.tools;
  const endMs = clock.monotonicMs() + forMs;
  for (;;) {
    const seen = await look();
    if (seen.isOver || clock.monotonicMs() >= endMs) return seen;
    await pause(work, kubeVolumes.pollMs);
  }
}

/** A claim of the set, as its side names it. */
export interface Claim {
  readonly volume: string;
  readonly pvc: string;
  readonly namespace: string;
}

/** @throws VolumeFault when a volume of that side is no claim */
export function claimsOf({ spec }: ReplicationFacts, side: Side): readonly Claim[] {
  return spec.volumes.map(({ name, ...sides }, index) => {
    const at = sides[side];
    if ('pvc' in at) return { volume: name, pvc: at.pvc, namespace: at.namespace };
    throw volumeFault(
      'InvalidSpec',
      'manifest.volumeSideUnsupported',
      `spec.volumes[${index}].${side} is no claim: backend ${spec.backend} mirrors claims that exist on both sides; write { pvc, namespace }`,
    );
  });
}

/** Of everything written for one volume of this relationship; the same for ever. */
export const resourceName = ({ uid }: ReplicationFacts, volume: string): string =>
  `fairlead-${uid.toLowerCase()}-${volume}`;

export const labelsOf = ({ name }: ReplicationFacts): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/managed-by': 'fairlead',
  'fairlead.dev/replication': name,
});

export const notYet = (message: string): Error =>
  volumeFault('Retryable', 'volume.notYet', message, { retryable: true });

export const unsupported = (backend: string, what: string): Error =>
  volumeFault('NotSupported', 'operation.unsupported', `backend ${backend} cannot ${what}`);

/** One line for whoever looks after it later. */
export function tell(work: Work, message: string, fields: Readonly<Record<string, unknown>>): void {
  const { of, attempt, tools } = work;
  tools.telemetry.log(
    'warn',
    {
      correlationId: attempt.correlationId,
      replication: `${of.namespace}/${of.name}`,
      ...fields,
    },
    message,
  );
}
