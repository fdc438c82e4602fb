/** What the role of a node may do: the parameters of its own cluster, by its tags; everything else is the owner's. */
import { ownerId } from '../catalogue.ts';
import { isUp } from '../ec2/instance-state.ts';
import { AwsError } from '../errors.ts';
import type { InstanceRecord } from '../state/records.ts';
import type { Call } from '../world.ts';

/** Operations a node role has any right to; the rest is refused before it is read. */
const nodeOperations = new Set([
  'GetParameter',
  'GetParameters',
  'GetParametersByPath',
  'PutParameter',
]);

/** @throws AwsError `AccessDeniedException` when a node calls what no node role allows */
export function assertMayCall(operation: string, call: Call): void {
  if (call.caller.kind === 'owner' || nodeOperations.has(operation)) return;
  throw denied(operation, '*', call);
}

/** Servers read the server and agent secrets of their cluster, agents only the latter. */
export function assertMayRead(operation: string, name: string, call: Call): void {
  if (call.caller.kind === 'owner') return;
  const { uid, isServer } = identityOf(operation, call);
  const allowed = [`/fairlead/${uid}/agent/`, ...(isServer ? [`/fairlead/${uid}/server/`] : [])];
  if (!allowed.some((prefix) => name.startsWith(prefix))) throw denied(operation, name, call);
}

/** Servers publish access to their cluster; agents write nothing. */
export function assertMayWrite(name: string, call: Call): void {
  if (call.caller.kind === 'owner') return;
  const { uid, isServer } = identityOf('PutParameter', call);
  const isAllowed = isServer && name.startsWith(`/fairlead/${uid}/access/`);
  if (!isAllowed) throw denied('PutParameter', name, call);
}

function identityOf(operation: string, call: Call): { uid: string; isServer: boolean } {
  const record = instanceOf(call);
  const uid = record?.tags['fairlead:uid'];
  if (record === undefined || uid === undefined || !isUp(record, call.nowMs)) {
    throw denied(operation, '*', call);
  }
  return { uid, isServer: record.tags['fairlead:role'] === 'server' };
}

function instanceOf(call: Call): InstanceRecord | undefined {
  return call.caller.kind === 'node'
    ? call.world.tables.instances.get(call.caller.instanceId)
    : undefined;
}

function denied(operation: string, name: string, call: Call): AwsError {
  const record = instanceOf(call);
  const role = record?.profileName ?? 'none';
  return new AwsError(
    'AccessDeniedException',
    `User: arn:aws:sts::${ownerId}:assumed-role/${role}/${record?.instanceId ?? 'unknown'} is not authorized to perform: ssm:${operation} on resource: arn:aws:ssm:${call.region}:${ownerId}:parameter${name} because no identity-based policy allows the ssm:${operation} action`,
  );
}
