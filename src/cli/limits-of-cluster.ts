/** Limits as they add up: the effective one is the smallest of those a call passes, and named. */
import { profiles } from '../../machines/limits.ts';
import type { ProfileName } from '../../machines/limits.ts';
import { widthFor } from '../../actors/policies/fan-out-width.ts';
import type { Width } from '../../actors/policies/fan-out-width.ts';
import { readCluster } from './reads.ts';
import type { Session } from './session.ts';
import type { Shell } from './shell.ts';
import type { Entry } from './surveys.ts';
import type { ClusterView } from './view.ts';

/** Every limit with how many calls it lets run at once, and what decides that. */
export const withEffective = (limits: readonly Entry[], fanOut?: number): readonly Entry[] =>
  limits.map((limit) => {
    const effective = effectiveOf(limit, fanOut);
    return effective === undefined ? limit : { ...limit, effective };
  });

function effectiveOf(limit: Entry, fanOut: number | undefined): string | undefined {
  const { concurrentMax: places, atOnceMax: width, binds, sizeMax } = limit;
  if (typeof places === 'number')
    return fanOut !== undefined && fanOut < places ? `${fanOut} (fan-out)` : `${places} (bulkhead)`;
  if (typeof width === 'number') return `${width} (${String(binds)})`;
  return typeof sizeMax === 'number' ? `${sizeMax} in one call` : undefined;
}

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
  const nodes = nodesOf(view);
  const fanOut = widthOf(profile, nodes, busyShare(limits));
  const place = `${account}/${region}`;
  const passed = limits.filter(({ name: key }) => key === place || key.startsWith(`${place}/`));
  const own =
    fanOut === undefined
      ? []
      : [fanOutEntry(`cluster/${namespace}/${name}`, fanOut, { nodes, profile })];
  return [...own, ...withEffective(passed, fanOut?.atOnce)];
}

const nodesOf = (view: ClusterView): number =>
  view.status?.nodes?.length ?? view.spec?.servers?.count ?? 1;

/** Undefined for a profile that this CLI does not know. */
const widthOf = (profile: string, nodes: number, cpuShare: number): Width | undefined =>
  isProfile(profile)
    ? widthFor(nodes, { widthMax: profiles[profile].concurrency, cpuShare, knee: Infinity })
    : undefined;

/** Of the busiest host, as it tells beside its fan-out. */
const busyShare = (limits: readonly Entry[]): number =>
  Math.max(0, ...limits.map(({ cpuShare }) => (typeof cpuShare === 'number' ? cpuShare : 0)));

const fanOutEntry = (
  name: string,
  { atOnce, binds }: Width,
  of: { readonly nodes: number; readonly profile: string },
): Entry => ({
  ...{ name, host: '', concurrentMax: atOnce, ...of },
  effective: `${atOnce} (${binds === 'setting' ? `profile ${of.profile}` : binds === 'cpu' ? 'cpu of the host' : `${binds} of ${of.nodes} nodes`})`,
});

const isProfile = (name: string): name is ProfileName => Object.hasOwn(profiles, name);
