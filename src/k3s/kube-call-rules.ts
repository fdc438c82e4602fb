/** What holds for a call to a cluster whichever way it goes: its breaker, its time to begin, its fault, its line in the log. */
import type { KubeIssue } from '../../actors/kube-port.ts';
import type { Attempt, Clock, Telemetry } from '../../actors/ports.ts';
import type { EffectFault } from '../../machines/messages.ts';
import type { KubeCall } from './kube-calls.ts';
import { expired, faultOfThrown } from './kube-faults.ts';

/** Key of the one breaker of a cluster; no slash in its last part, so that no row of a service fits by accident. */
export const kubeBreakerKey = (cluster: string): string =>
  `backend/kube/${cluster.replaceAll('/', '.')}`;

/** @throws KubeFault `call.issueExpired` */
export function refuseLate({ issueBeforeMs = Infinity }: KubeIssue, clock: Clock): void {
  if (clock.nowMs() >= issueBeforeMs) throw expired();
}

/** A guard's refusal carries its fault already. */
export function thrownFault(thrown: unknown, signal: AbortSignal): EffectFault {
  if (thrown instanceof Error && 'fault' in thrown) return thrown.fault as EffectFault;
  return faultOfThrown(thrown, signal).fault;
}

interface Told {
  readonly cluster: string;
  readonly clock: Clock;
  readonly telemetry?: Pick<Telemetry, 'log'>;
}

/** One line per call: never a body, a header or a query. */
export function kubeTeller(
  { cluster, clock, telemetry }: Told,
  { action, path }: KubeCall,
  { correlationId }: Attempt,
): (fault?: EffectFault) => void {
  const startedMs = clock.monotonicMs();
  return (fault) => {
    telemetry?.log(
      'debug',
      {
        ...{ correlationId, cluster, action, path: path.split('?')[0] },
        ms: Math.round(clock.monotonicMs() - startedMs),
        ...(fault === undefined ? {} : { fault: fault.code, type: fault.type }),
      },
      'kube call',
    );
  };
}
