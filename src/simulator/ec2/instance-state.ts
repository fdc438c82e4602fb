/** The life of an instance as planned transitions: what is true at a moment, what reads show, and how a change plans on. */
import type { InstanceRecord, InstanceState, Transition } from '../state/records.ts';
import { terminatedListedMs } from '../timing.ts';
import { drawDuration } from '../world.ts';
import type { World } from '../world.ts';

export const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** What is true at the moment. */
export function stateAt(record: InstanceRecord, nowMs: number): InstanceState {
  return lastBy(record, (step) => step.atMs <= nowMs).state;
}

/** What Describe shows at the moment; it may lag behind what is true. */
export function seenTransition(record: InstanceRecord, nowMs: number): Transition {
  return lastBy(record, (step) => step.seenAtMs <= nowMs);
}

function lastBy(record: InstanceRecord, holds: (step: Transition) => boolean): Transition {
  const found = record.transitions.findLast(holds) ?? record.transitions[0];
  if (found === undefined) throw new Error(`${record.instanceId} has no transition`);
  return found;
}

/** The moment the instance is terminated; undefined while nothing has asked for it. */
export function terminatedAtMs(record: InstanceRecord): number | undefined {
  return record.transitions.find((step) => step.state === 'terminated')?.atMs;
}

/** True while calls by id find it: from the end of the launch's lag until EC2 forgets a terminated instance. */
export function isVisible(world: World, record: InstanceRecord, nowMs: number): boolean {
  if (nowMs < record.visibleAtMs) return false;
  const ended = terminatedAtMs(record);
  return ended === undefined || nowMs < ended + world.clock.scaled(terminatedListedMs);
}

/** True while it uses capacity, quota and an address. */
export function isAlive(record: InstanceRecord, nowMs: number): boolean {
  return stateAt(record, nowMs) !== 'terminated';
}

/** True while its operating system runs. */
export function isUp(record: InstanceRecord, nowMs: number): boolean {
  return stateAt(record, nowMs) === 'running' && nowMs >= (record.rebootUntilMs ?? 0);
}

/** When its operating system came up; undefined while it is down. */
export function upSinceMs(record: InstanceRecord, nowMs: number): number | undefined {
  if (!isUp(record, nowMs)) return undefined;
  return Math.max(lastBy(record, (step) => step.atMs <= nowMs).atMs, record.rebootUntilMs ?? 0);
}

export function isAgentOnline(record: InstanceRecord, nowMs: number): boolean {
  return isUp(record, nowMs) && nowMs >= (record.agentOnlineAtMs ?? Infinity);
}

/** The transitions so far, with what was planned beyond now replaced by the given steps. */
export function plan(
  world: World,
  record: Pick<InstanceRecord, 'instanceId' | 'transitions'>,
  nowMs: number,
  steps: readonly Omit<Transition, 'seenAtMs'>[],
): readonly Transition[] {
  const past = record.transitions.filter((step) => step.atMs <= nowMs);
  const planned = steps.map((step) => ({
    ...step,
    seenAtMs:
      step.atMs +
      drawDuration(world, 'lag', `${record.instanceId}/${step.state}/${String(past.length)}`),
  }));
  return [...past, ...planned];
}

/** When the SSM agent answers after a boot: never without an instance profile, or when a rule about agents says so. */
export function agentOnlineAt(
  world: World,
  record: Pick<InstanceRecord, 'instanceId' | 'profileName' | 'tags'>,
  bootedAtMs: number,
): number | undefined {
  if (record.profileName === undefined) return undefined;
  for (const [id, row] of agentRows(world)) {
    if (record.tags[row.tag] !== row.value || row.times === 0) continue;
    world.tables.agents.put(id, { ...row, times: row.times - 1 });
    return row.onlineAfterMs === undefined
      ? undefined
      : bootedAtMs + world.clock.scaled(row.onlineAfterMs);
  }
  return (
    bootedAtMs + drawDuration(world, 'agentOnline', `${record.instanceId}/${String(bootedAtMs)}`)
  );
}

function agentRows(world: World) {
  return [...world.tables.agents.all()].map((row) => [`${row.tag}=${row.value}`, row] as const);
}
