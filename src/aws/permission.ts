/** Asks EC2 whether our credentials may launch what the plan wants, without launching it. Proves permission only. */
import type { LaunchOrder } from '../../machines/messages.ts';
import { CloudFault, ownFault } from './faults.ts';
import { instanceRequest } from './machines.ts';
import type { Problem } from './problems.ts';
import type { CallScope, Sessions } from './session.ts';
import { managedByValue, tagKeys, toTags } from './tags.ts';

export type TrialOrder = Omit<LaunchOrder, 'account' | 'region' | 'tags'>;

/**
 * One trial launch with the profile of `role`. A profile EC2 does not know is a problem of the spec.
 * @throws CloudFault `Unauthorized` when launching is not permitted; its message names the action
 */
export async function tryLaunch(
  sessions: Sessions,
  scope: CallScope,
  role: 'server' | 'agent',
  uid: string,
  order: TrialOrder,
): Promise<Problem[]> {
  const Tags = toTags({ [tagKeys.managedBy]: managedByValue, [tagKeys.uid]: uid });
  try {
    await sessions.ec2(scope, 'runInstances', {
      ...instanceRequest(order),
      DryRun: true,
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    });
  } catch (error) {
    if (!(error instanceof CloudFault)) throw error;
    const { code, message, type } = error.fault;
    // Permitted; or refused for want of room, which comes after the permission and may be over by the launch.
    if (code === 'DryRunOperation' || code === 'Unsupported') return [];
    if (type === 'CapacityShortage') return [];
    if (!/iam/i.test(message) || type !== 'InvalidSpec') throw error;
    const text = `is ${order.instanceProfile}: EC2 knows no usable instance profile of that name; create it or write the name of yours`;
    return [{ path: `spec.instanceProfiles.${role}`, code: 'manifest.profileNotFound', text }];
  }
  throw ownFault('InternalError', 'dryRun.answered', 'a trial launch was answered as a real one', {
    mayHaveHappened: true,
  });
}
