/** What an order to a group of replications rests on, and when it is taken. What stands against members, members say. */
import { check, judged } from './because.ts';
import type { Because } from './because.ts';
import type { GroupCommand, GroupContext } from './replication-group-context.ts';

export function groupReasons(
  { operation, phase }: GroupContext,
  { type }: GroupCommand,
): readonly Because[] {
  if (type === 'replicationgroup.cancel')
    return judged([
      check('somethingUnderWay', false, operation === null ? '' : `${operation.verb} is ${phase}`),
    ]);
  const text = operation && `order ${operation.number} is ${phase}`;
  return judged([check('nothingUnderWay', text ?? false, 'no order is under way')]);
}

/** Empty where no way is known, and where it is taken now. */
export function wayToGroup({ operation }: GroupContext, { type }: GroupCommand): readonly string[] {
  const verb = type.slice('replicationgroup.'.length);
  if (verb === 'create') return ['apply'];
  return operation === null ? [] : [`wait for the end of ${operation.verb}`, verb];
}
