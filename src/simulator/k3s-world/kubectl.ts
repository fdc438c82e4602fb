/** What `kubectl` prints in a simulated cluster: /readyz, nodes by jsonpath, and waiting for a node's condition. */
import { hasQuorum, isReady, isUp } from './membership.ts';
import type { Member, SimulatedCluster } from './membership.ts';
import { evaluateJsonPath } from './jsonpath.ts';
import type { Place, World } from './world.ts';

export interface KubectlReply {
  readonly ok: boolean;
  readonly output: string;
}

/** A node that went silent is reported Ready until the node controller gives it up. */
const silenceBeforeUnknownMs = 40_000;

export async function kubectl(
  world: World,
  scale: number,
  instanceId: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<KubectlReply> {
  const place = world.place(instanceId);
  const nowMs = Date.now();
  if (place === undefined || !isUp(place.member, nowMs) || !hasQuorum(place.cluster, nowMs)) {
    return refused('The connection to the server 127.0.0.1:6443 was refused');
  }
  const rest = words[0] === '--kubeconfig' ? words.slice(2) : words;
  const [verb, kind, ...more] = rest;
  if (verb === 'get' && kind === '--raw' && more[0] === '/readyz') return accepted('ok');
  if (verb === 'get' && (kind === 'nodes' || kind === 'node')) {
    return getNodes(place.cluster, scale, more);
  }
  if (verb === 'wait') return waitForCondition(world, scale, place, rest.slice(1), signal);
  return refused(`error: unknown command ${rest.join(' ')}`);
}

function getNodes(
  cluster: SimulatedCluster,
  scale: number,
  words: readonly string[],
): KubectlReply {
  const template = words.find((word) => word.startsWith('jsonpath='))?.slice('jsonpath='.length);
  const name = words.find((word) => !word.startsWith('-') && !word.startsWith('jsonpath='));
  if (template === undefined) return refused('error: only jsonpath output is simulated');
  const items = [...cluster.members]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((member) => nodeObject(cluster, member, scale));
  if (name === undefined) return accepted(evaluateJsonPath(template, { items }));
  const item = items.find((node) => node.metadata.name === name);
  if (item === undefined) {
    return refused(`Error from server (NotFound): nodes "${name}" not found`);
  }
  return accepted(evaluateJsonPath(template, item));
}

function nodeObject(cluster: SimulatedCluster, member: Member, scale: number) {
  const server = member.role === 'server';
  const conditions = [{ type: 'Ready', status: readyStatus(cluster, member, scale) }];
  if (server) conditions.push({ type: 'EtcdIsVoter', status: member.voter ? 'True' : 'False' });
  return {
    metadata: {
      name: member.name,
      labels: server ? { 'node-role.kubernetes.io/control-plane': 'true' } : {},
    },
    status: { conditions, nodeInfo: { kubeletVersion: member.version } },
  };
}

function readyStatus(cluster: SimulatedCluster, member: Member, scale: number): string {
  const nowMs = Date.now();
  if (isReady(cluster, member, nowMs)) return 'True';
  if (member.running) return 'False';
  return nowMs - member.stoppedAtMs < silenceBeforeUnknownMs / scale ? 'True' : 'Unknown';
}

async function waitForCondition(
  world: World,
  scale: number,
  place: Place,
  words: readonly string[],
  signal: AbortSignal,
): Promise<KubectlReply> {
  const condition = optionOf(words, '--for=condition=');
  const name = words.find((word) => word.startsWith('node/'))?.slice('node/'.length);
  const limitMs = Number(/^(\d+)s$/.exec(optionOf(words, '--timeout=') ?? '30s')?.[1] ?? 30) * 1000;
  const met = await world.until(
    place.member.instanceId,
    ({ cluster }) => {
      const member = cluster.members.find((each) => each.name === name);
      return member !== undefined && holds(nodeObject(cluster, member, scale), condition);
    },
    AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
  );
  if (met) return accepted(`node/${name ?? ''} condition met\n`);
  return refused(`error: timed out waiting for the condition on nodes/${name ?? ''}`);
}

function holds(node: ReturnType<typeof nodeObject>, condition: string | undefined): boolean {
  return node.status.conditions.some(({ type, status }) => type === condition && status === 'True');
}

function optionOf(words: readonly string[], prefix: string): string | undefined {
  return words.find((word) => word.startsWith(prefix))?.slice(prefix.length);
}

function accepted(output: string): KubectlReply {
  return { ok: true, output };
}

function refused(output: string): KubectlReply {
  return { ok: false, output };
}
