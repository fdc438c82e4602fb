/** Limits as they add up: the effective one is the smallest of those a call passes, and named. */
import { profiles } from '../../machines/limits.ts';
import type { ProfileName } from '../../machines/limits.ts';
import { readCluster } from './reads.ts';
import type { Session } from './session.ts';
import type { Shell } from './shell.ts';
import type { Entry } from './surveys.ts';

/** Every limit with how many calls it lets run at once; of one key the places alone decide. */
export const withEffective = (limits: readonly Entry[], fanOut?: number): readonly Entry[] =>
  limits.map((limit) => {
    const places = limit['concurrentMax'];
    if (typeof places !== 'number') return limit;
    const isNarrow = fanOut !== undefined && fanOut < places;
    return { ...limit, effective: isNarrow ? `${fanOut} (fan-out)` : `${places} (bulkhead)` };
  });

/**
 * The limits that calls for a cluster pass: those of its account and region, each against how many of its nodes are worked
 * on at once; that number first.
 */
export async function limitsOfCluster(
  shell: Shell,
  session: Session,
  cluster: string,
  limits: readonly Entry[],
): Promise<readonly Entry[]> {
  const [first = '', second] = cluster.split('/');
  const [namespace, name] = second === undefined ? [shell.namespace, first] : [first, second];
  const view = await readCluster(session, { kind: 'cluster', namespace, name });
  const { region = '', account = 'main', profile = 'development' } = view.spec ?? {};
  const fanOut = isProfile(profile) ? profiles[profile].concurrency : undefined;
  const place = `${account}/${region}`;
  const passed = limits.filter(({ name: key }) => key === place || key.startsWith(`${place}/`));
  const own =
    fanOut === undefined ? [] : [fanOutEntry(`cluster/${namespace}/${name}`, fanOut, profile)];
  return [...own, ...withEffective(passed, fanOut)];
}

const fanOutEntry = (name: string, fanOut: number, profile: string): Entry => ({
  ...{ name, host: '', concurrentMax: fanOut, profile },
  effective: `${fanOut} (fan-out, profile ${profile})`,
});

const isProfile = (name: string): name is ProfileName => Object.hasOwn(profiles, name);
