/** All kinds under their real charts and one host, in virtual time: only cloud, volumes, store, bus and lease are doubles. */
import { gate } from '../../actors/effect.ts';
import type { Call } from '../../actors/effect.ts';
import { performer } from '../../actors/effects/perform.ts';
import type { Kind } from '../../actors/kind.ts';
import { Observer } from '../../actors/observer.ts';
import type { Clock, Orders } from '../../actors/ports.ts';
import { readRecord, snapshotOf } from '../../actors/record.ts';
import type { ActorRecord } from '../../actors/record.ts';
import { ReplicationWatch } from '../../actors/replication-watch.ts';
import { buildClusterMachine } from '../../machines/cluster.ts';
import { guardFleetKind } from '../../machines/guard-kinds.ts';
import { keyText, recordKey } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import { clusterKind } from '../../machines/kinds.ts';
import { commandSchemas, systemCommandSchemas } from '../../machines/messages.ts';
import type { EffectFault, PerformInput } from '../../machines/messages.ts';
import { buildNodeMachine } from '../../machines/node.ts';
import { buildOperationMachine } from '../../machines/operation.ts';
import { replicationGroupKind } from '../../machines/replication-group-kind.ts';
import { buildGroupMachine } from '../../machines/replication-group.ts';
import { replicationKind } from '../../machines/replication-kind.ts';
import { buildReplicationMachine } from '../../machines/replication.ts';
import { builtInRetries } from '../../machines/retry.ts';
import { wholeCall } from '../../machines/whole-call.ts';
import { quickCloud } from '../bench/quick-cloud.ts';
import { FakeTelemetry, World } from '../unit/actors/world.ts';
import type { WorldOptions } from '../unit/actors/world.ts';
import { HandMadeBackend } from './hand-made-backend.ts';

/** Milliseconds between two looks at whether something holds. */
const lookMs = 1_000;

export const fleetSchemas = { ...commandSchemas, ...systemCommandSchemas };

export type FleetOptions = Pick<WorldOptions, 'hostId' | 'residentsMax' | 'intake'>;

export class HostedFleet {
  readonly world: World;
  readonly backend: HandMadeBackend;
  /** Every call that was let out, oldest first. */
  readonly calls: PerformInput[] = [];
  /** How a call ends: not at all, with a fault, or as the doubles answer it. */
  ends: (call: PerformInput) => 'never' | EffectFault | undefined = () => undefined;
  readonly #underway = new Set<{ readonly actor: string; readonly call: PerformInput }>();
  readonly #kindsByName: ReadonlyMap<string, Kind>;
  readonly #observer: Observer;
  readonly #watch: ReplicationWatch;
  #sent = 0;

  /** @param other  whose store, bus and clock are gone on with, as by the next process */
  constructor(options: FleetOptions = {}, other?: HostedFleet) {
    // The kinds are made before the world whose clock they need.
    const clock: Clock = {
      nowMs: () => this.world.clock.nowMs(),
      monotonicMs: () => this.world.clock.monotonicMs(),
      after: (ms, run) => this.world.clock.after(ms, run),
    };
    this.backend = other?.backend ?? new HandMadeBackend(clock);
    const telemetry = new FakeTelemetry();
    const volumes = { ebs: this.backend.port };
    const cloud = quickCloud(
      (ms) => new Promise((resolve) => void clock.after(ms, () => resolve(0))),
    );
    const ports = { ...cloud, clock, telemetry, volumes, orders: this.#orders() };
    const lazy = { ...ports, store: { load: (key: string) => this.world.store.load(key) } };
    const kinds = this.#kinds(performer(lazy));
    this.#kindsByName = new Map(kinds.map((kind) => [kind.name, kind]));
    this.world = new World({ ...options, kinds, schemas: fleetSchemas }, other?.world);
    this.#observer = new Observer({
      ...{ clock, telemetry, fleet: cloud.fleet, scale: 1 },
      tell: (to, event) => this.world.host.observe(to, event),
    });
    this.#watch = new ReplicationWatch({
      ...{ clock, telemetry, random: this.world.random, volumes, scale: 1 },
      tell: (to, event) => this.world.host.observe(to, event),
    });
    this.world.host.onCommitted((key, name, snapshot) => {
      const kind = this.#kindsByName.get(name);
      if (name === 'cluster') this.#observer.update(key, kind?.watches(snapshot));
      if (name === 'replication') this.#watch.update(key, snapshot);
    });
  }

  #kinds(run: ReturnType<typeof performer>): readonly Kind[] {
    const perform = gate((input: PerformInput, call: Call) => {
      this.calls.push(input);
      const asked = { actor: call.intent.actor, call: input };
      this.#underway.add(asked);
      const end = this.ends(input);
      if (end === 'never') return new Promise<never>(() => undefined);
      const failed = () => Promise.reject(Object.assign(new Error(end?.message), { fault: end }));
      return (end === undefined ? run(input, call) : failed()).finally(() => {
        this.#underway.delete(asked);
      });
    }, wholeCall);
    const operation = buildOperationMachine(builtInRetries).provide({ actors: { perform } });
    const node = buildNodeMachine(operation, 1);
    return [
      clusterKind(buildClusterMachine({ operation, node, scale: 1 })),
      replicationKind(buildReplicationMachine(operation)),
      replicationGroupKind(buildGroupMachine(operation)),
      guardFleetKind,
    ];
  }

  /** As over NATS: sent like any user's, and answered once its turn is stored. */
  #orders(): Orders {
    return {
      send: async ({ key, verb, arguments: given, commandId }) => {
        this.order(key, verb, given, commandId);
        const { body, error } = await this.#answerTo(commandId);
        const [code = '', message = ''] = [body['code'], body['message']].map(String);
        if (error !== undefined) return { outcome: 'refused', code, message };
        const outcome = body['unchanged'] === true ? 'unchanged' : 'accepted';
        return { outcome, code: '', message: '' };
      },
    };
  }

  async #answerTo(id: string) {
    for (;;) {
      const found = this.world.bus.replies.find(({ inbox }) => inbox === `_INBOX.t.${id}`);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => void this.world.clock.after(lookMs, resolve));
    }
  }

  /** Publishes as a user would, and returns the command's id. */
  order(key: ResourceKey, verb: string, given: object = {}, id = `c${++this.#sent}`): string {
    this.world.bus.publishCommand({
      ...{ ...key, verb, arguments: given },
      headers: { 'Nats-Msg-Id': id, 'Fairlead-Reply-To': `_INBOX.t.${id}` },
    });
    return id;
  }

  /** Sends and waits for the reply. */
  async ask(key: ResourceKey, verb: string, given: object = {}, id?: string) {
    const sent = this.order(key, verb, given, id);
    await this.world.clock.advance(0);
    return this.world.reply(sent);
  }

  /** @throws Error when nothing, or nothing readable, is stored */
  recordOf(key: ResourceKey): ActorRecord {
    const read = readRecord(this.world.store.peek(recordKey(key))?.bytes ?? '');
    if (!read.ok) throw new Error(`no record of ${keyText(key)}: ${read.reason}`);
    return read.record;
  }

  /** As told to users. */
  stateOf(key: ResourceKey): string {
    return this.#kindsByName.get(key.kind)?.stateText(snapshotOf(this.recordOf(key))) ?? '';
  }

  /** Calls of this actor that nobody has answered. */
  underway(key: ResourceKey): { readonly effect: string; readonly token: string }[] {
    return [...this.#underway]
      .filter(({ actor }) => actor === keyText(key))
      .map(({ call: { effect, token } }) => ({ effect, token }));
  }

  /** @throws Error that tells the log when it does not hold in time */
  async until(what: string, holds: () => boolean, boundMs = 3_600_000): Promise<void> {
    for (let leftMs = boundMs; !holds(); leftMs -= lookMs) {
      if (leftMs <= 0)
        throw new Error(
          `not ${what} within ${boundMs} ms: ${this.world.telemetry.texts().slice(-10).join(' | ')}`,
        );
      await this.world.clock.advance(lookMs);
    }
  }

  async start(): Promise<this> {
    await this.world.start();
    return this;
  }

  async stop(): Promise<void> {
    this.#observer.stop();
    this.#watch.stop();
    await this.world.stop();
  }
}
