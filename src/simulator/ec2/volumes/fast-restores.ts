/** Enable, disable and describe fast snapshot restore, per snapshot and zone. */
import {
  DescribeFastSnapshotRestores$,
  DisableFastSnapshotRestores$,
  EnableFastSnapshotRestores$,
} from '@aws-sdk/client-ec2';
import type {
  DescribeFastSnapshotRestoresRequest,
  DescribeFastSnapshotRestoresResult,
  DescribeFastSnapshotRestoreSuccessItem,
  DisableFastSnapshotRestoresRequest,
  DisableFastSnapshotRestoresResult,
  EnableFastSnapshotRestoresRequest,
  EnableFastSnapshotRestoresResult,
} from '@aws-sdk/client-ec2';
import { ownerId, zonesOf } from '../../catalogue.ts';
import { AwsError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import type { FastRestoreRecord } from '../../state/volume-records.ts';
import { drawDuration } from '../../world.ts';
import type { Call } from '../../world.ts';
import { matcher } from '../filters.ts';
import { limitOf } from './circumstances.ts';
import { fastRestoreKey, isInForce } from './fast-restore-state.ts';
import { pageOf } from './listing.ts';
import { findSnapshot } from './snapshot-state.ts';
import { planOn, seenAt } from './steps.ts';

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Each pair of snapshot and zone succeeds or fails by itself. */
export const enableFastSnapshotRestores = operation(
  EnableFastSnapshotRestores$,
  (input: EnableFastSnapshotRestoresRequest, call): EnableFastSnapshotRestoresResult => {
    const done: FastRestoreRecord[] = [];
    const refused: { snapshotId: string; zone: string; refusal: Refusal }[] = [];
    for (const snapshotId of input.SourceSnapshotIds ?? []) {
      findSnapshot(snapshotId, call);
      for (const zone of readZones(input.AvailabilityZones, call)) {
        const made = enable(snapshotId, zone, call);
        if ('code' in made) refused.push({ snapshotId, zone, refusal: made });
        else done.push(made);
      }
    }
    return {
      Successful: done.map((record) => view(record, call.nowMs)),
      Unsuccessful: refused.map(({ snapshotId, zone, refusal }) => ({
        SnapshotId: snapshotId,
        FastSnapshotRestoreStateErrors: [
          { AvailabilityZone: zone, Error: { Code: refusal.code, Message: refusal.message } },
        ],
      })),
    };
  },
);

function enable(snapshotId: string, zone: string, call: Call): FastRestoreRecord | Refusal {
  const { world, region, nowMs } = call;
  const { fastRestores } = world.tables;
  const key = fastRestoreKey(snapshotId, zone);
  const known = fastRestores.get(key);
  if (known !== undefined && isInForce(known, nowMs)) return known;
  const inForce = [...fastRestores.all()].filter(
    (record) => record.region === region && isInForce(record, nowMs),
  );
  if (inForce.length >= limitOf(world, 'fastRestores', region)) {
    const message = 'The number of fast snapshot restores in this Region has been reached.';
    return { code: 'FastSnapshotRestoreLimitExceeded', message };
  }
  const optimizingAtMs = nowMs + drawDuration(world, 'fastRestore', key);
  const enabledAtMs = optimizingAtMs + drawDuration(world, 'fastRestore', `${key}/enabled`);
  const steps = planOn<FastRestoreRecord['steps'][number]['state']>(world, key, [], nowMs, [
    { state: 'enabling', atMs: nowMs },
    { state: 'optimizing', atMs: optimizingAtMs },
    { state: 'enabled', atMs: enabledAtMs },
  ]);
  const record = { key, snapshotId, region, zone, steps };
  fastRestores.put(key, record);
  return record;
}

export const disableFastSnapshotRestores = operation(
  DisableFastSnapshotRestores$,
  (input: DisableFastSnapshotRestoresRequest, call): DisableFastSnapshotRestoresResult => {
    const { world, nowMs } = call;
    const { fastRestores } = world.tables;
    const pairs = (input.SourceSnapshotIds ?? []).flatMap((snapshotId) =>
      readZones(input.AvailabilityZones, call).map((zone) => fastRestoreKey(snapshotId, zone)),
    );
    const records = pairs.map((key) => fastRestores.get(key)).filter((row) => row !== undefined);
    const changed = records.map((record) => {
      const endMs = nowMs + drawDuration(world, 'fastRestore', `${record.key}/disabled`);
      const steps = planOn(world, record.key, record.steps, nowMs, [
        { state: 'disabling' as const, atMs: nowMs },
        { state: 'disabled' as const, atMs: endMs },
      ]);
      const next = { ...record, steps };
      fastRestores.put(record.key, next);
      return next;
    });
    return { Successful: changed.map((record) => view(record, nowMs)), Unsuccessful: [] };
  },
);

export const describeFastSnapshotRestores = operation(
  DescribeFastSnapshotRestores$,
  (input: DescribeFastSnapshotRestoresRequest, call): DescribeFastSnapshotRestoresResult => {
    const { world, region, nowMs } = call;
    const matches = matcher(input.Filters, filterNames);
    const listed = [...world.tables.fastRestores.all()].filter(
      (record) =>
        record.region === region &&
        matches(
          new Map([
            ['availability-zone', [record.zone]],
            ['owner-id', [ownerId]],
            ['snapshot-id', [record.snapshotId]],
            ['state', [seenAt(record.steps, nowMs)]],
          ]),
        ),
    );
    const wish = { ...input, ids: [], pageMax: 200 };
    const { items, more } = pageOf(listed, (record) => record.key, wish);
    return { FastSnapshotRestores: items.map((record) => view(record, nowMs)), ...more };
  },
);

const filterNames = ['availability-zone', 'owner-id', 'snapshot-id', 'state'];

function readZones(given: readonly string[] | undefined, call: Call): readonly string[] {
  const known = zonesOf(call.region).map(({ name }) => name);
  const wrong = (given ?? []).find((name) => !known.includes(name));
  if (wrong === undefined) return given ?? [];
  throw new AwsError('InvalidParameterValue', `Invalid availability zone: [${wrong}]`);
}

function view(record: FastRestoreRecord, nowMs: number): DescribeFastSnapshotRestoreSuccessItem {
  const at = (state: string) => record.steps.find((it) => it.state === state && it.atMs <= nowMs);
  const [enabling, optimizing, enabled] = ['enabling', 'optimizing', 'enabled'].map(at);
  return {
    SnapshotId: record.snapshotId,
    AvailabilityZone: record.zone,
    OwnerId: ownerId,
    State: seenAt(record.steps, nowMs),
    StateTransitionReason: 'Client.UserInitiated',
    ...(enabling === undefined ? {} : { EnablingTime: new Date(enabling.atMs) }),
    ...(optimizing === undefined ? {} : { OptimizingTime: new Date(optimizing.atMs) }),
    ...(enabled === undefined ? {} : { EnabledTime: new Date(enabled.atMs) }),
  };
}
