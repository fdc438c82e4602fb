/** Reads and changes of instances that have been launched. */
import {
  DescribeInstancesCommand,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import type { DescribeInstancesCommandInput } from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { refusal } from './rules.ts';
import type { Book } from './rules.ts';
import { find, instanceIn, launchInput, launched, terminated, unique } from './scene.ts';
import { eventually } from './target.ts';
import type { Target } from './target.ts';

const describe = 'EC2 API reference, DescribeInstances';
const lifecycle = 'EC2 user guide, instance lifecycle';
const nobody = 'i-0123456789abcdef0';

export function instanceRules(book: Book): void {
  readRules(book);
  changeRules(book);
  attributeRules(book);
}

function read(target: Target, input: DescribeInstancesCommandInput) {
  return target.ec2.send(new DescribeInstancesCommand(input));
}

function readRules({ rule }: Book): void {
  rule('an unknown instance id is not found', {
    source: describe,
    holds: async (target) => {
      const refused = await refusal(read(target, { InstanceIds: [nobody] }));
      expect(refused).toEqual({ name: 'InvalidInstanceID.NotFound', status: 400 });
    },
  });

  rule('an instance id of the wrong form is malformed', {
    source: describe,
    holds: async (target) => {
      const refused = await refusal(read(target, { InstanceIds: ['i-nonsense'] }));
      expect(refused).toEqual({ name: 'InvalidInstanceID.Malformed', status: 400 });
    },
    deviations: {
      moto: {
        id: 'malformed-id-not-found',
        does: async (target) => {
          const refused = await refusal(read(target, { InstanceIds: ['i-nonsense'] }));
          expect(refused.name).toBe('InvalidInstanceID.NotFound');
        },
      },
    },
  });

  rule('one bad id fails a read of several', {
    source: describe,
    holds: async (target) => {
      const id = await launched(target);
      const refused = await refusal(read(target, { InstanceIds: [id, nobody] }));
      expect(refused.name).toBe('InvalidInstanceID.NotFound');
    },
  });

  rule('a page size together with ids is refused', {
    source: describe,
    holds: async (target) => {
      const id = await launched(target);
      const refused = await refusal(read(target, { InstanceIds: [id], MaxResults: 10 }));
      expect(refused).toEqual({ name: 'InvalidParameterCombination', status: 400 });
    },
  });

  rule('a page size below 5 is refused', {
    source: describe,
    holds: async (target) => {
      const refused = await refusal(read(target, { MaxResults: 2 }));
      expect(refused).toEqual({ name: 'InvalidParameterValue', status: 400 });
    },
    deviations: {
      moto: {
        id: 'small-page-accepted',
        does: async (target) => {
          await read(target, { MaxResults: 2 });
        },
      },
    },
  });

  rule('an unknown filter is refused', {
    source: describe,
    holds: async (target) => {
      const Filters = [{ Name: 'no-such-filter', Values: ['x'] }];
      const refused = await refusal(read(target, { Filters }));
      expect(refused).toEqual({ name: 'InvalidParameterValue', status: 400 });
    },
    deviations: {
      moto: {
        id: 'unknown-filter-500',
        does: async (target) => {
          const Filters = [{ Name: 'no-such-filter', Values: ['x'] }];
          expect((await refusal(read(target, { Filters }))).status).toBe(500);
        },
      },
    },
  });

  rule('pages together hold every instance once', {
    source: describe,
    holds: async (target) => {
      const uid = unique('uid');
      const Tags = [{ Key: 'fairlead:uid', Value: uid }];
      const wanted = 7;
      for (let count = 0; count < wanted; count += 1) {
        const TagSpecifications = [{ ResourceType: 'instance' as const, Tags }];
        const input = await launchInput(target, { TagSpecifications });
        await target.ec2.send(new RunInstancesCommand(input));
      }
      const Filters = [{ Name: 'tag:fairlead:uid', Values: [uid] }];
      const pages = await eventually('all pages', target, async () => {
        const found = await readPages(target, Filters);
        return found.ids.length === wanted ? found : undefined;
      });
      expect(new Set(pages.ids).size).toBe(wanted);
      expect(pages.count).toBe(2);
    },
  });
}

async function readPages(target: Target, Filters: { Name: string; Values: string[] }[]) {
  const ids: string[] = [];
  let count = 0;
  let NextToken: string | undefined;
  do {
    const more = NextToken === undefined ? {} : { NextToken };
    const page = await read(target, { Filters, MaxResults: 5, ...more });
    const instances = (page.Reservations ?? []).flatMap((it) => it.Instances ?? []);
    ids.push(...instances.map((it) => it.InstanceId ?? ''));
    count += 1;
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return { ids, count };
}

function changeRules({ rule }: Book): void {
  rule('terminate shuts down, ends terminated, and may be repeated', {
    source: lifecycle,
    holds: async (target) => {
      const id = await launched(target);
      const command = new TerminateInstancesCommand({ InstanceIds: [id] });
      const { TerminatingInstances = [] } = await target.ec2.send(command);
      expect(TerminatingInstances[0]?.CurrentState?.Name).toBe('shutting-down');
      expect(TerminatingInstances[0]?.PreviousState?.Name).toBe('running');
      await instanceIn(target, id, 'terminated');
      const again = await target.ec2.send(command);
      expect(again.TerminatingInstances?.[0]?.InstanceId).toBe(id);
    },
  });

  rule('terminate of an unknown id is not found', {
    source: lifecycle,
    holds: async (target) => {
      const command = new TerminateInstancesCommand({ InstanceIds: [nobody] });
      const refused = await refusal(target.ec2.send(command));
      expect(refused).toEqual({ name: 'InvalidInstanceID.NotFound', status: 400 });
    },
  });

  rule('a protected instance is terminated only once the protection is lifted', {
    source: 'EC2 user guide, termination protection',
    holds: async (target) => {
      const id = await launched(target, { DisableApiTermination: true });
      const terminate = new TerminateInstancesCommand({ InstanceIds: [id] });
      const refused = await refusal(target.ec2.send(terminate));
      expect(refused).toEqual({ name: 'OperationNotPermitted', status: 400 });
      const lift = { InstanceId: id, DisableApiTermination: { Value: false } };
      await target.ec2.send(new ModifyInstanceAttributeCommand(lift));
      await terminated(target, id);
    },
    deviations: {
      moto: {
        id: 'protection-ignored',
        does: async (target) => {
          await terminated(target, await launched(target, { DisableApiTermination: true }));
        },
      },
    },
  });

  rule('the states in between can be seen', {
    source: lifecycle,
    needs: ['time'],
    holds: async (target) => {
      const id = await launched(target);
      await target.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      await instanceIn(target, id, 'shutting-down');
      await instanceIn(target, id, 'terminated');
    },
  });
}

function attributeRules({ rule }: Book): void {
  rule('the check of source and destination is on until it is switched off', {
    source: 'EC2 API reference, ModifyInstanceAttribute',
    holds: async (target) => {
      const id = await launched(target);
      expect((await find(target, id))?.SourceDestCheck).toBe(true);
      const off = { InstanceId: id, SourceDestCheck: { Value: false } };
      await target.ec2.send(new ModifyInstanceAttributeCommand(off));
      await target.ec2.send(new ModifyInstanceAttributeCommand(off));
      expect((await find(target, id))?.SourceDestCheck).toBe(false);
    },
  });
}
