/** The simulated cloud as one process reaches it: machines, scripts, surroundings and looks, each with its weather. */
import type {
  Attempt,
  CallGuard,
  FleetView,
  Machines,
  Remote,
  Surroundings,
} from '../../../actors/ports.ts';
import type { InstanceFact, LaunchedNode, ScriptAnswer } from '../../../machines/messages.ts';
import type { Life } from '../life.ts';
import type { Place, StormKind } from '../weather.ts';
import { callerOf } from './callers.ts';
import { cloudFault, noAnswer, refusalOf } from './faults.ts';
import { targetOf } from './k3s.ts';
import { factAt, stateOf } from './machine.ts';
import type { Machine } from './machine.ts';
import { planOf } from './plan.ts';
import { scriptOn } from './scripts.ts';
import type { ScriptParts } from './scripts.ts';

/** A call to the cloud, for those who judge. */
export interface CloudCall {
  readonly process: string;
  readonly name: string;
  /** Of the actor that makes it; empty when nobody knows. */
  readonly uid: string;
  /** Of the actor whose things it is about; empty when it is about nobody's. */
  readonly owner: string;
  readonly token: string;
  readonly machine: Machine | undefined;
  /** Another machine that the order is about. */
  readonly target?: Machine | undefined;
  /** What is searched for secrets. */
  readonly text: string;
}

export interface CloudParts extends ScriptParts {
  /** As it goes out, whatever becomes of it. */
  readonly onDeparture: (call: CloudCall) => void;
  /** As it reaches the cloud: late, twice or not at all. */
  readonly onCall: (call: CloudCall) => void;
}

const refusing: readonly StormKind[] = ['throttled', 'unavailable', 'denied', 'circuit'];
const patienceMs = [1_000, 50_000] as const;
const scriptMs = [500, 4_000] as const;
/** Reads that are stale show what was so long ago at most. */
const staleMaxMs = 6_000;

interface Asked<T> {
  readonly name: string;
  readonly detail: string;
  readonly place?: Place;
  readonly refusals?: readonly StormKind[];
  readonly call?: Omit<CloudCall, 'process' | 'name' | 'text'>;
  readonly takesMs?: number;
  readonly apply: () => T;
}

export class CloudClient {
  readonly #parts: CloudParts;
  readonly #life: Life;

  constructor(parts: CloudParts, life: Life) {
    this.#parts = parts;
    this.#life = life;
  }

  #ask<T>(asked: Asked<T>): Promise<T> {
    const { wire, onCall, onDeparture } = this.#parts;
    const { name, detail, place = 'cloud', refusals = refusing, apply, takesMs = 0 } = asked;
    const call = asked.call && { ...asked.call, process: this.#life.name, name, text: detail };
    // A process that died within this turn makes no calls any more.
    if (call !== undefined && this.#life.isAlive) onDeparture(call);
    const storm = wire.weather.strikes(place, refusals);
    const refusal = storm && refusalOf(storm, wire.chance.whole(500, 8_000));
    if (refusal !== undefined) wire.trace.fault(`${place}.${storm ?? ''}`, this.#life.name, name);
    return wire.call(this.#life, {
      ...{ place, name, detail, lost: noAnswer, patienceMs, takesMs },
      apply: () => {
        if (refusal !== undefined) throw refusal;
        if (call !== undefined) onCall(call);
        return copied(apply());
      },
    });
  }

  #seen(machine: Machine, isStale: boolean): InstanceFact | undefined {
    const { clock, chance } = this.#parts.wire;
    const nowMs = clock.monotonicMs();
    return factAt(machine, nowMs - (isStale ? chance.whole(0, staleMaxMs) : 0), nowMs);
  }

  #isStale(): boolean {
    const { weather, trace } = this.#parts.wire;
    const isStale = weather.strikes('cloud', ['stale']) !== undefined;
    if (isStale) trace.fault('cloud.stale', this.#life.name, '');
    return isStale;
  }

  readonly guard: CallGuard = {
    call: (order, run) => run({ signal: order.attempt.signal }),
    untilReleased: () =>
      new Promise((resolve) => {
        this.#life.clock.after(this.#parts.wire.chance.whole(2_000, 30_000), resolve);
      }),
    observed: (_key, run) => run(),
  };

  readonly fleet: FleetView = {
    look: (scope, awaitingAgent) =>
      this.#ask({
        ...{ name: 'cloud.look', detail: scope.region },
        apply: () => {
          const isStale = this.#isStale();
          const found: [string, InstanceFact[]][] = [];
          for (const machine of this.#parts.park.all) {
            const fact = this.#seen(machine, isStale);
            if (fact === undefined || machine.region !== scope.region) continue;
            const agentOnline = fact.agentOnline && awaitingAgent.has(fact.instanceId);
            const known = found.find(([uid]) => uid === machine.uid);
            if (known === undefined) found.push([machine.uid, [{ ...fact, agentOnline }]]);
            else known[1].push({ ...fact, agentOnline });
          }
          return found;
        },
      }).then((found) => new Map(found)),
  };

  readonly machines: Machines = {
    launch: (order, token, attempt) => {
      const { park } = this.#parts;
      return this.#ask({
        ...{ name: 'cloud.launch', detail: `${token} ${JSON.stringify(order)}` },
        refusals: park.byToken(token) === undefined ? [...refusing, 'noCapacity'] : refusing,
        call: {
          ...{ uid: callerOf(attempt), owner: order.tags['fairlead:uid'] ?? '' },
          ...{ token, machine: park.byToken(token) },
        },
        apply: () => launched(park.launch(order, token)),
      });
    },
    find: (_order, token) =>
      this.#ask({
        ...{ name: 'cloud.find', detail: token },
        apply: () => {
          const machine = this.#parts.park.byToken(token);
          const fact = machine && this.#seen(machine, this.#isStale());
          return machine && fact && { ...launched(machine), state: fact.state };
        },
      }),
    terminate: (_scope, instanceId, lift, attempt) =>
      this.#terminate('terminate', instanceId, lift, attempt),
    terminateAll: async (_scope, instanceIds, attempt) => {
      const each = instanceIds.map((id) => this.#terminate('sweep', id, true, attempt));
      const failed = (await Promise.allSettled(each)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    },
    stop: (_scope, instanceId, attempt) =>
      this.#power('stop', instanceId, attempt, (machine) => {
        this.#parts.park.stop(machine, 'Client.UserInitiatedShutdown');
      }),
    start: (_scope, instanceId, attempt) =>
      this.#power('start', instanceId, attempt, (machine) => {
        this.#parts.park.start(machine);
      }),
    reboot: (_scope, instanceId, attempt) =>
      this.#power('reboot', instanceId, attempt, (machine) => {
        this.#parts.park.reboot(machine);
      }),
    letRoute: (_scope, instanceId, attempt) =>
      this.#power('letRoute', instanceId, attempt, () => undefined).then(() => undefined),
    listByUid: (_scope, uid) =>
      this.#ask({
        ...{ name: 'cloud.list', detail: uid },
        apply: () => {
          const isStale = this.#isStale();
          return this.#parts.park
            .ofUid(uid)
            .flatMap((machine) => this.#seen(machine, isStale) ?? [])
            .filter(({ state }) => state !== 'terminated');
        },
      }),
  };

  #terminate(
    name: string,
    instanceId: string,
    lift: boolean,
    attempt: Attempt,
  ): Promise<{ state: string }> {
    const { park } = this.#parts;
    const machine = park.find(instanceId);
    return this.#ask({
      ...{ name: `cloud.${name}`, detail: instanceId },
      call: about(machine, attempt),
      apply: () => {
        if (machine === undefined) return { state: 'gone' };
        if (machine.isProtected && !lift)
          throw cloudFault('ProviderError', 'OperationNotPermitted', { mayHaveHappened: false });
        park.terminate(machine, 'Client.UserInitiatedShutdown');
        return { state: stateOf(machine) };
      },
    });
  }

  #power(
    name: string,
    instanceId: string,
    attempt: Attempt,
    change: (machine: Machine) => void,
  ): Promise<{ state: string }> {
    const machine = this.#parts.park.find(instanceId);
    return this.#ask({
      ...{ name: `cloud.${name}`, detail: instanceId },
      call: about(machine, attempt),
      apply: () => {
        if (machine === undefined)
          throw cloudFault('NotFound', 'instance.gone', { mayHaveHappened: false });
        change(machine);
        return { state: stateOf(machine) };
      },
    });
  }

  readonly remote: Remote = {
    run: (order, attempt) => {
      const { wire, park } = this.#parts;
      const { instanceId, verb, opId, parameters } = order;
      const machine = park.find(instanceId);
      return this.#ask<ScriptAnswer>({
        ...{ name: `script.${verb}`, place: 'remote', takesMs: wire.chance.whole(...scriptMs) },
        detail: `${instanceId} ${opId} ${JSON.stringify(parameters)}`,
        call: {
          ...about(machine, attempt),
          token: opId,
          target: machine && targetOf(park.ofUid(machine.uid), parameters),
        },
        apply: () => scriptOn(this.#parts, this.#life.name, machine, order),
      });
    },
  };

  readonly surroundings: Surroundings = {
    plan: ({ spec, uid, plan }) =>
      this.#ask({ name: 'cloud.plan', detail: uid, apply: () => planOf(spec, plan) }),
    ensureSecurityGroups: ({ uid }, attempt) =>
      this.#ask({
        ...{ name: 'cloud.ensureGroups', detail: uid },
        call: { ...about(undefined, attempt), owner: uid },
        apply: () => this.#parts.estate.ensureGroups(uid),
      }),
    deleteSecurityGroups: (_scope, uid, _vpcId, attempt) =>
      this.#ask({
        ...{ name: 'cloud.deleteGroups', detail: uid },
        call: { ...about(undefined, attempt), owner: uid },
        apply: () => {
          if (this.#parts.park.ofUid(uid).some((each) => stateOf(each) !== 'terminated'))
            throw cloudFault('Conflict', 'DependencyViolation', { mayHaveHappened: false });
          return this.#parts.estate.deleteGroups(uid);
        },
      }),
    ensureSecrets: (_scope, uid, attempt) =>
      this.#ask({
        ...{ name: 'cloud.ensureSecrets', detail: uid },
        call: { ...about(undefined, attempt), owner: uid },
        apply: () => this.#parts.estate.ensureSecrets(uid),
      }),
    deleteSecrets: (_scope, uid, attempt) =>
      this.#ask({
        ...{ name: 'cloud.deleteSecrets', detail: uid },
        call: { ...about(undefined, attempt), owner: uid },
        apply: () => this.#parts.estate.deleteSecrets(uid),
      }),
  };
}

/** The rest of a call about a machine, or about one that never was. */
const about = (machine: Machine | undefined, attempt: Attempt) => ({
  ...{ uid: callerOf(attempt), owner: machine?.uid ?? '', token: '', machine },
});

const launched = (machine: Machine): LaunchedNode => ({
  ...{ instanceId: machine.instanceId, zone: machine.zone, privateIp: machine.privateIp },
  state: stateOf(machine),
});

/** What goes over a wire shares nothing with its sender. */
const copied = <T>(value: T): T =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
