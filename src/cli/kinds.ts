/** Kinds a user may name, with their aliases, and the ways to name one resource. */
import { usage } from './failure.ts';
import { nearest } from '../../actors/nearest.ts';

export type KindName = 'cluster' | 'node';

const aliases: Readonly<Record<string, KindName>> = {
  cluster: 'cluster',
  clusters: 'cluster',
  cl: 'cluster',
  node: 'node',
  nodes: 'node',
  no: 'node',
};
const plain: readonly KindName[] = ['cluster', 'node'];

export const kindWords = Object.keys(aliases);

export function kindOf(word: string): KindName | undefined {
  const known = word.toLowerCase();
  return Object.hasOwn(aliases, known) ? aliases[known] : undefined;
}

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
    throw usage(`${verb.name} does not take ${kind}s`, { allowed: verb.kinds });
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
