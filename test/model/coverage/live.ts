/** One edge of a graph against a live hosted actor: awakened from a record at the edge's source, asked, and looked at. */
import { createActor } from 'xstate';
import type { AnyStateMachine, EventObject } from 'xstate';
import { definitionHash } from '../../../actors/definition.ts';
import { gate } from '../../../actors/effect.ts';
import { createHeapClock } from '../../../actors/heap-clock.ts';
import { HostedActor } from '../../../actors/hosted-actor.ts';
import type { Kind } from '../../../actors/kind.ts';
import { readRecord } from '../../../actors/record.ts';
import type { ActorRecord } from '../../../actors/record.ts';
import type { Random } from '../../../actors/ports.ts';
import type { StoredTimer } from '../../../actors/stored-timer.ts';
import { recordKey } from '../../../machines/ids.ts';
import type { PerformResult } from '../../../machines/messages.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { FakeTelemetry } from '../../unit/actors/world.ts';
import { ids, nowMs, roll } from './asked.ts';
import type { Asked } from './asked.ts';
import { timersOf } from './graph.ts';
import type { GraphEdge } from './graph.ts';
import type { Model, Snapshot } from './model.ts';
import type { Observed } from './observed.ts';
import { childId, parentOf } from './stand-in.ts';

/** Where the live actor came to, and by which edges. */
export interface Arrived {
  readonly value: unknown;
  readonly context: unknown;
  readonly taken: readonly string[];
}

const name = { namespace: 'prod', name: 'it' } as const;
const uid = 'U'.repeat(26);
/** Timers that are not asked for are this far away. */
const farMs = 30 * 86_400_000;
const random: Random = { roll: () => roll, ulid: () => uid };

const unborn = { kind: 'new', revision: 0, seen: [], outbox: [] } as const;

interface Waiting {
  readonly child: string;
  answer(result: PerformResult): void;
}

/** Hosts the machine of one model again and again, each time from another record. */
export class Stage {
  readonly #model: Model;
  readonly #kind: Kind;
  readonly #observed: Observed;
  readonly #hash: string;
  /** Calls under way that wait for the answer of the test. */
  #waiting: Waiting[] = [];

  constructor(model: Model, observed: Observed) {
    this.#model = model;
    this.#observed = observed;
    this.#kind = model.kind ?? kindOf(parentOf(this.#gated(model), model.input));
    this.#hash = definitionHash(this.#kind.machine);
  }

  /** A new one, as it stands after its first write. */
  async birth(): Promise<void> {
    const actor = this.#hosted(new ManualClock(nowMs), unborn);
    actor.start();
    await settle();
    this.#observed.stands(this.#snapshotOf(actor)._nodes);
    actor.cut({ kind: 'stopped' });
  }

  async drive({ before, asked, isBirth }: GraphEdge): Promise<Arrived> {
    const clock = new ManualClock(nowMs + (asked.afterMs ?? 0));
    this.#waiting = [];
    const actor = isBirth ? this.#hosted(clock, unborn) : this.#awakened(before, asked, clock);
    if (isBirth) actor.start();
    else await actor.committed();
    this.#observed.clear();
    await this.#ask(actor, asked, clock);
    await settle();
    await actor.committed();
    const arrived = this.#arrived(actor);
    actor.cut({ kind: 'stopped' });
    return arrived;
  }

  #awakened(before: Snapshot, asked: Asked, clock: ManualClock): HostedActor {
    const store = new FakeStore();
    const bytes = JSON.stringify(this.#record(before, asked));
    const { revision } = store.plant(recordKey(this.#key()), bytes);
    const read = readRecord(bytes);
    if (!read.ok) throw new Error(`${this.#model.id}: ${read.reason}`);
    const stored = { kind: 'stored', record: read.record, bytes, revision } as const;
    const actor = this.#hosted(clock, stored, store);
    if (actor.fault !== undefined) throw actor.fault.error;
    actor.start(read.record.timers);
    return actor;
  }

  #arrived(actor: HostedActor): Arrived {
    const { value, context, _nodes } = this.#snapshotOf(actor);
    this.#observed.stands(_nodes);
    const taken = this.#observed.taken
      .filter(({ machine }) => machine === this.#model.id)
      .map(({ id }) => id);
    return { value, context, taken };
  }

  #snapshotOf(actor: HostedActor): Snapshot {
    const root = actor.snapshot as unknown as Snapshot;
    if (this.#model.kind !== undefined) return root;
    return root.children[childId]?.getSnapshot() as Snapshot;
  }

  async #ask(actor: HostedActor, asked: Asked, clock: ManualClock): Promise<void> {
    const { stimulus } = asked;
    switch (stimulus.how) {
      case 'command':
        await actor.take({
          ...{ ...ids, key: this.#key(), verb: stimulus.verb, arguments: stimulus.given },
        });
        return;
      case 'told': {
        const { event } = stimulus;
        await actor.observe(this.#model.kind ? event : ({ type: 'hand', event } as EventObject));
        return;
      }
      case 'done':
        await this.#end(actor, stimulus);
        return;
      case 'elapsed':
        await clock.advance(0);
        return;
    }
  }

  async #end(actor: HostedActor, { child, output }: { child: string; output: unknown }) {
    if (this.#model.calls?.includes(child) === true) {
      // The call begins once its intent is stored.
      await settle();
      const call = this.#waiting.find((each) => each.child === child);
      if (call === undefined)
        throw new Error(`${this.#model.id}: no call of ${child} is under way`);
      call.answer(output as PerformResult);
      return;
    }
    const ref = this.#snapshotOf(actor).children[child];
    if (ref === undefined) throw new Error(`${this.#model.id}: there is no child ${child}`);
    ref.send({ type: 'standIn.end', output });
  }

  /** Calls of the machine itself answer when the test says so; through the gate, as every call. */
  #gated({ machine, calls = [] }: Model): AnyStateMachine {
    if (calls.length === 0) return machine;
    const perform = gate(
      (_input, { id }) =>
        new Promise<unknown>((resolve, reject) => {
          const child = id.split('/').at(-1) ?? '';
          this.#waiting.push({
            child,
            answer: (result) => {
              if (result.ok) resolve(result.value);
              else reject(Object.assign(new Error(result.fault.message), { fault: result.fault }));
            },
          });
        }),
    );
    return machine.provide({ actors: { perform: perform as never } });
  }

  #key() {
    return { kind: this.#kind.name, ...name };
  }

  #hosted(
    clock: ManualClock,
    origin: ConstructorParameters<typeof HostedActor>[1],
    store = new FakeStore(),
  ): HostedActor {
    const nothing = (): void => undefined;
    return new HostedActor(
      {
        ...{ kind: this.#kind, key: this.#key(), uid, definitionHash: this.#hash, store, random },
        ...{ clock: createHeapClock(clock), telemetry: new FakeTelemetry(), fence: 2 },
        ...{ hostId: 'h2', owned: () => true, publish: () => Promise.resolve() },
        ...{ onCommitted: nothing, onCut: nothing, onDrained: nothing },
      },
      origin,
    );
  }

  /** As a host would have written it; all its timers are far away, but for the one that is asked for. */
  #record(before: Snapshot, asked: Asked): ActorRecord {
    const own = this.#model.machine.getPersistedSnapshot(before as never);
    const isAlone = this.#model.kind !== undefined;
    const path = isAlone ? '' : childId;
    return {
      ...{ schema: 1, key: `${this.#kind.name}/${name.namespace}/${name.name}`, uid },
      ...{ machineId: this.#kind.machine.id, machineVersion: this.#kind.version },
      ...{ definitionHash: this.#hash, fence: 1, host: 'h1', steps: 1 },
      snapshot: isAlone ? own : this.#below(own),
      timers: timersIn(before, asked).map((timer) => ({ ...timer, from: path, to: path })),
      ...{ outbox: [], outboxNext: 1, seen: [], strikes: null, wakeAtMs: 0 },
    };
  }

  #below(own: unknown): unknown {
    const parent = createActor(this.#kind.machine).getPersistedSnapshot() as unknown as {
      children: Record<string, object>;
    };
    return {
      ...parent,
      children: { [childId]: { ...parent.children[childId], snapshot: own } },
    };
  }
}

function timersIn(
  before: Snapshot,
  { stimulus, afterMs = 0 }: Asked,
): Omit<StoredTimer, 'from' | 'to'>[] {
  const all = timersOf(before).map((event) => ({ event, id: event }));
  if (stimulus.how === 'elapsed' && !all.some(({ event }) => event === stimulus.event))
    all.push({ event: stimulus.event, id: stimulus.id });
  return all.map(({ event, id }) => {
    const isAsked = stimulus.how === 'elapsed' && stimulus.event === event;
    return { id, event: { type: event }, atMs: nowMs + (isAsked ? afterMs : farMs) };
  });
}

const kindOf = (machine: AnyStateMachine): Kind => ({
  ...{ name: 'parent', version: 1, machine, creating: new Set<string>() },
  input: () => undefined,
  admit: () => ({ kind: 'accepted' }),
  allowed: () => [],
  isTombstone: () => false,
  isDeleting: () => false,
  stateText: () => '',
  view: () => ({}),
  replyFields: () => ({}),
  watches: () => undefined,
});
