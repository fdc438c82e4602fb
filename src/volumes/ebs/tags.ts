/** The tags by which everything of a replication is found again; set by the very call that makes a thing. */
import type { Filter, ResourceType, Tag, TagSpecification } from '@aws-sdk/client-ec2';

/** Keys. Values: epochs and sequence numbers are decimal, times ISO 8601, marks `true`. */
export const keys = {
  managedBy: 'fairlead:managed-by',
  owner: 'fairlead:uid',
  /** Uid of the replication a thing belongs to. */
  rel: 'repl:rel',
  /** Side whose data or place it is: `home`, `away`. */
  at: 'repl:at',
  /** Writer generation of the data. */
  epoch: 'repl:epoch',
  seq: 'repl:seq',
  /** What was sent in one call together. */
  set: 'repl:set',
  role: 'repl:role',
  /** Name of the volume in the manifest. */
  member: 'repl:member',
  /** Volume a snapshot was taken of; a copy's own field names an arbitrary one. */
  sourceVolume: 'repl:src-vol',
  /** Point in time of the set. */
  pit: 'repl:pit',
  /** Id of the intent that made it. */
  op: 'repl:op',
  commit: 'repl:commit',
  final: 'repl:final',
  /** Never removed; IAM denies attaching a volume that has it. */
  fenced: 'repl:fenced',
  test: 'repl:test',
} as const;

/** What a thing is for. `point`: taken at the side that writes; `copy`: the same elsewhere; `safety`: of divergent data. */
export type Role = 'volume' | 'test' | 'point' | 'copy' | 'safety';

export interface Label {
  readonly role: Role;
  readonly at: string;
  readonly epoch: number;
  readonly op: string;
  readonly seq?: number;
  readonly set?: string;
  readonly member?: string;
  readonly sourceVolume?: string;
  readonly pitMs?: number;
  readonly isFinal?: boolean;
}

export const mark = (key: string): Tag => ({ Key: key, Value: 'true' });

export function labelTags(uid: string, label: Label): Tag[] {
  const { role, at, epoch, op, seq, set, member, sourceVolume, pitMs, isFinal = false } = label;
  const values: readonly (readonly [string, string | undefined])[] = [
    [keys.managedBy, 'fairlead'],
    [keys.owner, uid],
    [keys.rel, uid],
    [keys.at, at],
    [keys.epoch, String(epoch)],
    [keys.seq, seq === undefined ? undefined : String(seq)],
    [keys.set, set],
    [keys.role, role],
    [keys.member, member],
    [keys.sourceVolume, sourceVolume],
    [keys.pit, pitMs === undefined ? undefined : new Date(pitMs).toISOString()],
    [keys.op, op],
    [keys.final, isFinal ? 'true' : undefined],
    [keys.test, role === 'test' ? 'true' : undefined],
  ];
  return values.flatMap(([Key, Value]) => (Value === undefined ? [] : [{ Key, Value }]));
}

export const tagged = (type: ResourceType, tags: Tag[]): TagSpecification[] => [
  { ResourceType: type, Tags: tags },
];

export const ofRelation = (uid: string): Filter => ({ Name: `tag:${keys.rel}`, Values: [uid] });

export const readTags = (tags: readonly Tag[] | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
