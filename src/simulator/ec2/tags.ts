/** Tags: what AWS accepts as one, and the tags of a launch or creation request. */
import type { Tag, TagSpecification } from '@aws-sdk/client-ec2';
import { AwsError } from '../errors.ts';

export type Tags = Readonly<Record<string, string>>;

const tagsMax = 50;

/** @throws AwsError `InvalidParameterValue`, `TagLimitExceeded` */
export function readTags(given: readonly Tag[] | undefined, before: Tags = {}): Tags {
  const tags: Record<string, string> = {};
  for (const { Key: key = '', Value: value = '' } of given ?? []) {
    if (key === '') throw invalid('Tag keys must not be empty.');
    if (key in tags) throw invalid(`Duplicate tag key '${key}' specified.`);
    if (key.startsWith('aws:')) {
      throw invalid("Tag keys starting with 'aws:' are reserved for internal use");
    }
    if (key.length > 128) throw invalid('Tag key exceeds the maximum length of 128 characters');
    if (value.length > 256) throw invalid('Tag value exceeds the maximum length of 256 characters');
    tags[key] = value;
  }
  const all = { ...before, ...tags };
  if (Object.keys(all).length > tagsMax) {
    throw new AwsError(
      'TagLimitExceeded',
      `The maximum number of tags per resource is ${String(tagsMax)}.`,
    );
  }
  return all;
}

/** The tags a request gives to resources of the type. */
export function tagsFor(
  specifications: readonly TagSpecification[] | undefined,
  resourceType: string,
): Tags {
  const matching = (specifications ?? []).filter((entry) => entry.ResourceType === resourceType);
  return readTags(matching.flatMap((entry) => entry.Tags ?? []));
}

export function toTagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
