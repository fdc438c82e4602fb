/** What `kubectl` prints in a simulated cluster: /readyz, nodes and pods by jsonpath, waiting for a node's condition. */
import { hasQuorum, isEtcdMember, isUp } from './membership.ts';
import type { Place } from './membership.ts';
import { evaluateJsonPath } from './jsonpath.ts';
import { changeCluster } from './kubectl-changes.ts';
import { nodeObjects } from './node-object.ts';
import type { NodeObject } from './node-object.ts';
import { podObject, podsOn } from './pods.ts';
import { accepted, optionOf, refused, namesIn, secondsIn } from './kubectl-words.ts';
import type { KubectlContext, KubectlReply } from './kubectl-words.ts';
import { timeLimit } from '../../time-limit.ts';

export async function kubectl(
  context: KubectlContext,
  instanceId: string,
  words: readonly string[],
  signal: AbortSignal,
): Promise<KubectlReply> {
  const place = context.world.place(instanceId);
  if (place === undefined || !servesApi(place, Date.now())) {
    return refused('The connection to the server 127.0.0.1:6443 was refused');
  }
  const rest = words[0] === '--kubeconfig' ? words.slice(2) : words;
  const [verb, kind, ...more] = rest;
  if (verb === 'get' && kind === '--raw' && more[0] === '/readyz') return accepted('ok');
  if (verb === 'get' && (kind === 'nodes' || kind === 'node'))
    return getNodes(context, place, more);
  if (verb === 'get' && kind === 'pods') return getPods(context, place, more);
  if (verb === 'wait') return waitForCondition(context, place, rest.slice(1), signal);
  return changeCluster(context, place, rest, signal);
}

/** A server by itself, an agent through whichever server answers. */
function servesApi({ cluster, member }: Place, nowMs: number): boolean {
  const isIn = member.role === 'agent' || isEtcdMember(member);
  return isUp(member, nowMs) && isIn && hasQuorum(cluster, nowMs);
}

function getNodes(
  { scale }: KubectlContext,
  { cluster }: Place,
  words: readonly string[],
): KubectlReply {
  const [name] = namesIn(words);
  const items = nodeObjects(cluster, scale);
  if (name === undefined) return print(words, { items });
  const item = items.find((node) => node.metadata.name === name);
  if (item !== undefined) return print(words, item, `node/${name}\n`);
  if (words.includes('--ignore-not-found')) return accepted('');
  return refused(`Error from server (NotFound): nodes "${name}" not found`);
}

function getPods(
  { stuck }: KubectlContext,
  { cluster }: Place,
  words: readonly string[],
): KubectlReply {
  const node = optionOf(words, 'spec.nodeName=');
  const on = cluster.members.filter(({ name, listed }) => listed && name === node);
  const items = on.flatMap((member) => podsOn(member, stuck.list()).map(podObject));
  return print(words, { items });
}

function print(words: readonly string[], root: object, name?: string): KubectlReply {
  if (name !== undefined && words.includes('name')) return accepted(name);
  const template = optionOf(words, 'jsonpath=');
  if (template === undefined) return refused('error: only jsonpath output is simulated');
  return accepted(evaluateJsonPath(template, root));
}

async function waitForCondition(
  { world, scale }: KubectlContext,
  place: Place,
  words: readonly string[],
  signal: AbortSignal,
): Promise<KubectlReply> {
  const condition = optionOf(words, '--for=condition=');
  const name = optionOf(words, 'node/');
  const limitMs = (secondsIn(words) ?? 30) * 1000;
  const limit = timeLimit(limitMs, signal);
  const met = await world.until(
    place.member.instanceId,
    ({ cluster }) =>
      nodeObjects(cluster, scale).some(
        (node) => node.metadata.name === name && holds(node, condition),
      ),
    limit.signal,
  );
  limit.end();
  if (met) return accepted(`node/${name ?? ''} condition met\n`);
  return refused(`error: timed out waiting for the condition on nodes/${name ?? ''}`);
}

function holds(node: NodeObject, condition: string | undefined): boolean {
  return node.status.conditions.some(({ type, status }) => type === condition && status === 'True');
}
