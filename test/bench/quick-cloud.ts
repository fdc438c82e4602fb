/** A cloud in memory behind the ports: every call takes a moment, so that many are in flight at once, and succeeds. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ports } from '../../actors/ports.ts';
import type {
  ClusterPlan,
  InstanceFact,
  LaunchOrder,
  Offer,
  ScriptAnswer,
} from '../../machines/messages.ts';
import type { ClusterSpec } from '../../machines/specs.ts';

const CALL_MS = 20;

export type CloudPorts = Pick<Ports, 'machines' | 'surroundings' | 'remote' | 'fleet'>;

/** @param pause  how the time of a call passes, in milliseconds */
export function quickCloud(pause: (ms: number) => Promise<unknown> = sleep): CloudPorts {
  const later = async <T>(answer: () => T): Promise<T> => {
    await pause(CALL_MS);
    return answer();
  };
  const instances = new Map<string, InstanceFact & { readonly uid: string }>();
  const byToken = new Map<string, string>();
  const k3s = { voters: 0, nodes: 0 };
  const alive = (uid: string) =>
    [...instances.values()].filter((each) => each.uid === uid && each.state !== 'terminated');
  const moved = (instanceId: string, state: 'stopped' | 'running') => {
    const instance = instances.get(instanceId);
    if (instance) instances.set(instanceId, { ...instance, state });
    return { state };
  };

  const launch = (order: LaunchOrder, token: string) => {
    const instanceId = byToken.get(token) ?? idOf(instances.size);
    byToken.set(token, instanceId);
    const privateIp = `172.31.${Math.floor(instances.size / 250)}.${4 + (instances.size % 250)}`;
    instances.set(instanceId, {
      ...{ instanceId, privateIp, zone: order.offer.zone, state: 'running', agentOnline: true },
      ...{ slot: order.tags['fairlead:slot'] ?? '', uid: order.tags['fairlead:uid'] ?? '' },
      ...{ incarnation: Number(order.tags['fairlead:incarnation']), stateReason: '' },
    });
    return { instanceId, zone: order.offer.zone, privateIp, state: 'pending' };
  };

  return {
    machines: {
      launch: (order, token) => later(() => launch(order, token)),
      find: () => later(() => undefined),
      terminate: (_scope, instanceId) =>
        later(() => {
          const instance = instances.get(instanceId);
          if (instance) instances.set(instanceId, { ...instance, state: 'terminated' });
          return { state: 'shutting-down' };
        }),
      stop: (_scope, instanceId) => later(() => moved(instanceId, 'stopped')),
      start: (_scope, instanceId) => later(() => moved(instanceId, 'running')),
      reboot: (_scope, instanceId) => later(() => moved(instanceId, 'running')),
      terminateAll: (_scope, ids) =>
        later(() => {
          for (const id of ids) instances.delete(id);
        }),
      letRoute: () => later(() => undefined),
      listByUid: (_scope, uid) => later(() => alive(uid)),
    },
    surroundings: {
      plan: ({ spec, plan }) => later(() => planOf(spec, plan)),
      ensureSecurityGroups: () =>
        later(() => ({ servers: 'sg-0123456789abcdef0', nodes: 'sg-0fedcba9876543210' })),
      deleteSecurityGroups: () => later(() => 2),
      ensureSecrets: (_scope, uid) =>
        later(() => ({
          server: `/fairlead/${uid}/server/token`,
          agent: `/fairlead/${uid}/agent/token`,
        })),
      deleteSecrets: () => later(() => 2),
    },
    remote: { run: ({ verb }) => later(() => answerTo(verb, k3s)) },
    fleet: {
      look: () =>
        later(() => {
          const found = new Map<string, InstanceFact[]>();
          for (const { uid, ...fact } of instances.values())
            found.set(uid, [...(found.get(uid) ?? []), fact]);
          return found;
        }),
    },
  };
}

const idOf = (count: number): string => `i-${count.toString(16).padStart(17, '0')}`;

function answerTo(verb: string, k3s: { voters: number; nodes: number }): ScriptAnswer {
  if (verb === 'init' || verb === 'join-server') k3s.voters += 1;
  if (verb === 'init' || verb.startsWith('join-')) k3s.nodes += 1;
  const facts: Readonly<Record<string, unknown>> =
    verb === 'init'
      ? { caHash: 'ab'.repeat(32) }
      : verb === 'observe'
        ? { readyz: true, ready: k3s.nodes, voters: k3s.voters, total: k3s.nodes }
        : verb === 'publish-access'
          ? { parameter: '/p', sha256: 'x', endpoint: 'https://e:6443', expiresAt: '' }
          : {};
  return { ok: true, running: false, code: 'ok', progress: 100, hint: '', facts };
}

/** As wide as a real one: every type of each pool in three zones. */
function planOf(spec: ClusterSpec, number: number): ClusterPlan {
  const zones = ['a', 'b', 'c'].map((letter) => `${spec.region}${letter}`);
  const offersOf = (types: readonly string[]): Offer[] =>
    types.flatMap((instanceType) =>
      zones.map((zone, index) => ({
        ...{ instanceType, zone, imageId: 'ami-0123456789abcdef0' },
        subnetId: `subnet-0123456789abcde${index}`,
      })),
    );
  return {
    ...{ number, version: 'v1.31.4+k3s1', vpcId: 'vpc-0123456789abcdef0', zones },
    ...{ rootDevice: '/dev/xvda', architecture: 'amd64' },
    offers: Object.fromEntries([
      ['server', offersOf(spec.servers.instanceTypes)],
      ...spec.agentPools.map(({ name, instanceTypes }) => [name, offersOf(instanceTypes)]),
    ]) as ClusterPlan['offers'],
  };
}
