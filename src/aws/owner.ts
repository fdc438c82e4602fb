/** Whose account the credentials really open, told by the owner of a default security group: a right we need anyway. */
import { ownFault } from './faults.ts';
import type { CallScope, Sessions } from './session.ts';

/**
 * Asks for the owner id and compares it with the expected one; the first answer is remembered.
 * @throws CloudFault `account.mismatch`, or `account.ownerUnknown` where no VPC exists to tell
 */
export async function confirmOwner(sessions: Sessions, scope: CallScope): Promise<string> {
  const reply = await sessions.ec2(scope, 'describeSecurityGroups', {
    Filters: [{ Name: 'group-name', Values: ['default'] }],
    MaxResults: 5,
  });
  const ownerId = reply.SecurityGroups?.find((each) => each.OwnerId !== undefined)?.OwnerId;
  if (ownerId === undefined)
    throw ownFault(
      'ProviderError',
      'account.ownerUnknown',
      `no default security group in ${scope.region} tells which account this is; create a VPC there`,
    );
  sessions.checkOwner(scope.account, ownerId);
  return ownerId;
}
