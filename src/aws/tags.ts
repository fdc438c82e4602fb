/** The one spelling of the tags Fairlead writes and looks for. */
import type { Filter, Tag } from '@aws-sdk/client-ec2';

/** Keys; `LaunchOrder.tags` arrives with all of them but `token`, which is added at the call. */
export const tagKeys = {
  managedBy: 'fairlead:managed-by',
  uid: 'fairlead:uid',
  kind: 'fairlead:kind',
  namespace: 'fairlead:namespace',
  name: 'fairlead:name',
  role: 'fairlead:role',
  pool: 'fairlead:pool',
  slot: 'fairlead:slot',
  incarnation: 'fairlead:incarnation',
  token: 'fairlead:token',
} as const;

/** Value of `fairlead:managed-by`: the poller and the rights of the control plane are bound to it. */
export const managedByValue = 'fairlead';

/** Sorted, because the same launch token must always go with the same request. */
export const toTags = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags)
    .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([Key, Value]) => ({ Key, Value }));

export const fromTags = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));

export const byTag = (key: string, value: string): Filter => ({
  Name: `tag:${key}`,
  Values: [value],
});
