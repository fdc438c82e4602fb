/**
 * Gathers single calls of a few milliseconds into one call for many; every gathered call gets its own result. Stands
 * outside the guard: one batch is one pass through circuit, rate limit and bulkhead.
 */
import { batching } from '../../machines/limits.ts';
import { priorities } from '../../machines/messages.ts';
import type { EffectFault, FaultType } from '../../machines/messages.ts';
import { toEffectFault } from '../faults.ts';
import type { Attempt, Cancel, Clock, Telemetry } from '../ports.ts';

/** How calls of one operation go together. */
export interface BatchCall<R> {
  /** What may share a call: account, region and operation. */
  readonly key: string;
  /** The provider's name of the operation, e.g. `StopInstances`. */
  readonly op: string;
  /** One call for all ids; it fails as a whole. An id its answer leaves out has failed. */
  send(ids: readonly string[], attempt: Attempt): Promise<ReadonlyMap<string, R>>;
}

export interface BatchSettings {
  /** Ids in one call; 1 sends every call on its own. */
  readonly sizeMax: number;
  /** For one batch, every repeat after a split included. Milliseconds. */
  readonly timeoutMs: number;
}

interface Member {
  readonly attempt: Attempt;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** One id and all who wait for it: two that want the same get the same answer. */
interface Item {
  readonly id: string;
  readonly members: Set<Member>;
  /** Set once it is under way: somebody has stopped waiting for it. */
  left?: () => void;
  outcome?: 'ok' | 'failed';
}

interface Flight {
  readonly items: readonly Item[];
  /** Fires when its time is over, and when nobody waits for any of the items any more. */
  readonly end: AbortController;
  calls: number;
}

/** What gathers for one key. */
interface Line {
  /** Halved after a partial failure; grows back by one with every full batch that succeeds. */
  size: number;
  pending: Map<string, Item>;
  /** Set while a departure is due. */
  cancelTimer: Cancel | undefined;
}

interface BatchParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Asked for each batch, so that changed settings hold for the next one. */
  readonly settings: () => BatchSettings;
}

/** A refusal that one bad id may have brought on all: the others are tried without it. Anything else is everybody's. */
const aboutOneId: ReadonlySet<FaultType> = new Set<FaultType>([
  'NotFound',
  'InvalidSpec',
  'Unauthorized',
  'NotSupported',
  'Conflict',
  'CapacityShortage',
  'QuotaExceeded',
]);

export class Batches {
  readonly #parts: BatchParts;
  readonly #lines = new Map<string, Line>();

  constructor(parts: BatchParts) {
    this.#parts = parts;
  }

  /**
   * The result for one id, from a call shared with whoever else asks within `batching.gatherMs`. A caller whose signal
   * fires leaves at once and hurts nobody; the call itself ends when the last one has left.
   * @throws what the call threw, for this id alone where that could be found out
   */
  run<R>(call: BatchCall<R>, id: string, attempt: Attempt): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      if (attempt.signal.aborted) {
        reject(reasonOf(attempt.signal));
        return;
      }
      const line = this.#line(call.key);
      const item = line.pending.get(id) ?? { id, members: new Set<Member>() };
      join(item, attempt, resolve as Member['resolve'], reject);
      line.pending.set(id, item);
      if (line.pending.size >= line.size) this.#depart(call, line);
      else
        line.cancelTimer ??= this.#parts.clock.after(batching.gatherMs, () => {
          this.#depart(call, line);
        });
    });
  }

  #line(key: string): Line {
    const { sizeMax } = this.#parts.settings();
    const known = this.#lines.get(key);
    if (known !== undefined) {
      known.size = Math.min(known.size, sizeMax);
      return known;
    }
    const line: Line = { size: sizeMax, pending: new Map(), cancelTimer: undefined };
    this.#lines.set(key, line);
    return line;
  }

  #depart<R>(call: BatchCall<R>, line: Line): void {
    line.cancelTimer?.();
    line.cancelTimer = undefined;
    const items = [...line.pending.values()].filter(isAwaited);
    line.pending = new Map();
    if (items.length === 0) return;
    const flight: Flight = { items, end: new AbortController(), calls: 0 };
    for (const item of items)
      item.left = () => {
        if (!items.some(isAwaited)) flight.end.abort(new Error('nobody waits any more'));
      };
    void this.#fly(call, line, flight);
  }

  /** Never rejects: whatever happens goes to the members. */
  async #fly<R>(call: BatchCall<R>, line: Line, flight: Flight): Promise<void> {
    const { clock, settings } = this.#parts;
    const { items, end } = flight;
    const startedMs = clock.monotonicMs();
    const sizeThen = line.size;
    let cancelTimer: Cancel = () => undefined;
    const late = new Promise<void>((resolve) => {
      const { timeoutMs } = settings();
      cancelTimer = clock.after(timeoutMs, () => {
        const timeout = tooLate(call.op, timeoutMs);
        for (const item of items) fail(item, timeout);
        end.abort(timeout);
        resolve();
      });
    });
    await Promise.race([this.#send(call, flight, items), late]);
    cancelTimer();
    const failed = items.filter(({ outcome }) => outcome !== 'ok').length;
    this.#resize(line, sizeThen, items.length, failed);
    this.#tell(call.op, flight, failed, clock.monotonicMs() - startedMs);
  }

  async #send<R>(call: BatchCall<R>, flight: Flight, items: readonly Item[]): Promise<void> {
    const awaited = items.filter(isAwaited);
    if (awaited.length === 0 || flight.end.signal.aborted) return;
    flight.calls += 1;
    try {
      const ids = awaited.map(({ id }) => id);
      const answers = await call.send(ids, { ...leading(awaited), signal: flight.end.signal });
      for (const item of awaited) {
        const value = answers.get(item.id);
        if (value === undefined) fail(item, leftOut(call.op, item.id));
        else succeed(item, value);
      }
    } catch (thrown) {
      if (awaited.length === 1 || !aboutOneId.has(toEffectFault(thrown).type)) {
        for (const item of awaited) fail(item, thrown);
        return;
      }
      const half = Math.ceil(awaited.length / 2);
      await this.#send(call, flight, awaited.slice(0, half));
      await this.#send(call, flight, awaited.slice(half));
    }
  }

  #resize(line: Line, sizeThen: number, count: number, failed: number): void {
    if (failed > 0 && failed < count) line.size = Math.max(1, Math.floor(sizeThen / 2));
    else if (failed === 0 && count >= sizeThen)
      line.size = Math.min(this.#parts.settings().sizeMax, line.size + 1);
  }

  #tell(op: string, { items, calls }: Flight, failed: number, durationMs: number): void {
    const { telemetry } = this.#parts;
    const ok = items.length - failed;
    if (ok > 0) telemetry.count('fairlead_batch_items_total', { op, outcome: 'ok' }, ok);
    if (failed > 0)
      telemetry.count('fairlead_batch_items_total', { op, outcome: 'failed' }, failed);
    telemetry.observe('fairlead_batch_seconds', durationMs / 1_000, { op });
    const seconds = (durationMs / 1_000).toFixed(1);
    telemetry.log(
      failed > 0 ? 'warn' : items.length > 1 ? 'info' : 'debug',
      { tag: 'BATCH', op, ok, failed, batches: calls, durationMs: Math.round(durationMs) },
      `[BATCH] Batch operation ${op}: ${ok} successful, ${failed} failed [duration=${seconds}s]`,
    );
  }
}

/** Joins an item; the signal's firing takes it out again. */
function join(
  item: Item,
  attempt: Attempt,
  resolve: Member['resolve'],
  reject: Member['reject'],
): void {
  const { signal } = attempt;
  const leave = (): void => {
    item.members.delete(member);
    item.left?.();
    reject(reasonOf(signal));
  };
  const end = (): void => {
    signal.removeEventListener('abort', leave);
  };
  const member: Member = {
    attempt,
    resolve: (value) => {
      end();
      resolve(value);
    },
    reject: (reason) => {
      end();
      reject(reason);
    },
  };
  signal.addEventListener('abort', leave, { once: true });
  item.members.add(member);
}

const isAwaited = ({ members }: Item): boolean => members.size > 0;

function succeed(item: Item, value: unknown): void {
  item.outcome ??= 'ok';
  for (const each of item.members) each.resolve(value);
}

/** The first answer counts: one that comes after the end of its batch changes nothing. */
function fail(item: Item, reason: unknown): void {
  item.outcome ??= 'failed';
  for (const each of item.members) each.reject(reason);
}

/** The batch goes as its most urgent member, and as a first try when it is one for anybody. */
function leading(items: readonly Item[]): Attempt {
  const attempts = items.flatMap(({ members }) => [...members].map(({ attempt }) => attempt));
  const rank = ({ priority = 'background' }: Attempt) => priorities.indexOf(priority);
  const [first] = attempts.toSorted((left, right) => rank(left) - rank(right));
  if (first === undefined) throw new Error('a batch without a caller was sent');
  return { ...first, number: Math.min(...attempts.map(({ number = 1 }) => number)) };
}

const faulty = (type: FaultType, code: string, message: string): Error =>
  Object.assign(new Error(message), { fault: { type, code, message } satisfies EffectFault });

const leftOut = (op: string, id: string): Error =>
  faulty('ProviderError', 'reply.incomplete', `${op} answered without ${id}`);

const tooLate = (op: string, timeoutMs: number): Error => {
  const text = `${op} and its repeats did not end within ${Math.round(timeoutMs / 1_000)} s`;
  // The name is how adapters tell a time-out from a call that was cancelled.
  return Object.assign(faulty('Timeout', 'batch.timeout', text), { name: 'TimeoutError' });
};

const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error('aborted');
