/** The HTTP side of the K3s world: what the stand-in for k3s on each machine asks, and what peers see of a server. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceDirectory, SimulatedInstance } from '../node/contract.ts';
import { readBody, replyText } from '../node/http-body.ts';
import { isReady, isUp } from './membership.ts';
import type { Member, Place } from './membership.ts';
import { kubectl } from './kubectl.ts';
import type { KubectlContext } from './kubectl-words.ts';

export interface K3sRequests extends KubectlContext {
  readonly directory: InstanceDirectory;
}

/** Answers `/_k3s/<instance id>/<action>`. A caller that hangs up ends its wait. */
export async function answerK3s(
  context: K3sRequests,
  req: IncomingMessage,
  res: ServerResponse,
  pathname: string,
): Promise<void> {
  const [, , instanceId = '', action = '', ...rest] = pathname.split('/');
  const instance = context.directory.byId(instanceId);
  if (instance === undefined || context.directory.upSinceMs(instanceId) === undefined) {
    replyText(res, 404, 'no such machine is running');
    return;
  }
  if (action === 'peer') {
    answerPeer(context, res, instance.region, rest[0] ?? '');
    return;
  }
  const gone = new AbortController();
  res.on('close', () => {
    gone.abort();
  });
  const body = await readBody(req);
  const { ok, output } = await perform(context, instance, action, body, gone.signal);
  replyText(res, ok ? 200 : 409, output);
}

async function perform(
  context: K3sRequests,
  { instanceId, region }: SimulatedInstance,
  action: string,
  body: string,
  signal: AbortSignal,
): Promise<{ ok: boolean; output: string }> {
  const { world } = context;
  switch (action) {
    case 'start': {
      const reply = world.start(startOrder(instanceId, region, body));
      return { ok: reply.ok, output: reply.ok ? reply.caPem : reply.message };
    }
    case 'ready': {
      const ready = await world.untilReady(instanceId, signal);
      return { ok: ready, output: ready ? 'ready' : 'the service was stopped' };
    }
    case 'kubectl':
      return kubectl(context, instanceId, body.trimEnd().split('\n'), signal);
    case 'stop':
      world.stop(instanceId);
      return { ok: true, output: 'stopped' };
    case 'enable':
    case 'disable':
      world.enable(instanceId, action === 'enable');
      return { ok: true, output: `${action}d` };
    case 'show':
      return { ok: true, output: serviceState(world.place(instanceId)?.member) };
    case 'snapshot':
      await sleep(world.duration(`snapshot:${instanceId}:${String(Date.now())}`, 2, 5));
      return mayBeSaved(world.place(instanceId));
    default:
      return { ok: false, output: 'no such action' };
  }
}

/** What systemd tells of the service. */
function serviceState(member: Member | undefined): string {
  const isActive = member !== undefined && isUp(member, Date.now());
  const [active, sub] = isActive
    ? ['active', 'running']
    : member?.running === true
      ? ['activating', 'start']
      : ['inactive', 'dead'];
  return `ActiveState=${active}\nSubState=${sub}\nNRestarts=${String(member?.restarts ?? 0)}`;
}

/** A snapshot is asked of the running server, which must be part of a healthy etcd. */
function mayBeSaved(place: Place | undefined): { ok: boolean; output: string } {
  const ok = place?.member.role === 'server' && isReady(place.cluster, place.member, Date.now());
  return { ok, output: ok ? 'saved' : 'see server log for details: no etcd member is ready' };
}

/** A running server shows its certificates, a machine without one refuses, a machine that is down stays silent. */
function answerPeer(
  { world, directory }: K3sRequests,
  res: ServerResponse,
  region: string,
  ip: string,
): void {
  const found = world.byIp(region, ip);
  if (found?.member.role === 'server' && isUp(found.member, Date.now())) {
    replyText(res, 200, found.cluster.caPem);
    return;
  }
  const machine = directory.byPrivateIp(ip);
  if (machine !== undefined && directory.upSinceMs(machine.instanceId) === undefined) {
    replyText(res, 504, 'no answer');
    return;
  }
  res.socket?.destroy();
}

function startOrder(instanceId: string, region: string, body: string) {
  const config = new Map(
    body.split('\n').map((line): [string, string] => {
      const blank = line.indexOf(' ');
      return [line.slice(0, blank), line.slice(blank + 1)];
    }),
  );
  const word = (name: string) => config.get(name) ?? '';
  return {
    instanceId,
    region,
    role: word('role') === 'server' ? ('server' as const) : ('agent' as const),
    version: word('version'),
    name: word('name'),
    ip: word('ip'),
    enabled: word('enabled') === 'true',
    clusterInit: word('init') === 'true',
    serverUrl: word('server'),
    token: word('token'),
    agentToken: word('agentToken'),
  };
}
