/** Port Machines on EC2: launch and find with one token; end, stop and start by shared calls. All may be repeated. */
import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { valuesOf } from '../../actors/policies/fan-out.ts';
import type { Attempt, Machines } from '../../actors/ports.ts';
import { batchPresets } from '../../machines/limits.ts';
import type { InstanceFact, LaunchOrder, LaunchedNode } from '../../machines/messages.ts';
import { inContext, launchFault, ownFault, unlessDone, youngInstance } from './faults.ts';
import { describe, readInstance, toFact, toLaunched } from './instances.ts';
import type { KnownInstance } from './instances.ts';
import { inParts } from './pages.ts';
import { power } from './power.ts';
import { terminator } from './ending.ts';
import type { SharedCalls } from './shared-calls.ts';
import type { Sessions } from './session.ts';
import { byTag, tagKeys, toTags } from './tags.ts';

const livingStates: InstanceFact['state'][] = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'shutting-down',
];

export function createMachines(sessions: Sessions, shared: SharedCalls): Machines {
  const terminate = terminator(sessions, shared);
  return {
    async launch(order, token, attempt) {
      const scope = { ...pick(order), ...attempt };
      const reply = await inContext(launchFault, () =>
        sessions.ec2(scope, 'runInstances', launchRequest(order, token)),
      );
      if (reply.OwnerId !== undefined) sessions.checkOwner(order.account, reply.OwnerId);
      const [instance] = reply.Instances ?? [];
      if (instance === undefined)
        throw ownFault('ProviderError', 'reply.incomplete', 'a launch answered without instance', {
          mayHaveHappened: true,
        });
      return toLaunched(readInstance(instance, order.region));
    },

    find: (order, token, attempt) => find(sessions, order, token, attempt),

    terminate,

    async terminateAll(scope, instanceIds, attempt) {
      const report = await shared.fanOut.run(
        { kind: 'sweep', attempt },
        // Those of one part meet in one call again.
        inParts(instanceIds, batchPresets.default.sizeMax),
        (part, within) => Promise.all(part.map((id) => terminate(scope, id, true, within))),
      );
      valuesOf(report);
    },

    stop: power(sessions, shared, 'stopInstances'),
    start: power(sessions, shared, 'startInstances'),
    reboot: power(sessions, shared, 'rebootInstances'),

    async letRoute(scope, instanceId, attempt) {
      const off = { InstanceId: instanceId, SourceDestCheck: { Value: false } };
      // One that has died in the meantime routes nothing; its node will find out.
      await unlessDone(['IncorrectInstanceState'], () =>
        inContext(youngInstance, () =>
          sessions.ec2({ ...pick(scope), ...attempt }, 'modifyInstanceAttribute', off),
        ),
      );
    },

    async listByUid(scope, uid, attempt) {
      const found = await describe(sessions, { ...pick(scope), ...attempt }, [
        byTag(tagKeys.uid, uid),
        { Name: 'instance-state-name', Values: livingStates },
      ]);
      return found.map((each) => toFact(each, false));
    },
  };
}

const pick = ({ account, region }: { account: string; region: string }) => ({ account, region });

/**
 * Looks for what an earlier attempt launched. A terminated one is an answer too: its token is dead. Should two carry one
 * token, the one that lives, then the older one, is the node; the sweep by uid finds the other.
 */
async function find(
  sessions: Sessions,
  order: LaunchOrder,
  token: string,
  attempt: Attempt,
): Promise<LaunchedNode | undefined> {
  const own = [tagKeys.uid, tagKeys.slot, tagKeys.incarnation].flatMap((key) => {
    const value = order.tags[key];
    return value === undefined ? [] : [byTag(key, value)];
  });
  const scope = { ...pick(order), ...attempt };
  const found = await describe(sessions, scope, [...own, byTag(tagKeys.token, token)]);
  const [best] = found.sort((left, right) => rank(left) - rank(right));
  return best === undefined ? undefined : toLaunched(best);
}

function rank({ state, instance }: KnownInstance): number {
  const dead = state === 'terminated' || state === 'shutting-down';
  return (dead ? 1e15 : 0) + (instance.LaunchTime?.getTime() ?? 0);
}

/**
 * The whole RunInstances request of an order; equal orders and tokens give equal requests. Without `publicIp` the subnet
 * decides on addresses: those of a default VPC give public ones, which is its only way out.
 */
function launchRequest(order: LaunchOrder, token: string): RunInstancesCommandInput {
  const tags = toTags({ ...order.tags, [tagKeys.token]: token });
  return {
    ...instanceRequest(order),
    ClientToken: token,
    TagSpecifications: (['instance', 'volume', 'network-interface'] as const).map(
      (ResourceType) => ({ ResourceType, Tags: tags }),
    ),
  };
}

/** What a launch and a trial of its permission have in common. */
export function instanceRequest(
  order: Omit<LaunchOrder, 'account' | 'region' | 'tags'>,
): RunInstancesCommandInput {
  const { offer, rootVolume } = order;
  const groups = [...order.securityGroupIds];
  return {
    MinCount: 1,
    MaxCount: 1,
    ImageId: offer.imageId,
    // The SDK lists the types it knows; EC2 has newer ones.
    InstanceType: offer.instanceType as NonNullable<RunInstancesCommandInput['InstanceType']>,
    IamInstanceProfile: { Name: order.instanceProfile },
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpTokens: 'required',
      // 2: a pod with the node's role reaches the metadata service through one more hop.
      HttpPutResponseHopLimit: 2,
      InstanceMetadataTags: 'disabled',
    },
    BlockDeviceMappings: [
      {
        DeviceName: order.rootDevice,
        Ebs: {
          VolumeType: 'gp3',
          VolumeSize: rootVolume.sizeGiB,
          Encrypted: rootVolume.encrypted,
          DeleteOnTermination: true,
          ...(rootVolume.kmsKeyId === '' ? {} : { KmsKeyId: rootVolume.kmsKeyId }),
        },
      },
    ],
    DisableApiTermination: order.protected,
    // T types burst: unlimited is what AWS gives t3 and t4g by default, said here so that it never depends on the account.
    ...(/^t\d/.test(offer.instanceType)
      ? { CreditSpecification: { CpuCredits: 'unlimited' } }
      : {}),
    ...(order.publicIp
      ? {
          NetworkInterfaces: [
            {
              DeviceIndex: 0,
              SubnetId: offer.subnetId,
              AssociatePublicIpAddress: true,
              DeleteOnTermination: true,
              ...(groups.length === 0 ? {} : { Groups: groups }),
            },
          ],
        }
      : {
          SubnetId: offer.subnetId,
          ...(groups.length === 0 ? {} : { SecurityGroupIds: groups }),
        }),
  };
}
