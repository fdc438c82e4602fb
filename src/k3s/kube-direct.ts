/** KubePort over a connection of our own: kubeconfig or token, CA checked, one breaker per cluster, nothing sent twice. */
import { kubeFieldManager } from '../../actors/kube-port.ts';
import type { KubeIssue, KubePort } from '../../actors/kube-port.ts';
import type { Attempt, CallGuard, Clock, Random, Telemetry } from '../../actors/ports.ts';
import { kube } from '../../machines/limits.ts';
import type { AccessSource } from './kube-access.ts';
import { kubeBreakerKey, kubeTeller, refuseLate, thrownFault } from './kube-call-rules.ts';
import { kubeCalls, listAll } from './kube-calls.ts';
import type { Carry, KubeCall } from './kube-calls.ts';
import { KubeFault } from './kube-faults.ts';
import { ask } from './kube-http.ts';
import type { KubeRequest } from './kube-http.ts';
import { watchKind } from './kube-watch.ts';
import { timeLimit } from '../time-limit.ts';

export interface DirectParts {
  /** `<namespace>/<name>`. */
  readonly cluster: string;
  readonly access: AccessSource;
  /** Left out only in tests of a single part. */
  readonly guard?: CallGuard;
  readonly clock: Clock;
  readonly random: Pick<Random, 'roll'>;
  readonly telemetry?: Pick<Telemetry, 'log'>;
}

export function createDirectKube(parts: DirectParts): Required<KubePort> {
  const { cluster, access, guard, clock } = parts;
  const key = kubeBreakerKey(cluster);

  async function once(call: KubeCall, issue: KubeIssue, signal: AbortSignal): Promise<unknown> {
    const opened = await access.open();
    // The last look before it goes out: the wait for a place or for the files may have been long.
    refuseLate(issue, clock);
    const limit = timeLimit(kube.attemptMs, signal);
    try {
      return await ask(opened, requestOf(call), limit.signal);
    } finally {
      limit.end();
    }
  }

  const guarded = (call: KubeCall, issue: KubeIssue, attempt: Attempt): Promise<unknown> =>
    guard === undefined
      ? once(call, issue, attempt.signal)
      : guard.call(
          {
            ...{ key, attempt, operation: call.action, timeoutMs: kube.attemptMs },
            classify: (thrown) => thrownFault(thrown, attempt.signal),
          },
          ({ signal }) => once(call, issue, signal),
        );

  const carry: Carry = async (call, issue, attempt) => {
    const tell = kubeTeller(parts, call, attempt);
    try {
      refuseLate(issue, clock);
      // The first time loads the SDK, which is no fault of the server's and takes none of the attempt's time.
      await access.open();
      const value = await guarded(call, issue, attempt);
      tell();
      return value;
    } catch (thrown) {
      const fault = thrownFault(thrown, attempt.signal);
      if (fault.type === 'Unauthorized') access.refused();
      tell(fault);
      throw thrown instanceof KubeFault ? thrown : new KubeFault(fault, thrown);
    }
  };

  const bounds = { page: kube.listPage, objectsMax: kube.listObjectsMax };
  return {
    ...kubeCalls(carry, bounds, { viaSsm: false, lateMs: 0, canWatch: true }),
    watch: (what, tell, attempt) =>
      watchKind({
        ...{ what, tell, access, clock, random: parts.random, signal: attempt.signal },
        list: () => listAll(carry, what, bounds, attempt),
      }),
  };
}

function requestOf({ action, path, body }: KubeCall): KubeRequest {
  const managed = `${path}?fieldManager=${kubeFieldManager}`;
  switch (action) {
    case 'get':
      return { method: 'GET', path };
    case 'apply':
    case 'applyForce':
      return {
        ...{ method: 'PATCH', contentType: 'application/apply-patch+yaml', body: body ?? {} },
        path: `${managed}&force=${String(action === 'applyForce')}`,
      };
    case 'replace':
      return { method: 'PUT', path: managed, body: body ?? {} };
    case 'delete':
      return { method: 'DELETE', path, body: body ?? {} };
  }
}
