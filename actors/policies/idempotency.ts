/**
 * Makes a call once per intent: the result is kept under the intent's key before anybody learns it, so that whoever repeats
 * the intent after a crash gets that result. The intent in the record stays the real guard: while the store is away, calls
 * are made without it.
 */
import { idempotency as limits } from '../../machines/limits.ts';
import { messageOf, toEffectFault } from '../faults.ts';
import { pause } from '../heap-clock.ts';
import type { MetricReading } from '../metric-names.ts';
import type { Clock, IdempotencyStore, Telemetry } from '../ports.ts';
import { canonicalJson } from './canonical-json.ts';
import { abandoned, failedAs, outcomeOf, verdictOn } from './idempotency-entry.ts';
import type { IdempotencyEntry, Owner } from './idempotency-entry.ts';
import { IdempotencyShelf } from './idempotency-shelf.ts';

export interface IdempotencyOptions {
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly hostId: string;
  /** Tells this process from an earlier one under the same host id. */
  readonly processId: string;
  /** SHA-256 as 64 hex digits. */
  readonly digest: (text: string) => string;
  /** How long results are kept, milliseconds. Default 2 h; the bucket's own age limit should be no shorter. */
  readonly ttlMs?: number;
}

/** One call that is meant, however often it is asked for. */
export interface Intent {
  /** The same for every attempt of one intent; see `Idempotency.keyOf`. */
  readonly key: string;
  readonly operation: string;
  /** Of the actor that wants it: a claim under a lower fence is of a host that has lost the actor. */
  readonly fence: number;
  /** True when it may have been made before: a stored result is then the answer. */
  readonly mayFold: boolean;
  /** How long a claim is believed without an answer, milliseconds. */
  readonly leaseMs: number;
  /** Default: the store's. */
  readonly ttlMs?: number;
  readonly signal: AbortSignal;
  /** For the log: actor, correlation id. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** False for an answer that says "not finished yet": it is never kept. */
  isFinal(value: unknown): boolean;
}

/** `revision` undefined: the store could not be asked, so nothing is noted in the end either. */
type Claim =
  | { readonly kind: 'fold'; readonly value: unknown }
  | { readonly kind: 'make'; readonly revision: number | undefined };
type Flight = Promise<{ readonly ok: true; readonly value: unknown } | { readonly ok: false }>;
type LookedUp = 'miss' | 'pending' | 'expired';

export class Idempotency {
  readonly #options: IdempotencyOptions;
  readonly #ttlMs: number;
  readonly #shelf: IdempotencyShelf;
  /** Calls under way in this process. */
  readonly #flights = new Map<string, Flight>();
  /** Since when the claims of this process, and those the last sweep met, are pending. */
  readonly #pendingSinceMs = new Map<string, number>();
  #metPendingSinceMs: number | undefined;
  #cancelSweep: () => void = () => undefined;

  constructor(options: IdempotencyOptions) {
    this.#options = options;
    this.#ttlMs = options.ttlMs ?? limits.ttlMs;
    this.#shelf = new IdempotencyShelf(options.store, options.clock);
  }

  /** The key of one intent: its parts in any order, hashed and never shortened. */
  keyOf(parts: Readonly<Record<string, unknown>>): string {
    return this.#options.digest(canonicalJson(parts));
  }

  /** Sweeps every five minutes from now on. */
  start(): void {
    this.#cancelSweep = this.#options.clock.after(limits.sweepMs, () => {
      void this.sweep().finally(() => {
        this.start();
      });
    });
  }

  stop(): void {
    this.#cancelSweep();
  }

  /**
   * The stored result, or that of `make`. Rejects as `make` does, or with the signal's reason while somebody else's claim is
   * waited for. Never rejects for the store's sake.
   */
  async run<T>(intent: Intent, make: () => Promise<T>): Promise<T> {
    for (let flight = this.#flight(intent); flight; flight = this.#flight(intent)) {
      const ended = await flight;
      if (ended.ok) return this.#folded(intent, ended.value) as T;
      intent.signal.throwIfAborted();
    }
    const made = this.#claimAndMake(intent, make);
    this.#flights.set(
      intent.key,
      made.then(
        (value) => ({ ok: true, value }),
        () => ({ ok: false }),
      ),
    );
    try {
      return await made;
    } finally {
      this.#flights.delete(intent.key);
    }
  }

  /** Forgets what has expired; gives up claims whose owner is long gone. The bucket itself drops entries by age. */
  async sweep(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    this.#shelf.forgetExpired();
    let oldestMs: number | undefined;
    try {
      for await (const { key, entry, revision } of this.#shelf.pending()) {
        if (entry.state !== 'pending' || this.#pendingSinceMs.has(key)) continue;
        if (entry.leaseUntilMs + limits.sweepMs > nowMs)
          oldestMs = Math.min(oldestMs ?? entry.sinceMs, entry.sinceMs);
        else await this.#shelf.write(key, failedAs(entry, abandoned), revision);
      }
      this.#metPendingSinceMs = oldestMs;
    } catch (thrown) {
      this.#tellAway('sweep', messageOf(thrown), {});
    }
  }

  readings(): MetricReading[] {
    const since = [...this.#pendingSinceMs.values(), this.#metPendingSinceMs ?? Infinity];
    const ageMs = this.#options.clock.nowMs() - Math.min(...since);
    return [
      {
        metric: 'fairlead_idempotency_pending_oldest_seconds',
        value: Math.max(0, Number.isFinite(ageMs) ? ageMs / 1_000 : 0),
      },
    ];
  }

  #flight({ key }: Intent): Flight | undefined {
    return this.#flights.get(key);
  }

  async #claimAndMake<T>(intent: Intent, make: () => Promise<T>): Promise<T> {
    const claim = await this.#claim(intent);
    if (claim.kind === 'fold') return this.#folded(intent, claim.value) as T;
    this.#pendingSinceMs.set(intent.key, this.#options.clock.nowMs());
    try {
      const value = await make();
      await this.#note(
        intent,
        claim.revision,
        outcomeOf(this.#kept(intent), value, intent.isFinal(value)),
      );
      return value;
    } catch (thrown) {
      await this.#note(intent, claim.revision, failedAs(this.#kept(intent), toEffectFault(thrown)));
      throw thrown;
    } finally {
      this.#pendingSinceMs.delete(intent.key);
    }
  }

  /** Takes the key for this process, or learns that there is nothing to do. */
  async #claim(intent: Intent): Promise<Claim> {
    let known = this.#shelf.known(intent.key);
    let lookedUp: LookedUp = 'miss';
    let waited = { revision: 0, untilMs: 0 };
    for (let tries = 0; tries < limits.claimTriesMax;) {
      const verdict = verdictOn(known?.entry, this.#asker(intent));
      if (verdict === 'fold' && known?.entry.state === 'completed')
        return { kind: 'fold', value: known.entry.result };
      lookedUp = this.#noted(lookedUp, known?.entry);
      const nowMs = this.#options.clock.monotonicMs();
      const revision = known?.revision ?? 0;
      if (waited.revision !== revision) waited = { revision, untilMs: nowMs + intent.leaseMs };
      // By our own clock: one that is far off must not hold the call longer than the claim can have lasted.
      if (verdict === 'wait' && nowMs < waited.untilMs) await this.#pauseFor(intent.signal);
      else {
        const claim = await this.#take(intent, revision, lookedUp);
        if (claim !== undefined) return claim;
        tries += 1;
      }
      const read = await this.#shelf.read(intent.key);
      if ('cause' in read) return this.#without(intent, read.cause);
      known = read.found;
    }
    return this.#without(intent, `${limits.claimTriesMax} others were faster`);
  }

  /** Undefined: somebody else wrote in between. */
  async #take(intent: Intent, revision: number, lookedUp: LookedUp): Promise<Claim | undefined> {
    const outcome = await this.#shelf.write(intent.key, this.#pending(intent), revision);
    if (outcome.kind === 'stale') return undefined;
    if (outcome.kind === 'unknown') return this.#without(intent, outcome.cause);
    this.#tellMade(intent, lookedUp);
    return { kind: 'make', revision: outcome.revision };
  }

  #asker({ fence, mayFold }: Intent) {
    const { hostId, processId, clock } = this.#options;
    const owner: Owner = { host: hostId, process: processId, fence };
    return { owner, mayFold, nowMs: clock.nowMs() };
  }

  #noted(before: LookedUp, entry: IdempotencyEntry | undefined): LookedUp {
    if (entry === undefined || before !== 'miss') return before;
    if (entry.expiresAtMs <= this.#options.clock.nowMs()) return 'expired';
    return entry.state === 'pending' ? 'pending' : 'miss';
  }

  // -------------------------------------------------------------------------------------------- entries

  #pending(intent: Intent): IdempotencyEntry {
    const { owner, nowMs } = this.#asker(intent);
    const times = { sinceMs: nowMs, leaseUntilMs: nowMs + intent.leaseMs };
    return { ...this.#kept(intent), state: 'pending', owner, ...times };
  }

  #kept({ operation, ttlMs = this.#ttlMs }: Intent) {
    return { operation, expiresAtMs: this.#options.clock.nowMs() + ttlMs };
  }

  /** Ends the claim, unless another owner has taken it over: then that one's answer counts. */
  async #note(
    { key, operation, fields }: Intent,
    revision: number | undefined,
    entry: IdempotencyEntry,
  ): Promise<void> {
    if (revision === undefined) return;
    for (let tries = 0; tries < limits.claimTriesMax; tries += 1) {
      const outcome = await this.#shelf.write(key, entry, revision);
      if (outcome.kind === 'unknown') this.#tellAway(operation, outcome.cause, fields);
      if (outcome.kind !== 'stale') return;
      // A server with another write under way says the same: only the entry itself tells.
      const read = await this.#shelf.read(key);
      if ('cause' in read || (read.found?.revision ?? 0) > revision) return;
    }
  }

  async #pauseFor(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await pause(this.#options.clock, limits.claimPollMs);
    signal.throwIfAborted();
  }

  // -------------------------------------------------------------------------------------------- telling

  #folded(intent: Intent, value: unknown): unknown {
    this.#count('hit');
    this.#options.telemetry.count('fairlead_idempotency_duplicates_total', { result: 'folded' });
    const text = `[IDEMPOTENCY] Cached result returned for key ${short(intent)} (operation: ${intent.operation})`;
    this.#log(intent, 'IdempotencyStore hit', text);
    return value;
  }

  #tellMade(intent: Intent, lookedUp: LookedUp): void {
    this.#count(lookedUp);
    // Somebody had begun it and left no result: the one duplicate that reaches the world again.
    if (lookedUp !== 'miss' && intent.mayFold)
      this.#options.telemetry.count('fairlead_idempotency_duplicates_total', { result: 'run' });
    const text = `[IDEMPOTENCY] New key ${short(intent)} (operation: ${intent.operation})`;
    this.#log(intent, 'IdempotencyStore miss', text);
  }

  #without(intent: Intent, cause: string): Claim {
    this.#tellAway(intent.operation, cause, { key: short(intent), ...intent.fields });
    return { kind: 'make', revision: undefined };
  }

  #tellAway(operation: string, reason: string, fields: object): void {
    const { telemetry } = this.#options;
    telemetry.count('fairlead_idempotency_unreachable_total');
    const text = '[IDEMPOTENCY] The store gave no answer; calls are made without it';
    telemetry.log('warn', { tag: 'IDEMPOTENCY', operation, reason, ...fields }, text);
  }

  #count(result: 'hit' | LookedUp): void {
    this.#options.telemetry.count('fairlead_idempotency_lookups_total', { result });
  }

  #log(intent: Intent, title: string, text: string): void {
    const { operation, fields } = intent;
    const told = { tag: 'IDEMPOTENCY', title, key: short(intent), operation, ...fields };
    this.#options.telemetry.log('info', told, text);
  }
}

const short = ({ key }: Intent): string => key.slice(0, 12);
