/** One machine of the simulated cloud: its states over time, and what K3s on it has come to. */
import type { InstanceFact, LaunchOrder, ScriptAnswer } from '../../../machines/messages.ts';

export type MachineState = InstanceFact['state'];

export interface ScriptRun {
  readonly verb: string;
  readonly endsMs: number;
  /** Undefined while it runs. */
  answer: ScriptAnswer | undefined;
}

export interface Machine {
  readonly instanceId: string;
  readonly token: string;
  readonly uid: string;
  readonly slot: string;
  readonly incarnation: number;
  /** Of its Kubernetes node. */
  readonly name: string;
  readonly zone: string;
  readonly region: string;
  readonly privateIp: string;
  readonly isProtected: boolean;
  readonly launchedMs: number;
  /** Its launch was given up by the caller before it was done. */
  readonly isLate: boolean;
  /** Reads do not show it before. */
  readonly visibleMs: number;
  /** Oldest first; the last one is what is. */
  readonly states: {
    readonly atMs: number;
    readonly state: MachineState;
    readonly reason: string;
  }[];
  isAgentOnline: boolean;
  /** Counts its boots. */
  boot: number;
  /** Known to Kubernetes; member of etcd; holds the database it began. */
  isJoined: boolean;
  isMember: boolean;
  isCordoned: boolean;
  readonly runs: Map<string, ScriptRun>;
}

export const stateOf = ({ states }: Machine): MachineState => states.at(-1)?.state ?? 'pending';
export const isUp = (machine: Machine): boolean => stateOf(machine) === 'running';
/** Costs money, or will again. */
export const isLive = (machine: Machine): boolean =>
  !['shutting-down', 'terminated'].includes(stateOf(machine));
export const isServer = ({ slot }: Machine): boolean => slot.startsWith('s');

const tagOf = (order: LaunchOrder, name: string): string => order.tags[`fairlead:${name}`] ?? '';

export interface Birth {
  readonly order: LaunchOrder;
  readonly token: string;
  readonly number: number;
  readonly nowMs: number;
  readonly visibleMs: number;
  readonly isLate: boolean;
}

export function newMachine(birth: Birth): Machine {
  const { order, token, number, nowMs, visibleMs, isLate } = birth;
  return {
    instanceId: `i-${number.toString(16).padStart(17, '0')}`,
    ...{ token, launchedMs: nowMs, visibleMs, isLate },
    uid: tagOf(order, 'uid'),
    slot: tagOf(order, 'slot'),
    incarnation: Number(tagOf(order, 'incarnation')),
    name: order.tags['Name'] ?? '',
    zone: order.offer.zone,
    region: order.region,
    privateIp: `172.31.${Math.floor(number / 250)}.${(number % 250) + 4}`,
    isProtected: order.protected,
    states: [{ atMs: nowMs, state: 'pending', reason: '' }],
    ...{ isAgentOnline: false, boot: 1 },
    ...{ isJoined: false, isMember: false, isCordoned: false, runs: new Map() },
  };
}

/** As a read shows it that sees what was at that time; undefined before it is to be seen, and an hour after its end. */
export function factAt(machine: Machine, atMs: number, nowMs: number): InstanceFact | undefined {
  if (machine.visibleMs > atMs) return undefined;
  const seen = machine.states.findLast((each) => each.atMs <= atMs) ?? machine.states[0];
  if (seen === undefined) return undefined;
  if (seen.state === 'terminated' && nowMs - seen.atMs > 3_600_000) return undefined;
  const { slot, incarnation, instanceId, privateIp, zone, isAgentOnline } = machine;
  return {
    ...{ slot, incarnation, instanceId, privateIp, zone },
    state: seen.state,
    agentOnline: isAgentOnline && seen.state === 'running',
    stateReason: seen.reason,
  };
}
