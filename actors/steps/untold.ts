/** At the beginning of a tenure: tells how actors stand whose last steps were lost with the host before, or were never told. */
import { keyText, recordKey } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import { stepLimits } from '../../machines/limits.ts';
import { messageOf } from '../faults.ts';
import { pause } from '../heap-clock.ts';
import type { HeapClock } from '../heap-clock.ts';
import type { HostedKind } from '../household.ts';
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
  /** False once the tenure is over. */
  readonly owned: () => boolean;
}

const idOf = (record: ActorRecord): string => stepId({ uid: record.uid, seq: stepsOf(record) });

export class Untold {
  readonly #options: UntoldOptions;
  /** Id of the step that every record has come to, by key. */
  #found: [ResourceKey, string][] = [];

  constructor(options: UntoldOptions) {
    this.#options = options;
  }

  found(key: ResourceKey, record: ActorRecord): void {
    this.#found.push([key, idOf(record)]);
  }

  /** Runs beside the turns and never rejects; what a turn tells meanwhile is newer and wins in the log. */
  async tell(fence: number): Promise<void> {
    const found = this.#found;
    this.#found = [];
    const last = await this.#lastTold();
    if (last === undefined) return;
    const nowMs = this.#options.clock.nowMs();
    for (const [key, id] of found) {
      const told = last.get(keyText(key));
      if (told?.id === id && nowMs - told.atMs < stepLimits.retoldAfterMs) continue;
      if (!this.#options.owned()) return;
      await this.#tellOne(key, fence, told);
    }
  }

  async #lastTold(): Promise<ReadonlyMap<string, LastTold> | undefined> {
    const { log, clock, owned, telemetry } = this.#options;
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
      const { record } = read;
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
