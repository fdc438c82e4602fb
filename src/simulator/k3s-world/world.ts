/** All simulated K3s clusters: what starting, stopping and losing machines does to them, and what their API answers. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Draw } from '../draw.ts';
import { readJsonFile, writeJsonFile } from '../node/json-file.ts';
import { clusterSchema, isReady, isUp, promote, refusal } from './membership.ts';
import type { Member, SimulatedCluster } from './membership.ts';

/** What a K3s service tells when it starts, read from its configuration files. */
interface StartOrder {
  readonly instanceId: string;
  readonly region: string;
  readonly role: 'server' | 'agent';
  readonly version: string;
  readonly name: string;
  readonly ip: string;
  readonly clusterInit: boolean;
  readonly serverUrl: string;
  readonly token: string;
  readonly agentToken: string;
}

type StartReply = { ok: true; caPem: string } | { ok: false; message: string };

export interface Place {
  readonly cluster: SimulatedCluster;
  readonly member: Member;
}

export interface World {
  start(order: StartOrder): StartReply;
  /** Resolves true when the service is ready, false when it was stopped meanwhile or `signal` fired. */
  untilReady(instanceId: string, signal: AbortSignal): Promise<boolean>;
  /** Waits until `holds` is true of the machine's place; false when it lost it or `signal` fired. */
  until(
    instanceId: string,
    holds: (place: Place, nowMs: number) => boolean,
    signal: AbortSignal,
  ): Promise<boolean>;
  stop(instanceId: string): void;
  /** Takes note that a machine went down or came up; every look at a cluster does the same. */
  refresh(instanceId: string): void;
  /** The machine is gone for good; its membership stays until the last machine of the cluster is gone. */
  forget(instanceId: string): void;
  place(instanceId: string): Place | undefined;
  byIp(region: string, ip: string): Place | undefined;
  clusters(): readonly SimulatedCluster[];
}

export interface WorldOptions {
  readonly folder: string;
  readonly scale: number;
  readonly draw: Draw;
  /** Since when the machine's operating system is up: services stop and start again with it. */
  readonly upSinceMs: (instanceId: string) => number | undefined;
}

export function createWorld(options: WorldOptions): World {
  const { folder, scale, draw, upSinceMs } = options;
  mkdirSync(folder, { recursive: true });
  const all = new Map<string, SimulatedCluster>();
  const placed = new Map<string, Place>();
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.json'))) {
    adopt(clusterSchema.parse(readJsonFile(join(folder, name))));
  }

  function adopt(cluster: SimulatedCluster): void {
    all.set(cluster.id, cluster);
    for (const member of cluster.members) placed.set(member.instanceId, { cluster, member });
  }

  function store(cluster: SimulatedCluster): void {
    writeJsonFile(join(folder, `${cluster.id}.json`), cluster);
  }

  /** Brings a cluster up to the present before it is looked at. */
  function settle(cluster: SimulatedCluster): void {
    const changed = cluster.members.map(followMachine).includes(true);
    if (promote(cluster, Date.now()) || changed) store(cluster);
  }

  /** A service ends with its machine and, when enabled, starts again with it. True when something changed. */
  function followMachine(member: Member): boolean {
    const bootedAtMs = upSinceMs(member.instanceId) ?? null;
    if (member.machine === 'gone' || member.bootedAtMs === bootedAtMs) return false;
    member.bootedAtMs = bootedAtMs;
    member.machine = bootedAtMs === null ? 'off' : 'on';
    end(member);
    if (bootedAtMs !== null && member.enabled) begin(member, bootedAtMs);
    return true;
  }

  function begin(member: Member, atMs: number): void {
    if (member.running) return;
    member.running = true;
    member.readyAtMs = atMs + duration(`restart:${member.name}:${String(atMs)}`, 8, 15);
  }

  function end(member: Member): void {
    if (member.running) member.stoppedAtMs = Date.now();
    member.running = false;
  }

  function duration(key: string, minSeconds: number, maxSeconds: number): number {
    return Math.round((draw(key, { min: minSeconds, max: maxSeconds }) * 1000) / scale);
  }

  function place(instanceId: string): Place | undefined {
    const found = placed.get(instanceId);
    if (found !== undefined) settle(found.cluster);
    return found;
  }

  function byIp(region: string, ip: string): Place | undefined {
    for (const found of placed.values()) {
      const { member } = found;
      if (member.ip === ip && member.region === region && member.machine !== 'gone') {
        settle(found.cluster);
        return found;
      }
    }
    return undefined;
  }

  function enter(cluster: SimulatedCluster, order: StartOrder, first: boolean): void {
    const readyAtMs = Date.now() + duration(`join:${order.name}`, 20, 35);
    const member: Member = {
      name: order.name,
      instanceId: order.instanceId,
      region: order.region,
      ip: order.ip,
      role: order.role,
      version: order.version,
      running: true,
      enabled: true,
      machine: 'on',
      bootedAtMs: upSinceMs(order.instanceId) ?? null,
      readyAtMs,
      voterAtMs: readyAtMs + duration(`voter:${order.name}`, 3, 8),
      voter: first,
      stoppedAtMs: 0,
    };
    cluster.members.push(member);
    placed.set(order.instanceId, { cluster, member });
    store(cluster);
  }

  function createCluster(order: StartOrder): StartReply {
    const caPem = `-----BEGIN CERTIFICATE-----\n${randomBytes(192).toString('base64')}\n-----END CERTIFICATE-----`;
    const cluster: SimulatedCluster = {
      id: randomBytes(8).toString('hex'),
      caPem,
      // K3s pins the fingerprint of the file, which ends in a newline.
      caHash: fingerprint(`${caPem}\n`),
      serverTokenHash: fingerprint(order.token),
      agentTokenHash: fingerprint(order.agentToken),
      members: [],
    };
    all.set(cluster.id, cluster);
    enter(cluster, order, true);
    return { ok: true, caPem };
  }

  function joinCluster(order: StartOrder): StartReply {
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
    if (message !== undefined) return { ok: false, message };
    enter(target.cluster, order, false);
    return { ok: true, caPem: target.cluster.caPem };
  }

  async function until(
    instanceId: string,
    holds: (place: Place, nowMs: number) => boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const pauseMs = Math.max(25, 1000 / scale);
    while (!signal.aborted) {
      const found = place(instanceId);
      if (found?.member.running !== true) return false;
      const nowMs = Date.now();
      if (holds(found, nowMs)) return true;
      const restMs = Math.max(found.member.readyAtMs - nowMs, pauseMs);
      // An abort ends the sleep early; the loop's own condition sees it.
      await sleep(restMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
    return false;
  }

  return {
    start: (order) => {
      const found = place(order.instanceId);
      if (found !== undefined) {
        found.member.enabled = true;
        begin(found.member, Date.now());
        store(found.cluster);
        return { ok: true, caPem: found.cluster.caPem };
      }
      return order.clusterInit ? createCluster(order) : joinCluster(order);
    },
    until,
    untilReady: (instanceId, signal) =>
      until(instanceId, ({ cluster, member }, nowMs) => isReady(cluster, member, nowMs), signal),
    stop: (instanceId) => {
      const found = place(instanceId);
      if (found === undefined) return;
      found.member.enabled = false;
      end(found.member);
      store(found.cluster);
    },
    refresh: place,
    forget: (instanceId) => {
      const found = placed.get(instanceId);
      if (found === undefined) return;
      const { cluster, member } = found;
      end(member);
      member.machine = 'gone';
      store(cluster);
      if (!cluster.members.every((each) => each.machine === 'gone')) return;
      all.delete(cluster.id);
      for (const each of cluster.members) placed.delete(each.instanceId);
      rmSync(join(folder, `${cluster.id}.json`), { force: true });
    },
    place,
    byIp,
    clusters: () => {
      for (const cluster of all.values()) settle(cluster);
      return [...all.values()];
    },
  };
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
