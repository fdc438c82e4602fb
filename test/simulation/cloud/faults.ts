/** What calls to the cloud throw, as the adapters put it. */
import type { EffectFault, FaultType } from '../../../machines/messages.ts';
import type { StormKind } from '../weather.ts';

/** An error that carries its fault. */
export function cloudFault(
  type: FaultType,
  code: string,
  more: Partial<EffectFault> = {},
): Error & { readonly fault: EffectFault } {
  const fault: EffectFault = { type, code, message: `${code} (simulated)`, ...more };
  return Object.assign(new Error(fault.message), { fault });
}

export const noAnswer = (mayHaveHappened: boolean): Error =>
  cloudFault('Timeout', 'socket.timeout', { mayHaveHappened });

/** Refusals that a storm brings; undefined for what is no refusal. */
export function refusalOf(kind: StormKind, retryAfterMs: number): Error | undefined {
  switch (kind) {
    case 'throttled':
      return cloudFault('RateLimit', 'RequestLimitExceeded', {
        mayHaveHappened: false,
        retryAfterMs,
      });
    case 'unavailable':
      return cloudFault('Unavailable', 'ServiceUnavailable', { mayHaveHappened: true });
    case 'denied':
      return cloudFault('Unauthorized', 'UnauthorizedOperation', { mayHaveHappened: false });
    case 'noCapacity':
      return cloudFault('CapacityShortage', 'InsufficientInstanceCapacity', {
        mayHaveHappened: false,
      });
    case 'circuit':
      return cloudFault('CircuitOpen', 'circuit.open', {
        ...{ mayHaveHappened: false, rejectedBy: 'circuit', key: 'main/simulated' },
        retryAfterMs,
      });
    default:
      return undefined;
  }
}
