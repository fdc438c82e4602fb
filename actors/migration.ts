/** Brings what an older chart stored to today's, before anything is started from it. */
import { messageOf } from './faults.ts';
import type { Migrations, StoredState } from './migration-steps.ts';
import type { ActorRecord } from './record.ts';

interface Today {
  readonly kind: {
    readonly version: number;
    readonly machine: { readonly id: string };
    readonly migrations?: Migrations;
  };
  readonly definitionHash: string;
}

export type Migrated =
  | { readonly ok: true; readonly record: ActorRecord }
  | { readonly ok: false; readonly reason: string };

/** What is told of a record that no steps bring to today. */
export const noMigration = (
  { machineVersion }: Pick<ActorRecord, 'machineVersion'>,
  { version }: { readonly version: number },
): string => `no migration leads from version ${machineVersion} to ${version}`;

/** The record as today's chart would have it; the same one when it is of today. Nothing is written by this. */
export function migrated(record: ActorRecord, { kind, definitionHash }: Today): Migrated {
  const { machineId, machineVersion } = record;
  const { version, migrations = {} } = kind;
  // Another machine's versions count something else.
  if (machineVersion === version || machineId !== kind.machine.id) return { ok: true, record };
  const none = { ok: false, reason: noMigration(record, kind) } as const;
  let state: StoredState = structuredClone({ snapshot: record.snapshot, timers: record.timers });
  if (machineVersion > version) return none;
  for (let from = machineVersion; from < version; from += 1) {
    const step = Object.hasOwn(migrations, from) ? migrations[from] : undefined;
    if (step === undefined) return none;
    try {
      state = step(state);
    } catch (thrown) {
      return {
        ok: false,
        reason: `the migration from version ${from} failed: ${messageOf(thrown)}`,
      };
    }
  }
  const { snapshot, timers } = state;
  return {
    ok: true,
    record: { ...record, snapshot, timers, machineVersion: version, definitionHash },
  };
}

/** For those who only look: the record as it will be once awakened, or as it is where no steps lead to today. */
export function asOfToday(record: ActorRecord, today: Today): ActorRecord {
  const found = migrated(record, today);
  return found.ok ? found.record : record;
}
