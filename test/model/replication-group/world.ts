/** Replications and their group in one process and virtual time: hosted charts, volumes in memory, orders over the bus. */
import { gate } from '../../../actors/effect.ts';
import { performer } from '../../../actors/effects/perform.ts';
import { createHost } from '../../../actors/host.ts';
import type { Host } from '../../../actors/host.ts';
import type { Orders } from '../../../actors/ports.ts';
import { readRecord } from '../../../actors/record.ts';
import { apiVersion, recordKey } from '../../../machines/ids.ts';
import { buildOperationMachine } from '../../../machines/operation.ts';
import type { ReplicationContext } from '../../../machines/replication-context.ts';
import type { GroupContext, GroupPhase } from '../../../machines/replication-group-context.ts';
import { replicationGroupKind } from '../../../machines/replication-group-kind.ts';
import { buildGroupMachine } from '../../../machines/replication-group.ts';
import { replicationKind } from '../../../machines/replication-kind.ts';
import { buildReplicationMachine } from '../../../machines/replication.ts';
import { builtInRetries } from '../../../machines/retry.ts';
import { wholeCall } from '../../../machines/whole-call.ts';
import { FakeBus } from '../../fakes/fake-bus.ts';
import type { FakeReply } from '../../fakes/fake-bus.ts';
import { FakeLeases } from '../../fakes/fake-leases.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { mortalBus, mortalClock, mortalLeases } from '../../fakes/mortal.ts';
import { CountingRandom, FakeTelemetry } from '../../unit/actors/world.ts';
import { replicationManifest } from '../replication/manifest.ts';
import { Fate, fatedStore } from '../replication/hosted/fate.ts';
import { MemoryVolumes } from './memory-volumes.ts';

const namespace = 'prod';
const groupName = 'shop';
const lookMs = 1_000;
const restartMs = 1_000;

export interface Member {
  readonly name: string;
  readonly order?: number;
}

export class GroupWorld {
  readonly clock = new ManualClock();
  readonly bus = new FakeBus();
  readonly volumes = new MemoryVolumes();
  readonly members: readonly Member[];
  fate = new Fate(undefined);
  deaths = 0;
  readonly #store = new FakeStore();
  readonly #telemetry = new FakeTelemetry();
  readonly #random = new CountingRandom();
  readonly #leases = new FakeLeases({ nowMs: () => this.clock.monotonicMs() });
  #host: Host | undefined;
  #fatal: GroupPhase | undefined;
  #sent = 0;

  /** Members protected, the group declared. */
  static async open(members: readonly Member[]): Promise<GroupWorld> {
    const world = new GroupWorld(members);
    world.#begin();
    await world.clock.advance(0);
    for (const { name } of members) {
      const { metadata, ...manifest } = replicationManifest({
        schedule: { every: '24h', rpo: '2d' },
      });
      await world.ask('replication', name, 'create', {
        manifest: { ...manifest, metadata: { ...metadata, name } },
      });
    }
    const isReady = ({ name }: Member): boolean =>
      world.member(name).away.phase === 'replica.following';
    await world.until('protected', () => members.every(isReady));
    await world.ask('replicationgroup', groupName, 'create', {
      manifest: {
        ...{ apiVersion, kind: 'ReplicationGroup', metadata: { namespace, name: groupName } },
        spec: { members },
      },
    });
    return world;
  }

  private constructor(members: readonly Member[]) {
    this.members = members;
  }

  #begin(): void {
    const fate = new Fate(undefined, () => {
      this.deaths += 1;
      this.clock.after(restartMs, () => {
        this.#begin();
      });
    });
    this.fate = fate;
    const isAlive = (): boolean => fate.isAlive();
    const clock = mortalClock(this.clock, isAlive);
    const store = fatedStore(this.#store, fate);
    const ports = {
      ...{ clock, store, telemetry: this.#telemetry, random: this.#random },
      bus: mortalBus(this.bus, isAlive),
      leases: mortalLeases(this.#leases, isAlive),
      volumes: { ebs: this.volumes.backend(clock, isAlive) },
      orders: this.#orders(isAlive),
    };
    // Effects of clusters are never asked for here.
    const perform = gate(performer(ports as never), wholeCall);
    const operation = buildOperationMachine(builtInRetries).provide({ actors: { perform } });
    const kinds = [
      replicationKind(buildReplicationMachine(operation)),
      replicationGroupKind(buildGroupMachine(operation)),
    ];
    const host = createHost({ kinds, ports, hostId: 'h1', installation: 'test' });
    host.onCommitted(({ kind }, _, { context }) => {
      const { phase } = context as GroupContext;
      if (kind !== 'replicationgroup' || phase !== this.#fatal) return;
      this.#fatal = undefined;
      this.crash();
    });
    this.#host = host;
    void host.start();
  }

  /** The same stream as everybody's; what was answered before is answered again. */
  #orders(isAlive: () => boolean): Orders {
    return {
      send: async ({ key, verb, arguments: given, commandId }) => {
        const inbox = `_INBOX.g.${commandId}`;
        this.bus.publishCommand({
          ...{ ...key, verb, arguments: given },
          headers: { 'Nats-Msg-Id': commandId, 'Fairlead-Reply-To': inbox },
        });
        const reply = await this.#replied(inbox);
        if (!isAlive()) return new Promise(() => undefined);
        const { body, error } = reply;
        if (error === undefined)
          return {
            outcome: body['unchanged'] === true ? 'unchanged' : 'accepted',
            ...{ code: '', message: '' },
          };
        return {
          outcome: 'refused',
          ...{ code: String(body['code']), message: String(body['message']) },
        };
      },
    };
  }

  async #replied(inbox: string): Promise<FakeReply> {
    for (;;) {
      const found = this.bus.replies.findLast((reply) => reply.inbox === inbox);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.clock.after(100, resolve));
    }
  }

  /** @throws Error that says where all stand when it does not hold within the bound */
  async until(what: string, holds: () => boolean, boundMs = 3 * 3_600_000): Promise<void> {
    for (let leftMs = boundMs; !holds(); leftMs -= lookMs) {
      if (leftMs <= 0) throw new Error(`not ${what} within ${boundMs} ms: ${this.where()}`);
      await this.clock.advance(lookMs);
    }
  }

  async ask(kind: string, name: string, verb: string, given: object = {}): Promise<FakeReply> {
    const id = `c${(this.#sent += 1)}`;
    const inbox = `_INBOX.t.${id}`;
    this.bus.publishCommand({
      ...{ kind, namespace, name, verb, arguments: given },
      headers: { 'Nats-Msg-Id': id, 'Fairlead-Reply-To': inbox },
    });
    const find = () => this.bus.replies.findLast((reply) => reply.inbox === inbox);
    await this.until(`${verb} answered`, () => find() !== undefined, 120_000);
    const reply = find();
    if (reply === undefined) throw new Error(`${verb} was not answered`);
    return reply;
  }

  order(verb: string, given: object = {}): Promise<FakeReply> {
    return this.ask('replicationgroup', groupName, verb, given);
  }

  /** Until the newest order is over. */
  async ended(): Promise<GroupContext> {
    await this.until('over', () => this.group().operation === null);
    return this.group();
  }

  /** Orders it and waits for its end. */
  async run(verb: string, given: object = {}): Promise<GroupContext['outcomes'][number]> {
    const { body, error } = await this.order(verb, given);
    if (error !== undefined) throw new Error(JSON.stringify(body));
    const outcome = (await this.ended()).outcomes.at(-1);
    if (outcome === undefined) throw new Error('no order has ended');
    return outcome;
  }

  async reaches(phase: GroupPhase): Promise<void> {
    await this.until(phase, () => this.group().phase === phase);
  }

  /** The process ends as soon as this is stored, before anything follows from it. */
  diesWhen(phase: GroupPhase): void {
    this.#fatal = phase;
  }

  /** What a look at an endpoint tells. */
  observe(name: string, endpoint: 'home' | 'away'): void {
    const writable = this.volumes.writersOf(name).includes(endpoint) ? 'yes' : 'no';
    const event = { type: 'endpoint.observed', endpoint, writable, generation: 1 };
    this.#host?.observe({ kind: 'replication', namespace, name }, event);
  }

  group = (): GroupContext => this.#context('replicationgroup', groupName) as GroupContext;
  member = (name: string): ReplicationContext =>
    this.#context('replication', name) as ReplicationContext;

  #context(kind: string, name: string): unknown {
    const found = this.#store.peek(recordKey({ kind, namespace, name }));
    const read = found && readRecord(found.bytes);
    if (read?.ok !== true) throw new Error(`no record of ${kind} ${name}`);
    return (read.record.snapshot as { context: unknown }).context;
  }

  /** Every member's sides and what was seen of writers. */
  where(): string {
    const { phase, operation, outcomes } = this.group();
    const each = this.members.map(({ name }) => {
      const { home, away, reason } = this.member(name);
      return `${name}: home ${home.phase}, away ${away.phase} (${reason})`;
    });
    return [phase, JSON.stringify(operation ?? outcomes.at(-1)), ...each].join('; ');
  }

  /** Ends the process at once; the next one starts a second later. */
  crash(): void {
    this.deaths += 1;
    this.fate.kill();
    this.clock.after(restartMs, () => {
      this.#begin();
    });
  }

  async stop(): Promise<void> {
    const stopped = this.#host?.stop();
    await this.clock.advance(20_000);
    await stopped;
  }
}
