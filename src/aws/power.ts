/** Stops, starts and reboots instances, many in one call. One that is there already is a success: all may be repeated. */
import type { InstanceStateChange } from '@aws-sdk/client-ec2';
import type { Machines } from '../../actors/ports.ts';
import type { InstanceFact } from '../../machines/messages.ts';
import { CloudFault, notYet, ownFault } from './faults.ts';
import { describe } from './instances.ts';
import type { CallScope, Sessions } from './session.ts';
import { batchCall } from './shared-calls.ts';
import type { SharedCalls } from './shared-calls.ts';

type PowerCall = 'stopInstances' | 'startInstances' | 'rebootInstances';
type State = InstanceFact['state'];

/** As EC2 calls them. */
const operations: Readonly<Record<PowerCall, string>> = {
  stopInstances: 'StopInstances',
  startInstances: 'StartInstances',
  rebootInstances: 'RebootInstances',
};

/** States from which the call is refused now and accepted a little later. */
const passing: Readonly<Record<PowerCall, readonly State[]>> = {
  stopInstances: ['pending'],
  startInstances: ['stopping'],
  rebootInstances: ['pending'],
};

export const power =
  (sessions: Sessions, { batches }: SharedCalls, name: PowerCall): Machines['stop'] =>
  async (scope, instanceId, attempt) => {
    const call = batchCall(scope, [name, operations[name]], (ids, within) =>
      changePower(sessions, within, name, ids),
    );
    try {
      return await batches.run(call, instanceId, attempt);
    } catch (thrown) {
      const { account, region } = scope;
      const within = { account, region, ...attempt };
      throw (await explainState(sessions, within, name, instanceId, thrown)) ?? thrown;
    }
  };

/**
 * One call for all ids; instance id → state it is going through.
 * @throws CloudFault of the whole call: one bad id fails it for all
 */
async function changePower(
  sessions: Sessions,
  scope: CallScope,
  call: PowerCall,
  instanceIds: readonly string[],
): Promise<ReadonlyMap<string, { state: string }>> {
  const InstanceIds = [...instanceIds];
  if (call === 'rebootInstances') {
    await sessions.ec2(scope, call, { InstanceIds });
    return new Map(instanceIds.map((id) => [id, { state: 'running' }]));
  }
  return call === 'stopInstances'
    ? statesIn((await sessions.ec2(scope, call, { InstanceIds })).StoppingInstances, 'stopping')
    : statesIn((await sessions.ec2(scope, call, { InstanceIds })).StartingInstances, 'pending');
}

export const statesIn = (
  changes: readonly InstanceStateChange[] | undefined,
  otherwise: State,
): ReadonlyMap<string, { state: string }> =>
  new Map(
    (changes ?? []).map(({ InstanceId, CurrentState }) => [
      InstanceId ?? '',
      { state: CurrentState?.Name ?? otherwise },
    ]),
  );

/** EC2 refuses moving, settled and ended instances with one code; which of them it is, a look tells. */
async function explainState(
  sessions: Sessions,
  scope: CallScope,
  call: PowerCall,
  instanceId: string,
  thrown: unknown,
): Promise<CloudFault | undefined> {
  if (!(thrown instanceof CloudFault) || thrown.fault.code !== 'IncorrectInstanceState')
    return undefined;
  const [found] = await describe(sessions, scope, [{ Name: 'instance-id', Values: [instanceId] }]);
  const state = found?.state ?? 'terminated';
  if (state === 'terminated' || state === 'shutting-down')
    return ownFault('NotFound', 'instance.gone', `${instanceId} is ${state}`);
  if (passing[call].includes(state)) return new CloudFault(notYet(thrown.fault), thrown);
  return undefined;
}
