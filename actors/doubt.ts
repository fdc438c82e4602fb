/** Why a stored record must not be awakened by this host. Such an actor is held; its record is kept as it is. */
import type { ResourceKey } from '../machines/ids.ts';
import { bounds } from '../machines/limits.ts';
import { check } from './checker.ts';
import type { HostedKind } from './household.ts';
import { noMigration } from './migration.ts';
import { isRecordOf } from './record.ts';
import type { ActorRecord } from './record.ts';

/** Undefined when it may be awakened. */
export function doubt(
  record: ActorRecord,
  key: ResourceKey,
  { kind, definitionHash }: Pick<HostedKind, 'kind' | 'definitionHash'>,
  fence: number,
): string | undefined {
  const { strikes } = record;
  if (!isRecordOf(record, key)) return `the record belongs to ${record.key}`;
  if (record.fence > fence)
    return `the record carries fence ${record.fence} from the future of ${fence}`;
  if (record.machineId !== kind.machine.id)
    return `the record was written by machine ${record.machineId}`;
  if (record.machineVersion !== kind.version) return noMigration(record, kind);
  if (record.definitionHash !== definitionHash)
    return `the chart changed without a new version (still ${kind.version})`;
  if (strikes && strikes.count >= bounds.strikesMax && strikes.machineVersion === kind.version)
    return `${strikes.count} turns failed, last: ${strikes.message}`;
  const drifts = check(kind.machine, record);
  if (drifts.length === 0) return undefined;
  return drifts.map(({ code, path, text }) => `${code} ${path}: ${text}`).join('; ');
}
