/** Port FleetView: one look at every instance Fairlead manages in an account and region. All or nothing. */
import { valuesOf } from '../../actors/policies/fan-out.ts';
import type { FleetView } from '../../actors/ports.ts';
import type { CloudScope, InstanceFact } from '../../machines/messages.ts';
import { deadlines } from '../../machines/limits.ts';
import { describe, toFact } from './instances.ts';
import type { KnownInstance } from './instances.ts';
import { confirmOwner } from './owner.ts';
import { allPages, inParts } from './pages.ts';
import type { CallScope, Sessions } from './session.ts';
import type { SharedCalls } from './shared-calls.ts';
import { byTag, managedByValue, tagKeys } from './tags.ts';

/** SSM answers at most so many instances a page. */
const agentPage = 50;

export function createFleetView(sessions: Sessions, fanOut: SharedCalls['fanOut']): FleetView {
  return {
    async look(scope, awaitingAgent) {
      const call = callScope(scope);
      const found = await describe(sessions, call, [byTag(tagKeys.managedBy, managedByValue)]);
      // Nothing found carries no owner id, so it is asked for: "none" is believed of the right account only.
      if (found.length === 0) await confirmOwner(sessions, call);
      const asked = found.filter(
        ({ instanceId, state }) => state === 'running' && awaitingAgent.has(instanceId),
      );
      const online = await onlineAgents(
        sessions,
        fanOut,
        call,
        asked.map(({ instanceId }) => instanceId),
      );
      return byUid(found, online);
    },
  };
}

/** A look has no attempt of its own: it ends after the time of one EC2 attempt. */
const callScope = ({ account, region }: CloudScope): CallScope => ({
  account,
  region,
  correlationId: 'fleet-poll',
  priority: 'background',
  signal: AbortSignal.timeout(deadlines.ec2AttemptMs),
});

async function onlineAgents(
  sessions: Sessions,
  fanOut: SharedCalls['fanOut'],
  scope: CallScope,
  instanceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (instanceIds.length === 0) return new Set();
  const report = await fanOut.run(
    { kind: 'agents', attempt: scope },
    inParts(instanceIds, agentPage),
    (part, within) => agentsOf(sessions, { ...scope, ...within }, part),
  );
  const online = valuesOf(report).flat();
  return new Set(
    online.flatMap(({ InstanceId, PingStatus }) =>
      InstanceId !== undefined && PingStatus === 'Online' ? [InstanceId] : [],
    ),
  );
}

const agentsOf = (sessions: Sessions, scope: CallScope, instanceIds: string[]) =>
  allPages(
    (NextToken) =>
      sessions.ssm(scope, 'describeInstanceInformation', {
        Filters: [{ Key: 'InstanceIds', Values: instanceIds }],
        MaxResults: agentPage,
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    (page) => page.InstanceInformationList,
  );

function byUid(
  found: readonly KnownInstance[],
  online: ReadonlySet<string>,
): ReadonlyMap<string, readonly InstanceFact[]> {
  const facts = new Map<string, InstanceFact[]>();
  const seen = new Set<string>();
  for (const each of found) {
    const uid = each.tags[tagKeys.uid];
    // A page may repeat what the one before it held when the fleet changes meanwhile.
    if (uid === undefined || seen.has(each.instanceId)) continue;
    seen.add(each.instanceId);
    const list = facts.get(uid) ?? [];
    list.push(toFact(each, online.has(each.instanceId)));
    facts.set(uid, list);
  }
  return facts;
}
