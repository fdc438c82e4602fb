/** What `kubectl` changes in a simulated cluster: cordon, uncordon, drain, annotate, delete. */
import { accepted, namesIn, refused, secondsIn } from './kubectl-words.ts';
import type { KubectlContext, KubectlReply } from './kubectl-words.ts';
import { isEtcdMember } from './membership.ts';
import type { Member, Place } from './membership.ts';
import { movablePods, stuckPods } from './pods.ts';
import { timeLimit } from '../../time-limit.ts';

type Words = readonly string[];

export async function changeCluster(
  context: KubectlContext,
  place: Place,
  words: Words,
  signal: AbortSignal,
): Promise<KubectlReply> {
  const [verb = '', ...rest] = words;
  // The kubeconfig of a kubelet reads its own node and changes nobody's.
  if (place.member.role === 'agent') return refused(`Error from server (Forbidden): ${verb}`);
  switch (verb) {
    case 'cordon':
    case 'uncordon':
      return cordon(context, place, verb, rest);
    case 'drain':
      return drain(context, place, rest, signal);
    case 'annotate':
      return annotate(context, place, rest);
    case 'delete':
      return remove(context, place, rest);
    default:
      return refused(`error: unknown command ${words.join(' ')}`);
  }
}

function cordon(
  { world }: KubectlContext,
  { cluster }: Place,
  verb: 'cordon' | 'uncordon',
  [name = '']: Words,
): KubectlReply {
  const member = nodeNamed(cluster.members, name);
  if (member === undefined) return notFound('nodes', name);
  world.alter(cluster, () => {
    member.cordoned = verb === 'cordon';
    // The scheduler fills a node that takes pods again.
    if (verb === 'uncordon') member.evicted = 'none';
  });
  return accepted(`node/${name} ${verb}ed\n`);
}

/** Evicts what may be evicted, then waits for the rest as long as it is told to. */
async function drain(
  context: KubectlContext,
  place: Place,
  words: Words,
  signal: AbortSignal,
): Promise<KubectlReply> {
  const { world, scale, stuck } = context;
  const { cluster } = place;
  const [name = ''] = namesIn(words);
  const member = nodeNamed(cluster.members, name);
  if (member === undefined) return notFound('nodes', name);
  cordon(context, place, 'cordon', [name]);
  const held = () => stuckPods(member, stuck.list());
  const bare = held().filter((pod) => pod.owner === '');
  if (bare.length > 0 && !words.includes('--force')) {
    const names = bare.map((pod) => `${pod.namespace}/${pod.name}`).join(', ');
    return refused(
      `error: unable to drain node "${name}" due to error: cannot delete Pods that declare no controller (use --force to override): ${names}`,
    );
  }
  // The stand-in's clock runs at the world's pace, like the node's own.
  const limitMs = Math.ceil(((secondsIn(words) ?? 86_400) * 1000) / scale);
  const limit = timeLimit(limitMs, signal);
  const evictedAtMs = Date.now() + world.duration(`drain:${name}:${String(Date.now())}`, 4, 12);
  const deletes = words.includes('--disable-eviction');
  const done = await world.until(
    place.member.instanceId,
    (_, nowMs) => {
      if (nowMs < evictedAtMs) return false;
      evict(context, place, member, deletes);
      return member.evicted === 'all';
    },
    limit.signal,
  );
  limit.end();
  if (done) return accepted(`node/${name} drained\n`);
  const [first] = held();
  return refused(
    `error when evicting pods/"${first?.name ?? ''}" -n "${first?.namespace ?? ''}" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.\nerror: unable to drain node "${name}" due to error: global timeout reached`,
  );
}

function evict(
  { world, stuck }: KubectlContext,
  { cluster }: Place,
  member: Member,
  deletes: boolean,
): void {
  const movable = movablePods(member);
  const held = stuckPods(member, stuck.list());
  const isAll = deletes || held.length === 0;
  const leaving = movable.length + (isAll ? held.length : 0);
  const next = isAll ? 'all' : 'movable';
  if (member.evicted === next) return;
  world.alter(cluster, () => {
    member.evicted = next;
    cluster.evictions += leaving;
  });
}

/** Only the order to leave etcd is understood; K3s carries it out a moment later. */
function annotate({ world }: KubectlContext, { cluster }: Place, words: Words): KubectlReply {
  const [kind, name = '', text] = namesIn(words);
  const member = nodeNamed(cluster.members, name);
  if (kind !== 'node' || text === undefined) return refused('error: only nodes are annotated here');
  if (member === undefined) return notFound('nodes', name);
  if (text === 'etcd.k3s.cattle.io/remove=true') {
    world.alter(cluster, () => {
      leaveEtcd(world, member);
    });
  } else if (text === 'etcd.k3s.cattle.io/remove-') {
    world.alter(cluster, () => {
      member.leavesAtMs = null;
    });
  } else {
    return refused(`error: annotation ${text} is not simulated`);
  }
  return accepted(`node/${name} annotated\n`);
}

function leaveEtcd(world: KubectlContext['world'], member: Member): void {
  if (!isEtcdMember(member)) return;
  member.leavesAtMs ??= Date.now() + world.duration(`leave:${member.name}`, 2, 6);
}

function remove({ world }: KubectlContext, { cluster }: Place, words: Words): KubectlReply {
  const [kind, name = ''] = namesIn(words);
  const isTolerant = words.includes('--ignore-not-found');
  if (kind === 'secret' && words.includes('kube-system')) {
    const owner = name.replace(/\.node-password\.k3s$/, '');
    if (!cluster.passwords.includes(owner)) {
      return isTolerant ? accepted('') : notFound('secrets', name);
    }
    world.alter(cluster, () => {
      cluster.passwords = cluster.passwords.filter((each) => each !== owner);
    });
    return accepted(`secret "${name}" deleted\n`);
  }
  if (kind !== 'node') return refused(`error: deleting ${kind ?? ''} is not simulated`);
  const member = nodeNamed(cluster.members, name);
  if (member === undefined) return isTolerant ? accepted('') : notFound('nodes', name);
  world.alter(cluster, () => {
    member.listed = false;
    member.cordoned = false;
    // K3s takes a server whose node is deleted out of etcd, without asking whether that is wise.
    leaveEtcd(world, member);
  });
  return accepted(`node "${name}" deleted\n`);
}

function nodeNamed(members: readonly Member[], name: string): Member | undefined {
  return members.find((member) => member.listed && member.name === name);
}

function notFound(kind: string, name: string): KubectlReply {
  return refused(`Error from server (NotFound): ${kind} "${name}" not found`);
}
