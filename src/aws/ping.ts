/** Whether EC2 and SSM of an account and region answer: the cheapest read of each, through the guard like any other call. */
import { NothingLearned } from '../../actors/probes.ts';
import type { EffectFault } from '../../machines/messages.ts';
import type { CloudFault } from './faults.ts';
import type { CallScope, Sessions } from './session.ts';

export type PingedService = 'ec2' | 'ssm';

/** An answer about rights or pace is an answer: the service is there. */
const answered: ReadonlySet<EffectFault['type']> = new Set<EffectFault['type']>([
  ...(['RateLimit', 'Conflict', 'QuotaExceeded'] as const),
]);

/**
 * Resolves when the service answers. It may be the call that probes a half-open circuit.
 * @throws CloudFault, also while the circuit is open; NothingLearned when a limit of ours held the call back
 */
export async function ping(
  sessions: Sessions,
  scope: CallScope,
  service: PingedService,
): Promise<void> {
  try {
    if (service === 'ec2') await sessions.ec2(scope, 'describeAvailabilityZones', {});
    else await sessions.ssm(scope, 'describeInstanceInformation', { MaxResults: 5 });
  } catch (thrown) {
    const fault =
      thrown instanceof Error && 'fault' in thrown ? (thrown as CloudFault).fault : null;
    if (fault === null) throw thrown;
    if (fault.rejectedBy !== undefined && fault.rejectedBy !== 'circuit')
      throw new NothingLearned(fault.message);
    if (!answered.has(fault.type)) throw thrown;
  }
}
