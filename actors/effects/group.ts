/** What groups ask for: their members' records, and a command to each of them. */
import { keyText, recordKey } from '../../machines/ids.ts';
import type { ReplicationContext } from '../../machines/replication-context.ts';
import { memberFactOf } from '../../machines/replication-group-facts.ts';
import type {
  GroupEffects,
  MemberAnswer,
  MemberFact,
} from '../../machines/replication-group-effects.ts';
import type { Attempt } from '../attempt.ts';
import type { Orders, RecordStore } from '../ports.ts';
import { readRecord } from '../record.ts';

type In<Name extends keyof GroupEffects> = GroupEffects[Name]['in'];
type Out<Name extends keyof GroupEffects> = GroupEffects[Name]['out'];

const memberKey = (namespace: string, name: string) => ({ kind: 'replication', namespace, name });

/** As stored, so committed: never what a member is only about to become. */
export async function lookAtMembers(
  store: Pick<RecordStore, 'load'> | undefined,
  { namespace, members, how }: In<'group.look'>,
): Promise<Out<'group.look'>> {
  if (store === undefined) throw new Error('no records can be read here');
  const facts = members.map(async (name): Promise<MemberFact> => {
    const key = memberKey(namespace, name);
    const stored = await store.load(recordKey(key));
    if (stored === undefined) return memberFactOf(name, undefined, how);
    const read = readRecord(stored.bytes);
    if (!read.ok) throw new Error(`the record of ${keyText(key)} cannot be read: ${read.reason}`);
    const { context } = read.record.snapshot as { context: ReplicationContext };
    return memberFactOf(name, context, how);
  });
  return { members: await Promise.all(facts) };
}

/** The id of each command follows from the order, the step and the member: sent again, it runs once. */
export async function orderMembers(
  orders: Orders | undefined,
  { namespace, group, opId, orders: wanted }: In<'group.order'>,
  attempt: Attempt,
): Promise<Out<'group.order'>> {
  if (orders === undefined) throw new Error('no commands can be sent here');
  const answers = wanted.map(async ({ member, ...order }): Promise<MemberAnswer> => {
    const answer = await orders.send(
      {
        ...{ key: memberKey(namespace, member), ...order },
        commandId: `${opId}-${member}`,
        correlationId: attempt.correlationId,
        by: `replicationgroup/${namespace}/${group}`,
      },
      attempt,
    );
    return { member, ...answer };
  });
  return { answers: await Promise.all(answers) };
}
