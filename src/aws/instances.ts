/** Instances as EC2 describes them, read into our facts. */
import type { Filter, Instance, Reservation } from '@aws-sdk/client-ec2';
import type { InstanceFact, LaunchedNode } from '../../machines/messages.ts';
import { ownFault } from './faults.ts';
import { allPages } from './pages.ts';
import type { CallScope, Sessions } from './session.ts';
import { fromTags, tagKeys } from './tags.ts';

const states: readonly string[] = [
  'pending',
  'running',
  'shutting-down',
  'terminated',
  'stopping',
  'stopped',
] satisfies InstanceFact['state'][];
const isState = (name: string | undefined): name is InstanceFact['state'] =>
  name !== undefined && states.includes(name);

/** An instance with what we cannot do without; an answer that lacks it is not believed. */
export interface KnownInstance {
  readonly instance: Instance;
  readonly instanceId: string;
  readonly state: InstanceFact['state'];
  readonly zone: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Every instance the filters match, all pages. Each reservation's owner and each zone's region are checked: a look at the
 * wrong account must not pass for an empty cloud.
 */
export async function describe(
  sessions: Sessions,
  scope: CallScope,
  filters: Filter[],
): Promise<KnownInstance[]> {
  const reservations = await allPages(
    (NextToken) =>
      sessions.ec2(scope, 'describeInstances', {
        Filters: filters,
        MaxResults: 1_000,
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    (page) => page.Reservations,
  );
  return reservations.flatMap((each) => readReservation(sessions, scope, each));
}

function readReservation(
  sessions: Sessions,
  scope: CallScope,
  reservation: Reservation,
): KnownInstance[] {
  if (reservation.OwnerId !== undefined) sessions.checkOwner(scope.account, reservation.OwnerId);
  return (reservation.Instances ?? []).map((each) => readInstance(each, scope.region));
}

export function readInstance(instance: Instance, region: string): KnownInstance {
  const { InstanceId: instanceId, State: state, Placement: placement } = instance;
  const zone = placement?.AvailabilityZone;
  const name = state?.Name;
  if (instanceId === undefined || zone === undefined || !isState(name))
    throw ownFault(
      'ProviderError',
      'reply.incomplete',
      `an instance came without id, zone or a known state (${instanceId ?? 'no id'})`,
    );
  if (!zone.startsWith(region))
    throw ownFault(
      'ProviderError',
      'region.mismatch',
      `${instanceId} is in ${zone}, but ${region} was asked`,
    );
  return { instance, instanceId, state: name, zone, tags: fromTags(instance.Tags) };
}

export const toLaunched = (known: KnownInstance): LaunchedNode => ({
  instanceId: known.instanceId,
  zone: known.zone,
  privateIp: known.instance.PrivateIpAddress ?? '',
  state: known.state,
});

/** `slot` is empty when somebody removed our tag: such an instance is swept by its uid, but is no node. */
export const toFact = (known: KnownInstance, agentOnline: boolean): InstanceFact => ({
  slot: known.tags[tagKeys.slot] ?? '',
  incarnation: Number(known.tags[tagKeys.incarnation] ?? 0) || 0,
  instanceId: known.instanceId,
  state: known.state,
  privateIp: known.instance.PrivateIpAddress ?? '',
  zone: known.zone,
  agentOnline,
  stateReason: known.instance.StateReason?.Code ?? '',
});
