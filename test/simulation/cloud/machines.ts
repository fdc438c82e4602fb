/** The machines of the simulated cloud, and how they come, go, stop and start in time. */
import type { LaunchOrder } from '../../../machines/messages.ts';
import type { Wire } from '../wire.ts';
import { cloudFault } from './faults.ts';
import { isLive, newMachine, stateOf } from './machine.ts';
import type { Machine, MachineState } from './machine.ts';

const secondMs = 1_000;
const bootMs = [5 * secondMs, 35 * secondMs] as const;
const agentMs = [3 * secondMs, 20 * secondMs] as const;
const powerMs = [5 * secondMs, 30 * secondMs] as const;
/** Longer than any deadline of a launch. */
const neverMs = 6 * 60 * secondMs;
const visibleMaxMs = 4 * secondMs;

export class MachinePark {
  readonly all: Machine[] = [];
  readonly #wire: Wire;
  /** Told of every change of state. */
  readonly #onChange: () => void;

  constructor(wire: Wire, onChange: () => void) {
    this.#wire = wire;
    this.#onChange = onChange;
  }

  find(instanceId: string): Machine | undefined {
    return this.all.find((each) => each.instanceId === instanceId);
  }

  ofUid(uid: string): Machine[] {
    return this.all.filter((each) => each.uid === uid);
  }

  byToken(token: string): Machine | undefined {
    return this.all.find((each) => each.token === token);
  }

  /** The same token gives the same machine, whatever has become of it. */
  launch(order: LaunchOrder, token: string): Machine {
    const known = this.byToken(token);
    if (known !== undefined) return known;
    const { clock, chance, weather } = this.#wire;
    const nowMs = clock.monotonicMs();
    const isSlowlySeen = weather.strikes('cloud', ['stale']) !== undefined;
    const visibleMs = nowMs + (isSlowlySeen ? chance.whole(0, visibleMaxMs) : 0);
    const { isLanding: isLate } = this.#wire;
    const number = this.all.length + 1;
    const machine = newMachine({ order, token, number, nowMs, visibleMs, isLate });
    this.all.push(machine);
    this.#wire.trace.note('cloud', 'launches', `${machine.instanceId} ${machine.name} ${token}`);
    this.#onChange();
    this.#boot(machine);
    return machine;
  }

  /** By order, or by somebody else. */
  terminate(machine: Machine, reason: string): void {
    if (!isLive(machine)) return;
    this.#move(machine, 'shutting-down', reason);
    this.#later(machine, powerMs, 'shutting-down', 'terminated', reason);
  }

  stop(machine: Machine, reason: string): void {
    const state = stateOf(machine);
    if (state === 'stopping' || state === 'stopped') return;
    if (state !== 'running') throw wrongState(machine);
    this.#move(machine, 'stopping', reason);
    this.#later(machine, powerMs, 'stopping', 'stopped', reason);
  }

  start(machine: Machine): void {
    const state = stateOf(machine);
    if (state === 'pending' || state === 'running') return;
    if (state !== 'stopped') throw wrongState(machine);
    machine.boot += 1;
    this.#move(machine, 'pending', '');
    this.#boot(machine);
  }

  reboot(machine: Machine): void {
    if (stateOf(machine) !== 'running') throw wrongState(machine);
    machine.boot += 1;
    machine.isAgentOnline = false;
    machine.runs.clear();
    this.#online(machine);
  }

  #boot(machine: Machine): void {
    const { clock, chance, weather, trace } = this.#wire;
    const isBad = weather.strikes('cloud', ['badMachines']) !== undefined;
    if (isBad) trace.fault('cloud.badMachines', 'cloud', machine.instanceId);
    const { boot } = machine;
    if (isBad && chance.is(0.6)) {
      this.#later(machine, bootMs, 'pending', 'terminated', 'Server.InternalError');
      return;
    }
    clock.after(isBad ? neverMs : chance.whole(...bootMs), () => {
      if (stateOf(machine) !== 'pending' || machine.boot !== boot) return;
      this.#move(machine, 'running', '');
      this.#online(machine);
    });
  }

  #online(machine: Machine): void {
    const { clock, chance } = this.#wire;
    const { boot } = machine;
    clock.after(chance.whole(...agentMs), () => {
      if (stateOf(machine) === 'running' && machine.boot === boot) machine.isAgentOnline = true;
    });
  }

  #later(
    machine: Machine,
    withinMs: readonly [number, number],
    from: MachineState,
    to: MachineState,
    reason: string,
  ): void {
    this.#wire.clock.after(this.#wire.chance.whole(...withinMs), () => {
      if (stateOf(machine) === from) this.#move(machine, to, reason);
    });
  }

  #move(machine: Machine, state: MachineState, reason: string): void {
    const { clock, trace } = this.#wire;
    machine.states.push({ atMs: clock.monotonicMs(), state, reason });
    if (state !== 'running') {
      machine.isAgentOnline = false;
      if (state !== 'pending') machine.runs.clear();
    }
    trace.note('cloud', machine.instanceId, `${machine.name} ${state} ${reason}`);
    this.#onChange();
  }
}

/** EC2 refuses moving and ended machines with one code; the adapter tells them apart. */
function wrongState(machine: Machine): Error {
  return isLive(machine)
    ? cloudFault('Retryable', 'IncorrectInstanceState', { mayHaveHappened: false })
    : cloudFault('NotFound', 'instance.gone', { mayHaveHappened: false });
}
