/** The end of a story: all trouble is over, so everything has to come to rest where its spec says, and then to be gone. */
import type { ClusterContext } from '../../machines/cluster-context.ts';
import { isLive, stateOf } from './cloud/machine.ts';
import type { Machine } from './cloud/machine.ts';
import type { World } from './world.ts';

const minuteMs = 60_000;
/** Longer than the longest way to rest: a creation with its deadlines, and its retries by itself. */
const restMs = 4 * 60 * minuteMs;
const lookMs = 2_000;
/** It has to stay so. */
const steadyMs = 20_000;
const goneMs = 2 * 60 * minuteMs;

const keyOf = ({ namespace, name }: ClusterContext) =>
  ({ kind: 'cluster', namespace, name }) as const;

/** Nothing is under way, and nothing that was set aside still waits to take work again. */
function isAtRest({ phase, nodes, waiting }: ClusterContext): boolean {
  if (phase === 'deleted') return true;
  if (!/^(running\.steady|stopped|failed|pending\.blocked|deleting\.stuck)/.test(phase))
    return false;
  if (waiting !== null) return false;
  return Object.values(nodes).every(
    (node) =>
      ['ready', 'stopped', 'failed', 'lost'].includes(node.phase) || !phase.startsWith('running'),
  );
}

const living = (world: World): ClusterContext[] =>
  world.ground.clusters().filter(({ phase }) => phase !== 'deleted');

export async function restOfClusters(world: World): Promise<void> {
  // What was answered or refused decides about pauses; give that a moment, and longer while a host is away (seed 63311).
  await world.pass(steadyMs);
  for (let leftMs = restMs; leftMs > 0 && world.stream.waiting().length > 0; leftMs -= lookMs)
    await world.pass(lookMs);
  for (const context of living(world))
    if (context.paused) world.users.order(keyOf(context), 'resume');
  const isQuiet = (): boolean =>
    world.stream.waiting().length === 0 &&
    world.ground
      .clusters()
      .every((each) => isAtRest(each) && (!each.paused || each.phase === 'deleted'));
  let steadyForMs = 0;
  for (let leftMs = restMs; leftMs > 0 && steadyForMs < steadyMs; leftMs -= lookMs) {
    await world.pass(lookMs);
    steadyForMs = isQuiet() ? steadyForMs + lookMs : 0;
  }
  for (const context of living(world)) judgeAtRest(world, context);
}

/** What its spec says, or a failure that explains itself. */
function judgeAtRest(world: World, context: ClusterContext): void {
  const { phase, spec, nodes, isHalted, lastError } = context;
  const where = `${context.namespace}/${context.name} is ${phase}`;
  const blame = (text: string): void => {
    world.accuse('rest', `${where}: ${text}`);
  };
  if (!isAtRest(context)) {
    blame(`not at rest ${JSON.stringify(nodes).slice(0, 600)}`);
    return;
  }
  if (/^(failed|pending\.blocked|deleting\.stuck)/.test(phase) || isHalted) {
    if (lastError === null) blame('it failed and gives no reason');
    return;
  }
  if (spec === null) return;
  const list = Object.values(nodes);
  const machines = world.park.ofUid(context.uid).filter(isLive);
  const up = machines.filter((each) => stateOf(each) === 'running');
  for (const text of oddMachines(machines, nodes)) blame(text);
  if (spec.desiredState === 'stopped') {
    if (up.length > 0) blame(`${up.length} machines run`);
    return;
  }
  const isWhole = list.every((node) => node.phase === 'ready');
  if (!isWhole && lastError === null && !list.some(({ reason }) => reason !== ''))
    blame('nodes are not ready and nobody says why');
  const servers = list.filter(({ role }) => role === 'server').length;
  const agents = spec.agentPools.reduce((sum, { count }) => sum + count, 0);
  if (servers !== spec.servers.count) blame(`${servers} servers, ${spec.servers.count} wanted`);
  if (list.length - servers !== agents) blame(`${list.length - servers} agents, ${agents} wanted`);
  const cordoned = up.filter(
    ({ slot, isCordoned }) => isCordoned && nodes[slot]?.phase === 'ready',
  );
  if (cordoned.length > 0) blame(`${cordoned.map(({ name }) => name).join()} kept from work`);
}

/** What the cloud has and the nodes do not account for, or the other way round. */
export function oddMachines(
  machines: readonly Machine[],
  nodes: ClusterContext['nodes'],
): readonly string[] {
  const kept = machines.flatMap(({ slot, instanceId }) => {
    const node = nodes[slot];
    const isOurs = node !== undefined && node.phase !== 'lost';
    return isOurs ? [] : [`${instanceId} lives in ${slot}, which is ${node?.phase ?? 'no node'}`];
  });
  const slots = machines.map(({ slot }) => slot);
  const doubled = slots.filter((slot, at) => slots.indexOf(slot) !== at);
  const bare = Object.entries(nodes).flatMap(([slot, { phase, instanceId }]) => {
    const isThere = machines.some(
      (each) => each.instanceId === instanceId && stateOf(each) === 'running',
    );
    return phase !== 'ready' || isThere ? [] : [`${slot} is ready, and ${instanceId} does not run`];
  });
  return [...kept, ...doubled.map((slot) => `${slot} has two machines`), ...bare];
}

export async function deleteAll(world: World): Promise<void> {
  for (const context of living(world)) world.users.order(keyOf(context), 'delete', { force: true });
  const isOver = (): boolean => living(world).length === 0 && world.stream.waiting().length === 0;
  await world.pass(goneMs, isOver);
  for (const { namespace, name, phase } of living(world))
    world.accuse('rest', `${namespace}/${name} was deleted and is ${phase}`);
  // Acknowledgements, events and replies are still on their way.
  await world.pass(30_000);
}
