/** A host on fakes with a clock moved by hand: commands go in as a user would send them. */
import { createHost } from '../../../actors/host.ts';
import type { Host, HostOptions } from '../../../actors/host.ts';
import type { CommandSchemas } from '../../../actors/envelope.ts';
import type { Kind } from '../../../actors/kind.ts';
import type { LogFields, Random, Telemetry } from '../../../actors/ports.ts';
import { readRecord } from '../../../actors/record.ts';
import type { ActorRecord } from '../../../actors/record.ts';
import type { StepLog } from '../../../actors/steps/step-port.ts';
import { recordKey } from '../../../machines/ids.ts';
import { FakeBus } from '../../fakes/fake-bus.ts';
import type { FakeReply } from '../../fakes/fake-bus.ts';
import { FakeLeases } from '../../fakes/fake-leases.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { mortalBus, mortalClock, mortalLeases, mortalStore } from '../../fakes/mortal.ts';
import { jobKind, jobSchemas } from './job.ts';
import type { JobOptions } from './job.ts';

export interface LogLine {
  readonly level: string;
  readonly text: string;
  readonly fields: LogFields;
}

export class FakeTelemetry implements Telemetry {
  readonly lines: LogLine[] = [];
  readonly counts = new Map<string, number>();
  log(level: string, fields: LogFields, text: string): void {
    this.lines.push({ level, text, fields });
  }
  count(metric: string, labels: Readonly<Record<string, string>> = {}, by = 1): void {
    const key = [metric, ...Object.values(labels)].join(' ');
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }
  observe(): void {}
  texts(): string[] {
    return this.lines.map(({ text }) => text);
  }
}

export class CountingRandom implements Random {
  #count = 0;
  roll(): number {
    return 0.5;
  }
  ulid(): string {
    this.#count += 1;
    return `01JOB${String(this.#count).padStart(21, '0')}`;
  }
}

export interface WorldOptions extends JobOptions {
  readonly hostId?: string;
  readonly residentsMax?: number;
  readonly restAfterMs?: number;
  readonly kinds?: readonly Kind[];
  readonly intake?: HostOptions['intake'];
  readonly isDrained?: () => Promise<boolean>;
  readonly steps?: StepLog;
  /** Of the kinds; those of jobs when left out. */
  readonly schemas?: CommandSchemas;
}

export class World {
  readonly clock: ManualClock;
  readonly bus: FakeBus;
  readonly store: FakeStore;
  readonly leases: FakeLeases;
  readonly telemetry = new FakeTelemetry();
  readonly random: Random;
  readonly hostId: string;
  host: Host;
  readonly #options: WorldOptions;
  #sent = 0;
  #isAlive = true;

  constructor(options: WorldOptions = {}, other?: World) {
    this.#options = options;
    this.clock = other?.clock ?? new ManualClock();
    this.bus = other?.bus ?? new FakeBus();
    this.random = other?.random ?? new CountingRandom();
    this.store = other?.store.secondClient() ?? new FakeStore();
    const { hostId: host = 'h1' } = options;
    this.hostId = host;
    this.leases =
      other?.leases.secondClient(host) ??
      new FakeLeases({ host, nowMs: () => this.clock.monotonicMs() });
    this.host = this.#newHost();
  }

  /** The process is gone: nothing it still does reaches the outside. A write under way may or may not get there. */
  crash(): void {
    this.#isAlive = false;
  }

  #newHost(): Host {
    const {
      hostId = 'h1',
      residentsMax,
      restAfterMs,
      intake,
      steps,
      isDrained,
      kinds = [jobKind(this.#options)],
      schemas = jobSchemas,
    } = this.#options;
    const { telemetry, random } = this;
    const alive = () => this.#isAlive;
    const mortal = {
      clock: mortalClock(this.clock, alive),
      bus: mortalBus(this.bus, alive),
      store: mortalStore(this.store, alive),
      leases: mortalLeases(this.leases, alive),
    };
    return createHost({
      kinds,
      ports: { ...mortal, telemetry, random },
      ...{ hostId, installation: 'test', schemas },
      ...(residentsMax !== undefined && { residentsMax }),
      ...(restAfterMs !== undefined && { restAfterMs }),
      ...(intake !== undefined && { intake }),
      ...(steps !== undefined && { steps }),
      ...(isDrained !== undefined && { isDrained }),
    });
  }

  async start(): Promise<this> {
    const started = this.host.start();
    await this.clock.advance(0);
    await started;
    return this;
  }

  async stop(): Promise<void> {
    const stopped = this.host.stop();
    await this.clock.advance(20_000);
    await stopped;
  }

  /** Publishes a command and returns its id; `arguments` as the payload. */
  send(verb: string, args: object = {}, headers: Record<string, string> = {}, name = 'a'): string {
    const id = headers['Nats-Msg-Id'] ?? `c${++this.#sent}`;
    this.bus.publishCommand({
      ...{ namespace: 'shop', kind: 'job', name, verb, arguments: args },
      headers: { 'Nats-Msg-Id': id, 'Fairlead-Reply-To': `_INBOX.t.${id}`, ...headers },
    });
    return id;
  }

  /** Sends and waits for the reply on an otherwise idle system. */
  async ask(
    verb: string,
    args: object = {},
    headers: Record<string, string> = {},
    name = 'a',
  ): Promise<FakeReply> {
    const id = this.send(verb, args, headers, name);
    await this.clock.advance(0);
    return this.reply(id);
  }

  reply(id: string): FakeReply {
    const found = this.bus.replies.findLast(({ inbox }) => inbox === `_INBOX.t.${id}`);
    if (!found) throw new Error(`no reply to ${id}; log: ${this.telemetry.texts().join(' | ')}`);
    return found;
  }

  record(name = 'a'): ActorRecord {
    const stored = this.store.peek(recordKey({ kind: 'job', namespace: 'shop', name }));
    const read = stored && readRecord(stored.bytes);
    if (!read?.ok) throw new Error(`no record of ${name}`);
    return read.record;
  }

  events(): string[] {
    return this.bus.events.map(({ event }) => event);
  }
}

export { settle };
