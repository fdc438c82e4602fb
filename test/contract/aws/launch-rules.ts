/** RunInstances: tokens, counts, and what is refused. */
import { DescribeInstancesCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { refusal } from './rules.ts';
import type { Book, Rule } from './rules.ts';
import {
  imageId,
  instanceIn,
  launchIds,
  launchInput,
  launched,
  subnets,
  terminated,
  unique,
} from './scene.ts';
import { eventually } from './target.ts';
import type { Target } from './target.ts';

type Input = Awaited<ReturnType<typeof launchInput>>;

const api = 'EC2 API reference, RunInstances';
const tokens = 'EC2 API reference, ensuring idempotency';

export function launchRules({ rule }: Book): void {
  rule('a launch replies pending, with tags, and ends running', {
    source: api,
    holds: async (target) => {
      const input = await launchInput(target);
      const { Instances = [] } = await target.ec2.send(new RunInstancesCommand(input));
      expect(Instances).toHaveLength(1);
      expect(Instances[0]?.State).toEqual({ Code: 0, Name: 'pending' });
      expect(Instances[0]?.Tags).toEqual(input.TagSpecifications?.[0]?.Tags);
      const running = await instanceIn(target, Instances[0]?.InstanceId ?? '', 'running');
      expect(running.PrivateIpAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(running.SubnetId).toBe(input.SubnetId);
      expect(running.Architecture).toBe('x86_64');
    },
  });

  rule('the same token and request in the same scope launch nothing more', {
    source: tokens,
    holds: async (target) => {
      const input = await launchInput(target);
      const [first] = await launchIds(target, input);
      expect(await launchIds(target, input)).toEqual([first]);
    },
    deviations: {
      moto: {
        id: 'token-not-deduplicated',
        does: async (target) => {
          const input = await launchInput(target);
          const [first] = await launchIds(target, input);
          expect(await launchIds(target, input)).not.toEqual([first]);
        },
      },
    },
  });

  rule('the same token with another request is a mismatch', {
    source: tokens,
    ...refusedExactly(
      async (target, input) => {
        await launchIds(target, input);
        return { ...input, InstanceType: 't3.medium' };
      },
      'IdempotentParameterMismatch',
      'token-mismatch-accepted',
    ),
  });

  rule('the same token in another zone is another launch', {
    source: tokens,
    holds: async (target) => {
      const input = await launchInput(target);
      const [, { SubnetId = '' }] = await subnets(target);
      const [first] = await launchIds(target, input);
      expect(await launchIds(target, { ...input, SubnetId })).not.toEqual([first]);
    },
  });

  rule('a terminated launch replays as terminated', {
    source: tokens,
    holds: async (target) => {
      const input = await launchInput(target);
      const [first = ''] = await launchIds(target, input);
      await instanceIn(target, first, 'running');
      await terminated(target, first);
      const again = await target.ec2.send(new RunInstancesCommand(input));
      expect(again.Instances?.[0]?.InstanceId).toBe(first);
      expect(again.Instances?.[0]?.State?.Name).toBe('terminated');
    },
    deviations: {
      moto: {
        id: 'terminated-token-launches',
        does: async (target) => {
          const input = await launchInput(target);
          const [first = ''] = await launchIds(target, input);
          await terminated(target, first);
          expect(await launchIds(target, input)).not.toEqual([first]);
        },
      },
    },
  });

  rule('a launch is found by its client token', {
    source: 'EC2 API reference, DescribeInstances filters',
    needs: ['clientTokenFilter'],
    holds: async (target) => {
      const input = await launchInput(target);
      const ids = await launchIds(target, input);
      const Filters = [{ Name: 'client-token', Values: [input.ClientToken ?? ''] }];
      const found = await eventually('the launch by token', target, async () => {
        const reply = await target.ec2.send(new DescribeInstancesCommand({ Filters }));
        return reply.Reservations?.[0]?.Instances;
      });
      expect(found.map((it) => it.InstanceId)).toEqual(ids);
    },
  });

  rule('several machines of one launch share a reservation and count their index', {
    source: api,
    holds: async (target) => {
      const input = await launchInput(target, { MinCount: 2, MaxCount: 3 });
      const { Instances = [] } = await target.ec2.send(new RunInstancesCommand(input));
      const indexes = Instances.map((it) => it.AmiLaunchIndex).sort();
      expect(indexes).toEqual([0, 1, 2]);
    },
    deviations: {
      moto: {
        id: 'launches-the-minimum',
        does: async (target) => {
          const input = await launchInput(target, { MinCount: 2, MaxCount: 3 });
          expect(await launchIds(target, input)).toHaveLength(2);
        },
      },
    },
  });

  rule('a minimum above the maximum is refused', {
    source: api,
    holds: async (target) => {
      const input = await launchInput(target, { MinCount: 2 });
      const refused = await refusal(target.ec2.send(new RunInstancesCommand(input)));
      expect(refused).toEqual({ name: 'InvalidParameterValue', status: 400 });
    },
    deviations: {
      moto: {
        id: 'minimum-above-maximum-launched',
        does: async (target) => {
          const input = await launchInput(target, { MinCount: 2 });
          expect(await launchIds(target, input)).toHaveLength(2);
        },
      },
    },
  });

  rule('a dry run proves permission and launches nothing', {
    source: api,
    holds: async (target) => {
      const input = await launchInput(target, { DryRun: true });
      const refused = await refusal(target.ec2.send(new RunInstancesCommand(input)));
      expect(refused).toEqual({ name: 'DryRunOperation', status: 412 });
    },
  });

  rule('an unknown subnet is refused', {
    source: api,
    ...refusedExactly(
      (_, input) => Promise.resolve({ ...input, SubnetId: 'subnet-0123456789abcdef0' }),
      'InvalidSubnetID.NotFound',
    ),
  });

  rule('an unknown security group is refused', {
    source: api,
    ...refusedExactly(
      (_, input) => Promise.resolve({ ...input, SecurityGroupIds: ['sg-0123456789abcdef0'] }),
      'InvalidGroup.NotFound',
    ),
  });

  rule('an image id of the wrong form is refused', {
    source: api,
    ...refusedExactly(
      (_, input) => Promise.resolve({ ...input, ImageId: 'ami-nonsense' }),
      'InvalidAMIID.Malformed',
      'image-not-validated',
    ),
  });

  rule('an unknown image is refused', {
    source: api,
    ...refusedExactly(
      (_, input) => Promise.resolve({ ...input, ImageId: 'ami-0123456789abcdef0' }),
      'InvalidAMIID.NotFound',
      'unknown-image-accepted',
    ),
  });

  rule('an unknown instance type is refused', {
    source: api,
    ...refusedExactly(
      (_, input) => Promise.resolve({ ...input, InstanceType: 'x9.nothing' as 't3.small' }),
      'InvalidParameterValue',
      'unknown-type-accepted',
    ),
  });

  rule('an image of another architecture is refused', {
    source: api,
    ...refusedExactly(
      async (target, input) => ({ ...input, ImageId: await imageId(target, 'arm64') }),
      'InvalidParameterValue',
      'architecture-not-compared',
    ),
  });

  rule('user data above 16 KB is refused', {
    source: 'EC2 user guide, user data',
    ...refusedExactly(
      (_, input) =>
        Promise.resolve({ ...input, UserData: Buffer.alloc(16_385, 'x').toString('base64') }),
      'InvalidParameterValue',
      'user-data-size-unchecked',
    ),
  });

  rule('an unknown key pair is refused', {
    source: api,
    ...refusedExactly(
      (_, input) => Promise.resolve({ ...input, KeyName: unique('key') }),
      'InvalidKeyPair.NotFound',
      'unknown-key-pair-accepted',
    ),
  });

  rule('a tag key of the reserved prefix is refused', {
    source: 'EC2 user guide, tag restrictions',
    ...refusedExactly(
      (_, input) => Promise.resolve({ ...input, ...tagged([{ Key: 'aws:mine', Value: 'x' }]) }),
      'InvalidParameterValue',
      'reserved-tag-accepted',
    ),
  });

  rule('a launch is found by its tags, with wildcards', {
    source: 'EC2 API reference, DescribeInstances filters',
    holds: async (target) => {
      const uid = unique('uid');
      const id = await launched(target, tagged([{ Key: 'fairlead:uid', Value: uid }]));
      for (const Values of [[uid], [`${uid.slice(0, 12)}*`]]) {
        const Filters = [{ Name: 'tag:fairlead:uid', Values }];
        const { Reservations = [] } = await target.ec2.send(
          new DescribeInstancesCommand({ Filters }),
        );
        expect(Reservations.map((it) => it.Instances?.[0]?.InstanceId)).toEqual([id]);
      }
    },
  });
}

function tagged(Tags: { Key: string; Value: string }[]): Pick<Input, 'TagSpecifications'> {
  return { TagSpecifications: [{ ResourceType: 'instance', Tags }] };
}

/** A launch that AWS refuses by this name with status 400; a deviating target accepts it. */
function refusedExactly(
  prepare: (target: Target, input: Input) => Promise<Input>,
  name: string,
  motoDeviation?: string,
): Pick<Rule, 'holds' | 'deviations'> {
  const holds = async (target: Target): Promise<void> => {
    const input = await prepare(target, await launchInput(target));
    const refused = await refusal(target.ec2.send(new RunInstancesCommand(input)));
    expect(refused).toEqual({ name, status: 400 });
  };
  const accepts = async (target: Target): Promise<void> => {
    const input = await prepare(target, await launchInput(target));
    expect(await launchIds(target, input)).toHaveLength(1);
  };
  return motoDeviation === undefined
    ? { holds }
    : { holds, deviations: { moto: { id: motoDeviation, does: accepts } } };
}
