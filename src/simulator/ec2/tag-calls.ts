/** CreateTags and DeleteTags, on whatever carries tags. All resources of a call are checked before one is changed. */
import { CreateTags$, DeleteTags$ } from '@aws-sdk/client-ec2';
import type { CreateTagsRequest, DeleteTagsRequest, Tag } from '@aws-sdk/client-ec2';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import type { Call } from '../world.ts';
import { findGroup, findInstances } from './lookup.ts';
import { readTags } from './tags.ts';
import type { Tags } from './tags.ts';
import { settled } from './volumes/append-log.ts';
import { findSnapshot } from './volumes/snapshot-state.ts';
import { findVolume } from './volumes/volume-state.ts';

export const createTags = operation(CreateTags$, (input: CreateTagsRequest, call): object => {
  change(input.Resources, (before) => readTags(input.Tags, before), call);
  return {};
});

/** A value that is given must be the tag's own; what is not there is no error. */
export const deleteTags = operation(DeleteTags$, (input: DeleteTagsRequest, call): object => {
  change(input.Resources, (before) => without(before, input.Tags), call);
  return {};
});

function without(before: Tags, given: readonly Tag[] | undefined): Tags {
  if (given === undefined) return {};
  const isNamed = (key: string, value: string) =>
    given.some(({ Key, Value }) => Key === key && (Value === undefined || Value === value));
  return Object.fromEntries(Object.entries(before).filter(([key, value]) => !isNamed(key, value)));
}

function change(
  ids: readonly string[] | undefined,
  next: (before: Tags) => Tags,
  call: Call,
): void {
  const changes = (ids ?? []).map((id) => changing(id, next, call));
  for (const apply of changes) apply();
}

/** Checks one resource now; the change itself is made once every resource has been checked. */
function changing(id: string, next: (before: Tags) => Tags, call: Call): () => void {
  const { tables } = call.world;
  if (id.startsWith('i-')) {
    const [record] = findInstances([id], call);
    if (record === undefined) throw new Error(`${id} was found and is not there`);
    const tags = next(record.tags);
    return () => {
      tables.instances.put(id, { ...record, tags });
    };
  }
  if (id.startsWith('sg-')) {
    const record = findGroup(id, call);
    const tags = next(record.tags);
    return () => {
      tables.groups.put(id, { ...record, tags });
    };
  }
  if (id.startsWith('vol-')) {
    // What has been written so far belongs to the epoch its tag named so far.
    const record = settled(call.world, findVolume(id, call), call.nowMs);
    const tags = next(record.tags);
    return () => {
      tables.volumes.put(id, { ...record, tags });
    };
  }
  if (id.startsWith('snap-')) {
    const record = findSnapshot(id, call);
    const tags = next(record.tags);
    return () => {
      tables.snapshots.put(id, { ...record, tags });
    };
  }
  throw new AwsError('InvalidID', `The ID '${id}' is not valid`);
}
