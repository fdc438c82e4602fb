/** Spelling of identities: resource keys, slots, tokens, operation ids, partitions. Pure text, no hashing but FNV-1a. */
import { bounds } from './limits.ts';

/** The one version of manifests so far. */
export const apiVersion = 'fairlead.dev/v1';

/** Identity of a resource as users write it. */
export interface ResourceKey {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export const keyText = (key: ResourceKey): string => `${key.kind}/${key.namespace}/${key.name}`;

/** Where orders to hosts and breakers go: one actor for all hosts. */
export const fleetKey = { kind: 'guard', namespace: 'system', name: 'fleet' } as const;

/** DNS label: the only spelling of namespaces, kinds, names, verbs. */
export const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** `s0`…`s6` for servers, `a0`…`a199` for agents: a finite set, because XState caches every child id for ever. */
export type Slot = string;
export const serverSlot = (index: number): Slot => `s${index}`;
export const agentSlot = (index: number): Slot => `a${index}`;

/** `<cluster>-<pool>-<slot number>-<incarnation>`, at most 63 characters by the limits on its parts. */
export const nodeName = (
  cluster: string,
  pool: string,
  ordinal: number,
  incarnation: number,
): string => `${cluster}-${pool}-${ordinal}-${incarnation}`;

/** EC2 client token of one launch intent: at most 64 characters; the same token always goes with the same request. */
export function launchToken(
  uid: string,
  plan: number,
  slot: Slot,
  incarnation: number,
  offer: number,
): string {
  const token = `fl-${uid}-p${plan}-${slot}-i${incarnation}-o${offer}`;
  if (token.length > 64) throw new Error(`launch token ${token} is longer than 64 characters`);
  return token;
}

/** Id of one script run on one node; goes into the SSM comment (at most 100 characters) and names the node's marker file. */
export const scriptOpId = (
  uid: string,
  slot: Slot,
  incarnation: number,
  verb: string,
  run: number,
): string => `${uid}-${slot}-i${incarnation}-${verb}-${run}`;

/** FNV-1a (32 bit) of the concatenated tokens modulo the partition count, as nats-server's `partition()` computes it. */
export function partitionOf(key: ResourceKey): number {
  let hash = 0x811c9dc5;
  for (const char of key.namespace + key.kind + key.name) {
    hash ^= char.charCodeAt(0);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % bounds.partitions;
}

/** Key of the record in the store: partition first, so that one filter loads one partition. */
export const recordKey = (key: ResourceKey): string =>
  `${partitionOf(key)}.${key.namespace}.${key.kind}.${key.name}`;

/** `scaleUp` → `scale-up`; the verb as subjects and the CLI spell it. */
export const kebab = (word: string): string =>
  word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/\./g, '-');
