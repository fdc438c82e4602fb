/** When partitions are taken: tells how actors stand whose last steps were lost with the host before, or were never told. */
import { keyText, recordKey } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import { stepLimits } from '../../machines/limits.ts';
import { messageOf } from '../faults.ts';
import { pause } from '../heap-clock.ts';
import type { HeapClock } from '../heap-clock.ts';
import type { HostedKind } from '../household.ts';
import { asOfToday } from '../migration.ts';
import type { RecordStore, Telemetry } from '../ports.ts';
import { readRecord, stepsOf } from '../record.ts';
import type { ActorRecord } from '../record.ts';
import { restoredStep } from './restored.ts';
import { stepId } from './step-port.ts';
import type { LastTold, StepLog } from './step-port.ts';

export interface UntoldOptions {
  readonly log: StepLog;
  readonly store: RecordStore;
  readonly telemetry: Telemetry;
  readonly clock: HeapClock;
  readonly hostId: string;
  readonly kinds: ReadonlyMap<string, HostedKind>;
}

/** An actor of a partition that was taken, as stored. */
export interface Found {
  readonly key: ResourceKey;
  readonly record: ActorRecord;
}

/** Id of the step that every record has come to, by key. */
interface Batch {
  readonly found: readonly [ResourceKey, string][];
  readonly fence: number;
  /** False once the tenure is over. */
  readonly owned: () => boolean;
}

const idOf = (record: ActorRecord): string => stepId({ uid: record.uid, seq: stepsOf(record) });

export class Untold {
  readonly #options: UntoldOptions;
  #waiting: Batch[] = [];
  #isTelling = false;

  constructor(options: UntoldOptions) {
    this.#options = options;
  }

  /**
   * Runs beside the turns and never rejects; what a turn tells meanwhile is newer and wins in the log. Partitions that are
   * taken together share one look at the log.
   */
  tell(found: readonly Found[], fence: number, owned: () => boolean): void {
    if (found.length === 0) return;
    this.#waiting.push({
      ...{ fence, owned },
      found: found.map(({ key, record }) => [key, idOf(record)]),
    });
    if (!this.#isTelling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    // After the present step, so that partitions loaded in one go are looked at in one.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batches = this.#waiting;
      this.#waiting = [];
      const last = await this.#lastTold(() => batches.some(({ owned }) => owned()));
      if (last !== undefined) for (const batch of batches) await this.#tellBatch(batch, last);
    }
    this.#isTelling = false;
  }

  async #tellBatch(
    { found, fence, owned }: Batch,
    last: ReadonlyMap<string, LastTold>,
  ): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    for (const [key, id] of found) {
      const told = last.get(keyText(key));
      if (told?.id === id && nowMs - told.atMs < stepLimits.retoldAfterMs) continue;
      if (!owned()) return;
      await this.#tellOne(key, fence, told);
    }
  }

  async #lastTold(owned: () => boolean): Promise<ReadonlyMap<string, LastTold> | undefined> {
    const { log, clock, telemetry } = this.#options;
    while (owned()) {
      try {
        return await log.lastTold();
      } catch (thrown) {
        const fields = { reason: messageOf(thrown) };
        telemetry.log('warn', fields, 'the steps told last cannot be read; trying again');
        await pause(clock, stepLimits.lookAgainMs);
      }
    }
    return undefined;
  }

  async #tellOne(key: ResourceKey, fence: number, told: LastTold | undefined): Promise<void> {
    const { log, store, kinds, clock, hostId, telemetry } = this.#options;
    const hosted = kinds.get(key.kind);
    if (hosted === undefined) return;
    try {
      await log.untilRoom();
      const stored = await store.load(recordKey(key));
      const read = stored && readRecord(stored.bytes);
      if (stored === undefined || !read?.ok) return;
      const record = asOfToday(read.record, hosted);
      const place = { revision: stored.revision, atMs: clock.nowMs(), hostId, fence };
      const step = restoredStep(hosted, record, place);
      // Of what is gone nobody needs to hear again, once its end was told or its steps are too old to be kept.
      if (step.row.isGone && (told === undefined || told.id === stepId(step))) return;
      if (step.image !== undefined) log.tell(step, step.image);
    } catch (thrown) {
      const fields = { actor: keyText(key), reason: messageOf(thrown) };
      telemetry.log('warn', fields, 'a step found in store is not told');
    }
  }
}
