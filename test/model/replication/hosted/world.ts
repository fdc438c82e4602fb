/**
 * A replication as users have it, in one process and virtual time: the hosted chart, the EBS back end and the simulated
 * EC2 behind its typed calls. Only store, bus, leases and clock are doubles. The host may die at any boundary.
 */
import { gate } from '../../../../actors/effect.ts';
import { performer } from '../../../../actors/effects/perform.ts';
import { createHost } from '../../../../actors/host.ts';
import type { Host } from '../../../../actors/host.ts';
import type { Clock } from '../../../../actors/ports.ts';
import { readRecord } from '../../../../actors/record.ts';
import { ReplicationWatch } from '../../../../actors/replication-watch.ts';
import { recordKey } from '../../../../machines/ids.ts';
import { buildOperationMachine } from '../../../../machines/operation.ts';
import type { ReplicationContext } from '../../../../machines/replication-context.ts';
import { replicationKind } from '../../../../machines/replication-kind.ts';
import { buildReplicationMachine } from '../../../../machines/replication.ts';
import { builtInRetries } from '../../../../machines/retry.ts';
import { overrideTokenOf } from '../../../../machines/replication-safety.ts';
import { allowedReplicationVerbs } from '../../../../machines/replication-view.ts';
import type { Side } from '../../../../machines/replication-table.ts';
import { wholeCall } from '../../../../machines/whole-call.ts';
import type { Sessions } from '../../../../src/aws/session.ts';
import { stateAt } from '../../../../src/simulator/ec2/instance-state.ts';
import { createEbs } from '../../../../src/volumes/ebs/backend.ts';
import { FakeBus } from '../../../fakes/fake-bus.ts';
import type { FakeReply } from '../../../fakes/fake-bus.ts';
import { FakeLeases } from '../../../fakes/fake-leases.ts';
import { FakeStore } from '../../../fakes/fake-store.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';
import { mortalBus, mortalClock, mortalLeases } from '../../../fakes/mortal.ts';
import { CountingRandom, FakeTelemetry } from '../../../unit/actors/world.ts';
import { openCloud } from './cloud.ts';
import type { Cloud } from './cloud.ts';
import { regions } from './declared.ts';
import { Judge } from './judge.ts';
import { Fate, fatedCalls, fatedStore } from './fate.ts';

const key = { kind: 'replication', namespace: 'prod', name: 'db-1' } as const;
/** Virtual milliseconds between two looks at whether something holds. */
const lookMs = 1_000;
/** From the death of a host until the next one begins. */
const restartMs = 1_000;
/** Between two looks of the judge while nothing is stored. */
const judgedMs = 30_000;

interface Stored {
  readonly revision: number;
  readonly value: Readonly<Record<string, unknown>>;
  readonly context: ReplicationContext;
}

export interface WorldOptions {
  /** Decides every duration of the cloud. Default 1. */
  readonly seed?: number;
  /** What the calls of every process go through before they reach EC2: lost replies, refusals, late landings. */
  readonly around?: (ec2: Sessions['ec2'], clock: Clock) => Sessions['ec2'];
  /** Told of each death; the next process starts a second later. */
  readonly onDeath?: (boundary: string) => void;
}

export class ReplicationWorld {
  readonly clock: ManualClock;
  readonly bus = new FakeBus();
  readonly store = new FakeStore();
  readonly telemetry = new FakeTelemetry();
  readonly cloud: Cloud;
  readonly judge: Judge;
  fate = new Fate(undefined);
  readonly #random = new CountingRandom();
  readonly #leases: FakeLeases;
  readonly #options: WorldOptions;
  readonly #deaths: number[] = [];
  /** Of the process that another has taken over from; it may live on. */
  #former: Fate | undefined;
  #hosts = 1;
  /** How far the hosts' wall clock is ahead of the cloud's. */
  #skewMs = 0;
  #host: Host | undefined;
  #watch: ReplicationWatch | undefined;
  #sent = 0;
  #read: Stored | undefined;

  /** The cloud is there, nothing is declared and no host runs. */
  static async open(options: WorldOptions = {}): Promise<ReplicationWorld> {
    const clock = new ManualClock();
    return new ReplicationWorld(clock, await openCloud(clock, options.seed ?? 1), options);
  }

  private constructor(clock: ManualClock, cloud: Cloud, options: WorldOptions) {
    this.clock = clock;
    this.cloud = cloud;
    this.#options = options;
    this.judge = new Judge(regions, cloud.places.home.volumeIds.length);
    this.#leases = new FakeLeases({ nowMs: () => this.clock.monotonicMs() });
  }

  async boot(): Promise<this> {
    this.#begin();
    await this.clock.advance(0);
    return this;
  }

  #begin(): void {
    // A process that follows a dead one has its name, and is another to the leases all the same.
    const hostId = `h${this.#hosts}`;
    const leases = this.#leases.secondClient(hostId);
    const fate = new Fate(this.#deaths.shift(), (boundary) => {
      this.#options.onDeath?.(boundary);
      this.#succeed(fate);
    });
    this.fate = fate;
    const alive = (): boolean => fate.isAlive();
    const clock: Clock = {
      ...mortalClock(this.clock, alive),
      nowMs: () => this.clock.nowMs() + this.#skewMs,
    };
    const around = this.#options.around ?? ((ec2) => ec2);
    const ec2 = fatedCalls(this.#witnessed(around(this.cloud.ec2, clock)), fate);
    const { telemetry } = this;
    const ebs = createEbs({ ec2, clock, telemetry, scale: 1 });
    const ports = {
      ...{ clock, telemetry, volumes: { ebs } },
      bus: mortalBus(this.bus, alive),
      store: fatedStore(this.store, fate),
      leases: mortalLeases(leases, alive),
      random: this.#random,
    };
    // Effects of clusters are never asked for here.
    const perform = gate(performer(ports as never), wholeCall);
    const operation = buildOperationMachine(builtInRetries).provide({ actors: { perform } });
    const kind = replicationKind(buildReplicationMachine(operation));
    const host = createHost({
      kinds: [kind],
      ports,
      hostId,
      installation: 'test',
    });
    const watch = new ReplicationWatch({
      ...{ clock, telemetry, random: this.#random, volumes: { ebs }, scale: 1 },
      tell: (to, event) => {
        host.observe(to, event);
      },
    });
    host.onCommitted((to, _kind, snapshot) => {
      watch.update(to, snapshot);
      this.look(snapshot.context as ReplicationContext);
    });
    this.#host = host;
    this.#watch = watch;
    void host.start();
  }

  /** The judge hears of every call as it goes out. */
  #witnessed(ec2: Sessions['ec2']): Sessions['ec2'] {
    const calls = async (scope: never, name: string, input: object): Promise<unknown> => {
      this.judge.heard({ name, input, stored: this.store.peek(recordKey(key))?.bytes ?? '' });
      // One name goes with its own input; through a variable the compiler cannot follow that.
      return (ec2 as (...given: unknown[]) => Promise<unknown>)(scope, name, input);
    };
    return calls as unknown as Sessions['ec2'];
  }

  /** Unless another host has taken over by then. */
  #succeed(dead: Fate): void {
    this.clock.after(restartMs, () => {
      if (dead === this.fate) this.#begin();
    });
  }

  /** Another host takes over from one that lives on: to the store of leases its own has run out. */
  usurp(): void {
    this.#former?.kill();
    this.#former = this.fate;
    this.#leases.expire();
    this.#hosts += 1;
    this.#begin();
  }

  /** From now on the hosts' wall clock is so far ahead of the cloud's. */
  skew(ms: number): void {
    this.#skewMs = ms;
    this.judge.clockOffMs = Math.max(this.judge.clockOffMs, Math.abs(ms));
  }

  /** This process ends after so many boundaries from now, those after it after so many of their own. */
  dieAt(boundaries: number, ...later: readonly number[]): void {
    this.fate.endAfter(boundaries);
    this.#deaths.push(...later);
  }

  /** Ends the process at once; the next one starts a second later. */
  kill(): void {
    this.fate.kill();
    this.#succeed(this.fate);
  }

  /** Virtual time passes; a dead process is replaced by the next one. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= judgedMs) {
      await this.clock.advance(Math.min(left, judgedMs));
      this.look();
    }
  }

  /** Lets the judge see what is stored, read anew unless given, and what really is. */
  look(memory: ReplicationContext | undefined = this.memory()): void {
    if (memory === undefined) return;
    this.judge.look({ memory, truth: this.cloud.truth(), nowMs: this.clock.nowMs() });
  }

  /** @throws Error that says where it stands when it does not hold within the bound */
  async until(what: string, holds: () => boolean, boundMs = 2 * 3_600_000): Promise<void> {
    for (let leftMs = boundMs; !holds(); leftMs -= lookMs) {
      if (leftMs <= 0) throw new Error(`not ${what} within ${boundMs} ms: ${this.where()}`);
      await this.pass(lookMs);
    }
  }

  /** As a user would; the id makes repeats fold. */
  order(verb: string, given: object = {}, id = `c${++this.#sent}`): string {
    this.bus.publishCommand({
      ...{ ...key, verb, arguments: given },
      headers: { 'Nats-Msg-Id': id, 'Fairlead-Reply-To': `_INBOX.t.${id}` },
    });
    return id;
  }

  replyTo(id: string): FakeReply | undefined {
    return this.bus.replies.findLast(({ inbox }) => inbox === `_INBOX.t.${id}`);
  }

  /** Sends, waits for the answer, sends again when the host died over it. */
  async ask(verb: string, given: object = {}): Promise<FakeReply> {
    const id = this.order(verb, given);
    await this.until(`${verb} answered`, () => this.replyTo(id) !== undefined, 120_000);
    const reply = this.replyTo(id);
    if (reply === undefined) throw new Error(`${verb} was not answered`);
    return reply;
  }

  /** What is stored, read once per revision. */
  #stored(): Stored | undefined {
    const found = this.store.peek(recordKey(key));
    if (found === undefined) return undefined;
    if (found.revision !== this.#read?.revision) {
      const read = readRecord(found.bytes);
      if (!read.ok) return undefined;
      const { value, context } = read.record.snapshot as Omit<Stored, 'revision'>;
      this.#read = { revision: found.revision, value, context };
    }
    return this.#read;
  }

  /** What is stored, as a machine's memory; undefined before the first write. */
  memory(): ReplicationContext | undefined {
    return this.#stored()?.context;
  }

  /** Of the schedule's region, e.g. `idle`. */
  scheduleState(): string {
    const schedule = this.#stored()?.value['schedule'];
    return typeof schedule === 'string' ? schedule : Object.keys(schedule ?? {}).join();
  }

  /** Verbs that would be accepted now, as the resource tells them. */
  allowedVerbs(): readonly string[] {
    const memory = this.memory();
    return memory === undefined ? [] : allowedReplicationVerbs(memory);
  }

  /** As a refusal or the resource tells it; of no promotion at all while none waits. */
  overrideToken(): string {
    const memory = this.memory();
    return memory === undefined ? 'none' : overrideTokenOf(memory);
  }

  /** The side that writes, or did last; home while nobody ever has. */
  writer(): Side {
    const memory = this.memory();
    if (memory === undefined) return 'home';
    if (memory.writer !== 'none') return memory.writer;
    return memory.away.epoch > memory.home.epoch ? 'away' : 'home';
  }

  /** Whether the machine was terminated. */
  isGone(instanceId: string): boolean {
    const { tables, clock } = this.cloud.world;
    const record = tables.instances.get(instanceId);
    if (record === undefined) return true;
    return ['terminated', 'shutting-down'].includes(stateAt(record, clock.nowMs()));
  }

  isTesting(): boolean {
    return JSON.stringify(this.#stored()?.value['away'] ?? '').includes('"testing":"running"');
  }

  where(): string {
    const memory = this.memory();
    if (memory === undefined) return 'nothing stored';
    const { home, away, writer, epoch, reason, lastFault, operation } = memory;
    const fault = lastFault === null ? '' : `; ${lastFault.code}: ${lastFault.message}`;
    const order = operation === null ? '' : ` ${operation.kind} ${operation.how}`;
    return `home ${home.phase}, away ${away.phase}, writer ${writer}, epoch ${epoch}${order} (${reason}${fault})`;
  }

  async stop(): Promise<void> {
    this.#watch?.stop();
    const stopped = this.#host?.stop();
    await this.clock.advance(20_000);
    if (this.fate.isAlive()) await stopped;
  }
}
