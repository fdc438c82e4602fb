/** Tags of resources that exist. */
import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { refusal } from './rules.ts';
import type { Book } from './rules.ts';
import { find, launched } from './scene.ts';

const nobody = 'i-0123456789abcdef0';

export function tagRules({ rule }: Book): void {
  rule('tags are added and replaced', {
    source: 'EC2 API reference, CreateTags',
    holds: async (target) => {
      const id = await launched(target);
      for (const Value of ['one', 'two']) {
        const Tags = [{ Key: 'note', Value }];
        await target.ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
      }
      const tags = (await find(target, id))?.Tags ?? [];
      expect(tags.filter((it) => it.Key === 'note')).toEqual([{ Key: 'note', Value: 'two' }]);
    },
  });

  rule('the 51st tag is refused', {
    source: 'EC2 user guide, tag restrictions',
    holds: async (target) => {
      const id = await launched(target);
      const Tags = Array.from({ length: 51 }, (_, index) => ({
        Key: `key-${String(index)}`,
        Value: '',
      }));
      const command = new CreateTagsCommand({ Resources: [id], Tags });
      expect((await refusal(target.ec2.send(command))).name).toBe('TagLimitExceeded');
    },
  });

  rule('tags of an unknown instance are refused', {
    source: 'EC2 API reference, CreateTags',
    holds: async (target) => {
      const Tags = [{ Key: 'note', Value: 'x' }];
      const command = new CreateTagsCommand({ Resources: [nobody], Tags });
      const refused = await refusal(target.ec2.send(command));
      expect(refused).toEqual({ name: 'InvalidInstanceID.NotFound', status: 400 });
    },
    deviations: {
      moto: {
        id: 'tags-of-nothing-accepted',
        does: async (target) => {
          const Tags = [{ Key: 'note', Value: 'x' }];
          await target.ec2.send(new CreateTagsCommand({ Resources: [nobody], Tags }));
        },
      },
    },
  });
}
