/** One hosted actor by itself, with everything it tells noted. */
import type { ActorOptions } from '../../../actors/actor-options.ts';
import type { Cut } from '../../../actors/commit-gate.ts';
import { definitionHash } from '../../../actors/definition.ts';
import type { Command } from '../../../actors/envelope.ts';
import { createHeapClock } from '../../../actors/heap-clock.ts';
import { HostedActor } from '../../../actors/hosted-actor.ts';
import type { OutboxEntry } from '../../../actors/outbox.ts';
import type { LogFields } from '../../../actors/ports.ts';
import { readRecord } from '../../../actors/record.ts';
import type { ActorRecord } from '../../../actors/record.ts';
import type { Origin } from '../../../actors/stored-life.ts';
import type { Step } from '../../../actors/steps/step.ts';
import type { TurnReport } from '../../../actors/turn-report.ts';
import { recordKey } from '../../../machines/ids.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { jobKind } from './job.ts';
import { FakeTelemetry } from './world.ts';

const key = { kind: 'job', namespace: 'shop', name: 'a' };
const unborn: Origin = { kind: 'new', revision: 0, seen: [], outbox: [] };

class NotingTelemetry extends FakeTelemetry {
  readonly observed: (readonly [string, number, LogFields])[] = [];
  override observe(metric?: string, value?: number, labels?: LogFields): void {
    this.observed.push([metric ?? '', value ?? NaN, labels ?? {}]);
  }
}

export class Hosted {
  readonly clock: ManualClock;
  readonly store: FakeStore;
  readonly telemetry = new NotingTelemetry();
  readonly cuts: Cut[] = [];
  readonly committed: { revision: number; wakeAtMs: number | null; context: unknown }[] = [];
  readonly published: OutboxEntry[] = [];
  readonly turns: number[] = [];
  readonly reports: TurnReport[] = [];
  readonly steps: Step[] = [];
  drained = 0;
  isOwned = true;
  readonly actor: HostedActor;

  constructor(change: Partial<ActorOptions> = {}, origin: Origin = unborn, before?: Hosted) {
    this.clock = before?.clock ?? new ManualClock();
    this.store = before?.store.secondClient() ?? new FakeStore();
    const kind = change.kind ?? jobKind();
    const options: ActorOptions = {
      ...{ kind, key, uid: 'u1', definitionHash: definitionHash(kind.machine), fence: 3 },
      ...{ store: this.store, clock: createHeapClock(this.clock), telemetry: this.telemetry },
      random: { roll: () => 0.25, ulid: () => 'ulid' },
      ...{ hostId: 'h1', owned: () => this.isOwned },
      publish: async (entry) => void this.published.push(entry),
      steps: {
        tell: (step) => void this.steps.push(step),
        lastTold: () => Promise.resolve(new Map()),
        untilRoom: () => Promise.resolve(),
      },
      onCommitted: ({ context }, revision, wakeAtMs) =>
        void this.committed.push({ revision, wakeAtMs, context }),
      onCut: (cut) => void this.cuts.push(cut),
      onDrained: () => void (this.drained += 1),
      onTurn: (ms) => void this.turns.push(ms),
      onReport: (report) => void this.reports.push(report),
      ...change,
    };
    this.actor = new HostedActor(options, origin);
  }

  take(verb: string, given: Record<string, unknown> = {}, more: Partial<Command> = {}) {
    const ids = { commandId: `id-${verb}`, correlationId: `corr-${verb}` };
    const command = { ...ids, key, verb, arguments: given, ...more };
    return this.actor.take(command);
  }

  get record(): ActorRecord {
    const read = readRecord(this.stored.bytes);
    if (!read.ok) throw new Error(read.reason);
    return read.record;
  }

  get stored(): { bytes: string; revision: number } {
    const found = this.store.peek(recordKey(key));
    if (!found) throw new Error('nothing is stored');
    return found;
  }

  /** Another host takes over from what is stored; `change` is made to the record before. */
  heir(options: Partial<ActorOptions> = {}, change: Partial<ActorRecord> = {}): Hosted {
    const isChanged = Object.keys(change).length > 0;
    const text = JSON.stringify({ ...this.record, ...change });
    if (isChanged) this.store.plant(recordKey(key), text);
    const { bytes, revision } = this.stored;
    const origin: Origin = { kind: 'stored', record: this.record, bytes, revision };
    return new Hosted({ hostId: 'h2', fence: 4, ...options }, origin, this);
  }
}

/** A new life that was started and is not written yet: its host has its first command in hand. */
export function born(change: Partial<ActorOptions> = {}, origin = unborn, before?: Hosted): Hosted {
  const hosted = new Hosted(change, origin, before);
  hosted.actor.start();
  return hosted;
}

/** One that was created and has said so. */
export async function created(change: Partial<ActorOptions> = {}): Promise<Hosted> {
  const hosted = born(change);
  await hosted.take('create');
  await settle();
  return hosted;
}

/** One that another host goes on with. */
export async function awakened(hosted: Hosted): Promise<Hosted> {
  hosted.actor.start(hosted.record.timers);
  await settle();
  return hosted;
}
