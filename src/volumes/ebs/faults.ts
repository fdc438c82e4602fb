/** Faults found by the back end itself, and what it makes of those of EC2. */
import { bounds } from '../../../machines/limits.ts';
import type { EffectFault, FaultType } from '../../../machines/messages.ts';
import { issueExpired } from '../../../machines/replication-effects.ts';

/** Thrown like those of any adapter: hosting recognises any thrown object with a `fault`. */
class VolumeFault extends Error {
  override readonly name = 'VolumeFault';
  readonly fault: EffectFault;

  constructor(fault: EffectFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** Nothing has happened unless said otherwise, and it is not tried again unless said otherwise. */
export function volumeFault(
  type: FaultType,
  code: string,
  message: string,
  more: Partial<EffectFault> = {},
): VolumeFault {
  const { faultMessageChars } = bounds;
  const text =
    message.length <= faultMessageChars ? message : `${message.slice(0, faultMessageChars - 1)}…`;
  return new VolumeFault({
    ...{ type, code, message: text, retryable: false, mayHaveHappened: false },
    ...more,
  });
}

/** Of a call whose time to begin is over; whoever ordered it decides anew. */
export const expired = (lateMs: number): VolumeFault =>
  volumeFault('Cancelled', issueExpired, `not begun: its time was over ${lateMs} ms ago`);

export function faultIn(thrown: unknown): EffectFault | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('fault' in thrown)) return undefined;
  return (thrown as { fault: EffectFault }).fault;
}

export const hasCode = (thrown: unknown, codes: readonly string[]): boolean => {
  const fault = faultIn(thrown);
  return fault !== undefined && codes.includes(fault.code);
};

/** No answer, or none that tells anything: what was asked about is unknown, not gone. */
const silent: ReadonlySet<FaultType> = new Set<FaultType>([
  ...([
    'Timeout',
    'Unavailable',
    'Retryable',
    'RateLimit',
    'ProviderError',
    'Unauthorized',
  ] as const),
]);
export const isSilence = (thrown: unknown): boolean => {
  const fault = faultIn(thrown);
  return fault !== undefined && (silent.has(fault.type) || fault.rejectedBy !== undefined);
};

/** Runs a call for which some codes mean that the work is done already. */
export async function unlessDone(codes: readonly string[], call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (thrown) {
    if (!hasCode(thrown, codes)) throw thrown;
  }
}

export const goneVolume = ['InvalidVolume.NotFound'] as const;
export const goneSnapshot = ['InvalidSnapshot.NotFound'] as const;
