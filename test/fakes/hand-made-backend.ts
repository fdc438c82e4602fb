/** A back end of volumes made by hand: everything succeeds at once, unless told otherwise. */
import type { Clock } from '../../actors/ports.ts';
import type { EndpointSight, VolumeBackend } from '../../actors/replication-ports.ts';
import { replicationEffects } from '../../machines/replication-effects.ts';
import type { ReplicationEffectName, Writable } from '../../machines/replication-effects.ts';
import { peerOf } from '../../machines/replication-table.ts';
import type { Side } from '../../machines/replication-table.ts';

type Input = { readonly endpoint: Side; readonly seq?: number | null };
type Answer = (input: Input) => unknown;

export class HandMadeBackend {
  readonly writable: Record<Side, Writable> = { home: 'yes', away: 'no' };
  readonly looks: { readonly endpoint: Side; readonly atMs: number }[] = [];
  /** Effects and looks fail with what is here, until it is taken away. */
  readonly failing = new Map<string, object>();
  sight: Partial<EndpointSight> = {};
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get port(): VolumeBackend {
    const effects = Object.fromEntries(
      replicationEffects.map((name) => [
        name,
        (_of: unknown, input: Input) => this.#answer(name, () => this.#effect(name, input)),
      ]),
    );
    return {
      name: 'ebs',
      capabilities: {
        ...{ modes: ['asynchronous'], pause: true, syncNow: true, groups: true },
        ...{ testFailover: true, fenceProof: 'strong', crossRegion: true, minIntervalMs: 15_000 },
      },
      effects: effects as unknown as VolumeBackend['effects'],
      observe: (_of, endpoint) =>
        this.#answer('observe', () => {
          this.looks.push({ endpoint, atMs: this.#clock.monotonicMs() });
          const writable = this.writable[endpoint];
          return {
            ...{ role: writable === 'yes' ? 'source' : 'replica', writable, link: 'healthy' },
            ...{ lastPitMs: null, progress: null, isFresh: true, observed: 'by hand' },
            ...this.sight,
          };
        }),
      estimate: () => Promise.resolve({ rtoSeconds: 60, lossSeconds: 0 }),
    };
  }

  async #answer<T>(name: string, make: () => T): Promise<T> {
    await Promise.resolve();
    const fault = this.failing.get(name);
    if (fault !== undefined) throw Object.assign(new Error(name), { fault });
    return make();
  }

  #effect(name: ReplicationEffectName, input: Input): unknown {
    const { endpoint, seq } = input;
    const made = { seq: seq ?? 1, pitMs: this.#clock.nowMs() };
    const sight = () => ({ self: this.writable[endpoint], peer: this.writable[peerOf(endpoint)] });
    const answers: Partial<Record<ReplicationEffectName, Answer>> = {
      'replication.establish': sight,
      'replication.verify': sight,
      'replication.preflight': () => ({ ok: true, because: [] }),
      'replication.fence': () => {
        this.writable[endpoint] = 'no';
        return { fenced: true, observed: 'detached', rung: 'detach' };
      },
      'replication.prove': () => ({ writable: this.writable[endpoint], observed: 'detached' }),
      'replication.arm': () => {
        this.writable[endpoint] = 'yes';
        return {};
      },
      'replication.choosePoint': () => made,
      'replication.commitPoint': () => ({ ...made, bytes: 1_024 }),
      'replication.syncStatus': () => ({ isComplete: true }),
      'replication.selectBase': () => ({ seq: null }),
    };
    return answers[name]?.(input) ?? { isDone: true, ...made };
  }
}
