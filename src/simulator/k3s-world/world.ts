/** All simulated K3s clusters: what starting, stopping and losing machines does to them, kept on disk. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Draw } from '../draw.ts';
import { readJsonFile, writeJsonFile } from '../node/json-file.ts';
import { admit, foundCluster } from './entrance.ts';
import type { StartOrder } from './entrance.ts';
import {
  clusterSchema,
  dropLeaving,
  hasQuorum,
  isEtcdMember,
  isReady,
  learners,
  promote,
  tooManyLearners,
} from './membership.ts';
import type { Member, Place, SimulatedCluster } from './membership.ts';

type StartReply = { ok: true; caPem: string } | { ok: false; message: string };

export interface World {
  /** The service of a machine starts: founds a cluster, joins one, or comes back to its own. */
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
  enable(instanceId: string, enabled: boolean): void;
  /** The service of the node dies; systemd brings it back after 5 s. False when there is no such service running. */
  crash(name: string): boolean;
  /** Takes note that a machine went down or came up; every look at a cluster does the same. */
  refresh(instanceId: string): void;
  /** The machine is gone for good; its membership stays until it is removed, or the last machine is gone. */
  forget(instanceId: string): void;
  place(instanceId: string): Place | undefined;
  byIp(region: string, ip: string): Place | undefined;
  /** Makes a change to a cluster, counts what it did to the majority, and stores it. */
  alter(cluster: SimulatedCluster, change: () => void): void;
  /** Wall milliseconds, drawn by the key from a range of simulated seconds. */
  duration(key: string, minSeconds: number, maxSeconds: number): number;
  clusters(): readonly SimulatedCluster[];
}

export interface WorldOptions {
  readonly folder: string;
  readonly scale: number;
  readonly draw: Draw;
  /** Since when the machine's operating system is up: services stop and start again with it. */
  readonly upSinceMs: (instanceId: string) => number | undefined;
}

/** RestartSec of the unit. */
const restartPauseMs = 5_000;

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

  function alter(cluster: SimulatedCluster, change: () => void): void {
    const had = hasQuorum(cluster, Date.now());
    change();
    if (had && !hasQuorum(cluster, Date.now())) cluster.quorumLost += 1;
    cluster.learnersMax = Math.max(cluster.learnersMax, learners(cluster).length);
    prune(cluster);
    if (all.has(cluster.id)) writeJsonFile(fileOf(cluster), cluster);
  }

  /** What has no machine, no Node object and no membership is nothing; a cluster without machines neither. */
  function prune(cluster: SimulatedCluster): void {
    const isLast = cluster.members.every((each) => each.machine === 'gone');
    const isOver = (each: Member) =>
      isLast || (each.machine === 'gone' && !each.listed && !isEtcdMember(each));
    for (const each of cluster.members.filter(isOver)) placed.delete(each.instanceId);
    cluster.members = cluster.members.filter((each) => !isOver(each));
    if (!isLast) return;
    all.delete(cluster.id);
    rmSync(fileOf(cluster), { force: true });
  }

  function fileOf(cluster: SimulatedCluster): string {
    return join(folder, `${cluster.id}.json`);
  }

  /** Brings a cluster up to the present before it is looked at. */
  function settle(cluster: SimulatedCluster): void {
    const late = cluster.members.filter(isBehind);
    if (late.length > 0) {
      alter(cluster, () => {
        for (const member of late) followMachine(cluster, member);
      });
    }
    const nowMs = Date.now();
    const changed = [promote(cluster, nowMs), dropLeaving(cluster, nowMs)].includes(true);
    if (changed) alter(cluster, () => undefined);
  }

  function isBehind(member: Member): boolean {
    const bootedAtMs = upSinceMs(member.instanceId) ?? null;
    return member.machine !== 'gone' && member.bootedAtMs !== bootedAtMs;
  }

  /** A service ends with its machine and, when enabled, starts again with the next boot. */
  function followMachine(cluster: SimulatedCluster, member: Member): void {
    member.bootedAtMs = upSinceMs(member.instanceId) ?? null;
    member.machine = member.bootedAtMs === null ? 'off' : 'on';
    end(member);
    member.restarts = 0;
    if (member.bootedAtMs !== null && member.enabled) begin(cluster, member, member.bootedAtMs);
  }

  /** Why the service cannot start; undefined when it does. A removed server asks to be a member again (k3s #9818). */
  function begin(cluster: SimulatedCluster, member: Member, atMs: number): string | undefined {
    if (member.running) return undefined;
    const readyAtMs = atMs + duration(`restart:${member.name}:${String(atMs)}`, 8, 15);
    if (member.removed) {
      if (learners(cluster).length > 0) return tooManyLearners;
      member.removed = false;
      member.voterAtMs = readyAtMs + duration(`voter:${member.name}:${String(atMs)}`, 3, 8);
    }
    if (!cluster.passwords.includes(member.name)) cluster.passwords.push(member.name);
    member.listed = true;
    member.running = true;
    member.readyAtMs = readyAtMs;
    return undefined;
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
    return placed.get(instanceId);
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

  function start(order: StartOrder): StartReply {
    const found = place(order.instanceId);
    if (found !== undefined) {
      const { cluster, member } = found;
      let message: string | undefined;
      alter(cluster, () => {
        member.enabled = order.enabled;
        member.restarts = 0;
        message = begin(cluster, member, Date.now());
      });
      return message === undefined ? { ok: true, caPem: cluster.caPem } : { ok: false, message };
    }
    const entered = order.clusterInit
      ? { ok: true as const, cluster: foundCluster(order) }
      : admit(order, byIp);
    if (!entered.ok) return entered;
    enter(entered.cluster, order);
    return { ok: true, caPem: entered.cluster.caPem };
  }

  function enter(cluster: SimulatedCluster, order: StartOrder): void {
    const { name, instanceId, region, ip, role, version, enabled } = order;
    const readyAtMs = Date.now() + duration(`join:${name}`, 20, 35);
    const member: Member = {
      ...{ name, instanceId, region, ip, role, version, enabled, readyAtMs },
      running: true,
      restarts: 0,
      machine: 'on',
      bootedAtMs: upSinceMs(instanceId) ?? null,
      voterAtMs: readyAtMs + duration(`voter:${name}`, 3, 8),
      voter: role === 'server' && cluster.members.length === 0,
      removed: false,
      leavesAtMs: null,
      listed: true,
      cordoned: false,
      evicted: 'none',
      stoppedAtMs: 0,
    };
    all.set(cluster.id, cluster);
    placed.set(instanceId, { cluster, member });
    alter(cluster, () => {
      cluster.members.push(member);
      cluster.passwords.push(name);
    });
  }

  async function until(
    instanceId: string,
    holds: (place: Place, nowMs: number) => boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const pauseMs = Math.max(25, 1000 / scale);
    for (;;) {
      const found = place(instanceId);
      if (found?.member.running !== true) return false;
      const nowMs = Date.now();
      if (holds(found, nowMs)) return true;
      // Only now: what came true within the time holds, however late a busy machine wakes.
      if (signal.aborted) return false;
      const restMs = Math.max(found.member.readyAtMs - nowMs, pauseMs);
      // An abort ends the sleep early.
      await sleep(restMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Changes one member, if the machine has a place. */
  function alterMember(instanceId: string, change: (member: Member) => void): void {
    const found = place(instanceId);
    if (found === undefined) return;
    alter(found.cluster, () => {
      change(found.member);
    });
  }

  return {
    start,
    until,
    untilReady: (instanceId, signal) =>
      until(instanceId, ({ cluster, member }, nowMs) => isReady(cluster, member, nowMs), signal),
    stop: (instanceId) => {
      alterMember(instanceId, end);
    },
    enable: (instanceId, enabled) => {
      alterMember(instanceId, (member) => {
        member.enabled = enabled;
      });
    },
    crash: (name) => {
      const found = [...placed.values()].find(({ member }) => member.name === name);
      if (found === undefined || place(found.member.instanceId)?.member.running !== true) {
        return false;
      }
      alter(found.cluster, () => {
        end(found.member);
        begin(found.cluster, found.member, Date.now() + restartPauseMs / scale);
        found.member.restarts += 1;
      });
      return true;
    },
    refresh: place,
    forget: (instanceId) => {
      const found = placed.get(instanceId);
      if (found === undefined) return;
      alter(found.cluster, () => {
        end(found.member);
        found.member.machine = 'gone';
      });
    },
    place,
    byIp,
    alter,
    duration,
    clusters: () => {
      for (const cluster of all.values()) settle(cluster);
      return [...all.values()];
    },
  };
}
