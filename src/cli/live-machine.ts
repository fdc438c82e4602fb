/** One machine of a live actor as a host shows it: the root, or one below it. */
import type { ResourceKey } from '../../machines/ids.ts';
import type { Image } from '../../actors/steps/step.ts';
import type { DrawnChart } from '../inspector/chart/stored.ts';
import { usage } from './failure.ts';
import type { Session } from './session.ts';
import { isObject } from './view.ts';

export interface LiveMachine {
  /** `cluster/prod/web s0/operation`. */
  readonly title: string;
  /** Further words of the head line. */
  readonly about: readonly string[];
  /** Source name below a parent, the kind at the root. */
  readonly src: string;
  readonly value: unknown;
  /** Of its chart; empty for parts of a chart that is unknown here. */
  readonly hash: string;
  /** Undefined where this version does not have that chart. */
  readonly drawn?: DrawnChart;
}

/**
 * @param path  ids of children, joined by `/`; empty for the root
 * @throws Failure `cli.usage` when there is no such child, or it has no states
 */
export async function readLive(
  session: Session,
  key: ResourceKey,
  path: string,
  charts: Readonly<Record<string, DrawnChart>>,
): Promise<LiveMachine> {
  const answer = await session.query({ ...key, verb: 'inspect', arguments: {} });
  const { image, hash, ...rest } = inspectedIn(answer);
  const name = [key.kind, key.namespace, key.name].join('/');
  let found: { image: Image; hash: string } = { image, hash };
  for (const id of path === '' ? [] : path.split('/')) {
    const child = found.image.children[id];
    if (child === undefined) throw noChild(name, id, found.image);
    found = { image: child, hash: charts[found.hash]?.chart.children[child.src] ?? '' };
  }
  if (found.image.value === undefined)
    throw usage(`${name} ${path} is a call and has no states`, {
      tries: [`fairlead chart ${key.kind} ${key.name}`],
    });
  const drawn = charts[found.hash];
  return {
    title: path === '' ? name : `${name} ${path}`,
    about: aboutOf(rest),
    src: found.image.src,
    value: found.image.value,
    hash: found.hash,
    ...(drawn !== undefined && { drawn }),
  };
}

interface Inspected {
  readonly image: Image;
  readonly hash: string;
  readonly seq?: unknown;
  readonly revision?: unknown;
  readonly asOf?: unknown;
}

function inspectedIn(answer: unknown): Inspected {
  if (!isObject(answer) || !isObject(answer['image']) || typeof answer['hash'] !== 'string')
    throw new Error('the host answered inspect without image and hash; is it of another version?');
  return answer as unknown as Inspected;
}

const aboutOf = ({ revision, seq }: Pick<Inspected, 'revision' | 'seq'>): string[] =>
  Object.entries({ revision, step: seq }).flatMap(([word, value]) =>
    typeof value === 'number' ? [`${word} ${value}`] : [],
  );

function noChild(name: string, id: string, { children }: Image): Error {
  const there = Object.entries(children).filter(([, { value }]) => value !== undefined);
  return usage(`${name} has no machine ${id} inside now`, {
    allowed: there.map(([each]) => each),
  });
}
