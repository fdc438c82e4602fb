/** The manifest of a replication group: which replications change over together, and in which order they are armed. */
import { z } from 'zod';
import { group } from './replication-group-limits.ts';
import { label, manifestSchema } from './specs-names.ts';

const member = z.strictObject({
  /** A replication in the group's own namespace. */
  name: label('replication name', 40),
  /** Lower ones become the writer first; equal ones as written. */
  order: z.int().min(0).max(1_000).default(0),
});

const fields = z.strictObject({
  members: z.array(member).min(1).max(group.membersMax),
  /** Points of two replications are never of one instant, so nothing else can be promised. */
  consistency: z
    .literal('perVolume', {
      error:
        'is not perVolume: each member is copied by itself, so no instant is common to two of them; write perVolume',
    })
    .default('perVolume'),
});

const groupSpecSchema = fields.superRefine(({ members }, context) => {
  const seen = new Set<string>();
  for (const [index, { name }] of members.entries()) {
    if (seen.has(name))
      context.addIssue({
        code: 'custom',
        path: ['members', index, 'name'],
        message: `is ${name} again: a member stands in its group once; remove one of the two`,
        params: { code: 'manifest.memberTwice' },
      });
    seen.add(name);
  }
});

export const replicationGroupManifestSchema = manifestSchema('ReplicationGroup', groupSpecSchema);

export type ReplicationGroupSpec = z.infer<typeof fields>;
export type ReplicationGroupManifest = z.infer<typeof replicationGroupManifestSchema>;
