/** Which partitions this host runs: looks at the others in every tick, takes what is its share, passes on what is not. */
import { hosting } from '../machines/limits.ts';
import { messageOf } from './faults.ts';
import { Holding } from './holding.ts';
import type { LeaseSurvey, Leases } from './lease-ports.ts';
import { planPlacement } from './placement-plan.ts';
import { Slots } from './slots.ts';
import type { TenureParts } from './tenure.ts';
import type { Cancel } from './ports.ts';
import { Unloaded } from './unloaded.ts';
import type { UnloadedPartition } from './unloaded.ts';

export interface PlacementOptions {
  readonly leases: Leases;
  readonly parts: TenureParts;
  readonly version: string;
  /** Whether this host was ordered to give its partitions away; asked in every tick. */
  readonly isDrained: () => Promise<boolean>;
}

const laterProcess = 'a later process runs under the name of this host';

export class Placement {
  readonly #options: PlacementOptions;
  readonly #holdings = new Map<number, Holding>();
  readonly #loads = new Slots(hosting.takenAtOnceMax);
  readonly #unloaded = new Unloaded();
  /** Of the last look. */
  #holders: LeaseSurvey['partitions'] = new Map();
  readonly #startedAtMs: number;
  #isDrained = false;
  #isReplaced = false;
  #isStopping = false;
  #share = 0;
  /** The last look was answered, and nothing that it gave us was lost since. */
  #isSettled = false;
  #passedAtMs = -Infinity;
  #onSettled: (() => void)[] = [];
  #wake: () => void = () => undefined;
  #cancelFreed: Cancel | undefined;
  #stopListening: Cancel = () => undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: PlacementOptions) {
    this.#options = options;
    this.#startedAtMs = options.parts.clock.nowMs();
  }

  /** Resolves when everything that should be this host's is served, or at `stop`. */
  async start(): Promise<void> {
    if (this.#isStopping) return;
    this.#stopListening = this.#options.leases.onFreed(() => this.#lookSoon());
    const settled = new Promise<void>((resolve) => this.#onSettled.push(resolve));
    this.#loop = this.#run();
    await settled;
  }

  /** Leaves the others no gap: what was being done is finished within `limitMs`, then every lease is given back. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    this.#isSettled = false;
    this.#stopListening();
    this.#cancelFreed?.();
    this.#wake();
    this.#tellSettled();
    await this.#loop;
    const { leases, parts } = this.#options;
    // First, so that the others count without us by the time the partitions are free.
    await leases.withdraw().catch((thrown: unknown) => {
      const fields = { reason: messageOf(thrown) };
      parts.ports.telemetry.log(
        'warn',
        fields,
        'the presence was not withdrawn; it ends by itself',
      );
    });
    await Promise.all(this.holdings().map((each) => each.give(limitMs)));
  }

  /** In the order they were taken. */
  holdings(): Holding[] {
    return [...this.#holdings.values()];
  }

  find(partition: number): Holding | undefined {
    return this.#holdings.get(partition);
  }

  get isDrained(): boolean {
    return this.#isDrained;
  }
  /** A later process runs under our name. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }
  get share(): number {
    return this.#share;
  }
  /** Those that did not load here and that no other host holds. They are tried again. */
  get unloaded(): UnloadedPartition[] {
    const { hostId } = this.#options.parts;
    const isElsewhere = (partition: number): boolean =>
      (this.#holders.get(partition) ?? hostId) !== hostId;
    return this.#unloaded.list().filter(({ partition }) => !isElsewhere(partition));
  }
  /** Everything that should be ours is served, but for a few that do not load; also when that is nothing. */
  get isSettled(): boolean {
    if (!this.#isSettled || this.unloaded.length > hosting.unloadedMax) return false;
    // One that is tried again was counted out before.
    return this.holdings().every(
      ({ state, partition }) => state !== 'taking' || this.#unloaded.has(partition),
    );
  }

  async #run(): Promise<void> {
    const { clock } = this.#options.parts;
    while (!this.#stopping()) {
      const untilAwake = new Promise<void>((resolve) => (this.#wake = resolve));
      await this.#tick();
      if (this.#stopping()) return;
      const cancel = clock.after(this.#tickMs(), this.#wake);
      await untilAwake;
      cancel();
    }
  }

  async #tick(): Promise<void> {
    const { leases, parts, version, isDrained } = this.#options;
    try {
      this.#isDrained = await isDrained();
      const owned = this.holdings().filter(({ isServing }) => isServing).length;
      const presence = { isDraining: this.#isDrained, owned, version };
      const isOurs = await leases.announce({ ...presence, startedAtMs: this.#startedAtMs });
      this.#tellReplaced(!isOurs);
      if (isOurs) await this.#look();
      else this.#replaced();
    } catch (thrown) {
      const fields = { reason: messageOf(thrown) };
      parts.ports.telemetry.log('warn', fields, 'the other hosts could not be looked at');
    }
  }

  async #look(): Promise<void> {
    const survey = await this.#options.leases.survey();
    if (!this.#stopping()) this.#place(survey);
  }

  #place({ hosts, partitions }: LeaseSurvey): void {
    const { clock, hostId } = this.#options.parts;
    const all = this.holdings();
    const held = all.filter(({ state }) => state !== 'leaving').map((each) => each.partition);
    const leaving = all.filter(({ state }) => state === 'leaving').map((each) => each.partition);
    const nowMs = clock.monotonicMs();
    if (this.#isDrained) this.#unloaded.clear();
    const { share, take, pass } = planPlacement({
      ...{ host: hostId, isDraining: this.#isDrained, hosts, partitions, held, leaving },
      waiting: this.#unloaded.waiting(nowMs),
    });
    this.#holders = partitions;
    this.#share = share;
    this.#isSettled = true;
    for (const partition of take) this.#take(partition);
    // A look in between ticks takes only: what is passed stays bounded in time.
    if (pass.length > 0 && nowMs >= this.#passedAtMs + this.#tickMs()) {
      this.#passedAtMs = nowMs;
      for (const partition of pass) void this.#holdings.get(partition)?.give(hosting.drainMs);
    }
    this.#tellSettled();
  }

  #take(partition: number): void {
    const { leases, parts } = this.#options;
    const holding = new Holding({
      ...{ leases, partition, parts, loads: this.#loads },
      isWanted: () => !this.#stopping() && this.#holdings.size <= this.#share,
      onFailed: (reason) => {
        const nowMs = parts.clock.monotonicMs();
        this.#unloaded.note(partition, reason, nowMs, this.#tickMs());
      },
      onEnded: (end) => {
        this.#holdings.delete(partition);
        if (end === 'untaken' || end === 'lost') this.#isSettled = false;
        this.#tellSettled();
      },
    });
    this.#holdings.set(partition, holding);
    void holding.take().then(() => {
      if (holding.state === 'serving') this.#unloaded.forget(partition);
      this.#tellSettled();
    });
  }

  /** Another process runs under our name and came later: what we hold is its. */
  #replaced(): void {
    this.#share = 0;
    this.#isSettled = false;
    // None of them is tried again by this process.
    this.#unloaded.clear();
    for (const holding of this.holdings()) holding.lose('replaced', laterProcess);
  }

  /** On change only: the two may run side by side for days. */
  #tellReplaced(isReplaced: boolean): void {
    if (isReplaced === this.#isReplaced) return;
    this.#isReplaced = isReplaced;
    const { hostId, ports } = this.#options.parts;
    const [level, text] = isReplaced
      ? (['error', `${laterProcess}; give one of the two another hostId`] as const)
      : (['warn', 'the name of this host is its own again'] as const);
    ports.telemetry.log(level, { hostId }, text);
  }

  #lookSoon(): void {
    this.#cancelFreed ??= this.#options.parts.clock.after(hosting.freedLookMs, () => {
      this.#cancelFreed = undefined;
      this.#wake();
    });
  }

  #tellSettled(): void {
    if (!this.#isStopping && !this.isSettled) return;
    for (const tell of this.#onSettled.splice(0)) tell();
  }

  #tickMs(): number {
    return this.#options.leases.ttlMs / hosting.leaseTicks;
  }

  // A method, so that the compiler does not take the flag for constant over an await.
  #stopping(): boolean {
    return this.#isStopping;
  }
}
