/** Kinds a user may name, with their aliases, and the ways to name one resource. */
import { usage } from './failure.ts';
import { nearest } from '../../actors/nearest.ts';

/** Kinds whose members are stored resources with a namespace. */
export const resourceKinds = ['cluster', 'node', 'replication', 'replicationgroup'] as const;
/** Those that have a record of their own; nodes are parts of a cluster's. */
export type StoredKind = Exclude<(typeof resourceKinds)[number], 'node'>;
/** Kinds that hosts show out of their memory; they are only read, but for orders to breakers. */
export const registryKinds = [
  'breaker',
  'limit',
  'budget',
  'health',
  'policy',
  'effect',
  'config',
  'metric',
  'backend',
  'host',
  'partition',
] as const;
export type RegistryKind = (typeof registryKinds)[number];
export type KindName = (typeof resourceKinds)[number] | RegistryKind;

/** How people may write each kind; the second word is the one for many. */
export const kindSpellings: Readonly<Record<KindName, readonly [string, string, ...string[]]>> = {
  cluster: ['cluster', 'clusters', 'cl'],
  node: ['node', 'nodes', 'no'],
  replication: ['replication', 'replications', 'repl', 'rep'],
  replicationgroup: ['replicationgroup', 'replicationgroups', 'rg', 'group', 'groups'],
  breaker: ['breaker', 'breakers', 'br'],
  limit: ['limit', 'limits'],
  budget: ['budget', 'budgets'],
  health: ['health', 'health'],
  policy: ['policy', 'policies'],
  effect: ['effect', 'effects'],
  config: ['config', 'config'],
  metric: ['metric', 'metrics'],
  backend: ['backend', 'backends'],
  host: ['host', 'hosts'],
  partition: ['partition', 'partitions'],
};

const kindsByWord = new Map(
  [...resourceKinds, ...registryKinds].flatMap((kind) =>
    kindSpellings[kind].map((word) => [word, kind] as const),
  ),
);
const plain: readonly KindName[] = [...resourceKinds, ...registryKinds];

export const kindWords = [...kindsByWord.keys()];

export const kindOf = (word: string): KindName | undefined => kindsByWord.get(word.toLowerCase());

export const isRegistry = (kind: KindName): kind is RegistryKind =>
  (registryKinds as readonly string[]).includes(kind);

/** `clusters`; for messages. */
export const pluralOf = (kind: KindName): string => kindSpellings[kind][1];

/** Kind and resources named on a command line, as `cluster a b`, `cluster/a` or `cluster/<namespace>/a`. */
export interface Target {
  readonly kind: KindName;
  readonly names: readonly { readonly namespace: string; readonly name: string }[];
}

/** @throws Failure `cli.usage` for an unknown kind, a spelling that is none, or a kind the verb does not take. */
export function targetOf(
  operands: readonly string[],
  namespace: string,
  verb: { readonly name: string; readonly kinds: readonly KindName[] },
): Target {
  const [first, ...rest] = operands;
  if (first === undefined)
    throw usage(`${verb.name} needs a kind`, {
      allowed: verb.kinds,
      tries: [`fairlead ${verb.name} ${verb.kinds[0] ?? 'cluster'}`],
    });
  const [word = '', ...parts] = first.split('/');
  const kind = kindOf(word);
  if (kind === undefined) throw unknownKind(word);
  if (!verb.kinds.includes(kind))
    throw usage(`${verb.name} does not take ${pluralOf(kind)}`, { allowed: verb.kinds });
  if (parts.length === 0)
    return { kind, names: rest.map((name) => named(kind, namespace, name.split('/'))) };
  return {
    kind,
    names: operands.map((each) => {
      const [again = '', ...path] = each.split('/');
      if (kindOf(again) !== kind) throw usage(`${each} is not a ${kind} as ${first} is`);
      return named(kind, namespace, path);
    }),
  };
}

export const storedKinds: readonly StoredKind[] = ['cluster', 'replication', 'replicationgroup'];

/** Of a kind that a verb for stored resources has taken; nodes are shown out of clusters. */
export const storedOf = (kind: KindName): StoredKind =>
  storedKinds.find((each) => each === kind) ?? 'cluster';

/** Resources with a record of their own, of one kind. @throws Failure `cli.usage` as `targetOf` does */
export function storedTargetOf(
  operands: readonly string[],
  namespace: string,
  verb: string,
): Target & { readonly kind: StoredKind } {
  const { kind, names } = targetOf(operands, namespace, { name: verb, kinds: storedKinds });
  return { kind: storedOf(kind), names };
}

function named(
  kind: KindName,
  namespace: string,
  path: readonly string[],
): { namespace: string; name: string } {
  const [first = '', second, ...more] = path;
  const spelled = [kind, ...path].join('/');
  if (first === '' || second === '' || more.length > 0)
    throw usage(`${spelled} is no resource; write ${kind}/<name> or ${kind}/<namespace>/<name>`);
  return second === undefined ? { namespace, name: first } : { namespace: first, name: second };
}

export function unknownKind(word: string): Error {
  const near = nearest(word, kindWords);
  return usage(
    `${word} is not a known kind${near === undefined ? '' : `; did you mean ${near}?`}`,
    {
      allowed: plain,
    },
  );
}
