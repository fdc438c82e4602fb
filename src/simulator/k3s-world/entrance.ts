/** How a machine comes into a simulated cluster: as its founder, or let in by a server that it can reach. */
import { createHash, randomBytes } from 'node:crypto';
import { isUp, refusal } from './membership.ts';
import type { Place, SimulatedCluster } from './membership.ts';

/** What a K3s service tells when it starts, read from its configuration files. */
export interface StartOrder {
  readonly instanceId: string;
  readonly region: string;
  readonly role: 'server' | 'agent';
  readonly version: string;
  readonly name: string;
  readonly ip: string;
  /** Whether its unit starts with the machine. */
  readonly enabled: boolean;
  readonly clusterInit: boolean;
  readonly serverUrl: string;
  readonly token: string;
  readonly agentToken: string;
}

type Admission = { ok: true; cluster: SimulatedCluster } | { ok: false; message: string };

/** A new cluster with its own authority and nobody in it yet. */
export function foundCluster(order: StartOrder): SimulatedCluster {
  const caPem = `-----BEGIN CERTIFICATE-----\n${randomBytes(192).toString('base64')}\n-----END CERTIFICATE-----`;
  return {
    id: randomBytes(8).toString('hex'),
    caPem,
    // K3s pins the fingerprint of the file, which ends in a newline.
    caHash: fingerprint(`${caPem}\n`),
    serverTokenHash: fingerprint(order.token),
    agentTokenHash: fingerprint(order.agentToken),
    members: [],
    passwords: [],
    quorumLost: 0,
    learnersMax: 0,
    evictions: 0,
  };
}

/** The cluster that the order's server lets it into, or why not, in the words K3s logs. */
export function admit(
  order: StartOrder,
  byIp: (region: string, ip: string) => Place | undefined,
): Admission {
  const ip = /^https:\/\/([^:/]+):6443$/.exec(order.serverUrl)?.[1] ?? '';
  const target = byIp(order.region, ip);
  if (target?.member.role !== 'server' || !isUp(target.member, Date.now())) {
    return { ok: false, message: `dial tcp ${ip}:6443: connect: connection refused` };
  }
  const [, caHash = '', user = '', secret = ''] =
    /^K10([0-9a-f]{64})::([a-z]+):(.+)$/.exec(order.token) ?? [];
  const attempt = {
    name: order.name,
    role: order.role,
    caHash,
    user,
    tokenHash: fingerprint(secret),
  };
  const message = refusal(target.cluster, attempt, Date.now());
  return message === undefined ? { ok: true, cluster: target.cluster } : { ok: false, message };
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
