/** What is, whatever reads may see: volumes and who can write to them, snapshots, and what has been written to each. */
import type { LogSegment, SnapshotRecord, VolumeRecord } from '../../state/volume-records.ts';
import type { World } from '../../world.ts';
import { compareLogs, lengthOf, settled } from './append-log.ts';
import type { Fork } from './append-log.ts';
import { snapshotStateAt } from './snapshot-state.ts';
import type { SnapshotState } from './snapshot-state.ts';
import { stateAt } from './steps.ts';
import { isWritable, volumeStateAt } from './volume-state.ts';
import type { VolumeState } from './volume-state.ts';

export interface VolumeTruth {
  readonly volumeId: string;
  readonly region: string;
  readonly zone: string;
  readonly state: VolumeState;
  /** Absent: nothing holds it. `state` is never `detached` here. */
  readonly attachment?: {
    readonly instanceId: string;
    readonly device: string;
    readonly state: string;
  };
  /** Whether something could change a block of it now. */
  readonly isWritable: boolean;
  readonly snapshotId: string;
  readonly sourceVolumeId?: string;
  readonly createdAtMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly length: number;
  readonly segments: readonly LogSegment[];
}

export interface SnapshotTruth {
  readonly snapshotId: string;
  readonly region: string;
  readonly lineage: string;
  readonly state: SnapshotState | 'deleted';
  readonly startedAtMs: number;
  readonly endsAtMs: number;
  readonly copyOf?: { readonly region: string; readonly snapshotId: string };
  readonly isIncremental: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly length: number;
  readonly segments: readonly LogSegment[];
}

/** Two volumes that both have entries the other lacks: two writers went separate ways. */
export interface ForkTruth extends Fork {
  readonly volumeIds: readonly [string, string];
}

export interface StorageTruth {
  readonly volumes: readonly VolumeTruth[];
  readonly snapshots: readonly SnapshotTruth[];
  readonly forks: readonly ForkTruth[];
  readonly fastRestores: readonly { snapshotId: string; zone: string; state: string }[];
}

/** Deleted ones are told of for a day; root volumes, to which nothing is written, only once something has changed them. */
export function storageTruth(world: World): StorageTruth {
  const nowMs = world.clock.nowMs();
  const volumes = [...world.tables.volumes.all()].map((record) =>
    volumeTruth(world, settled(world, record, nowMs), nowMs),
  );
  return {
    volumes,
    snapshots: [...world.tables.snapshots.all()].map((record) => snapshotTruth(record, nowMs)),
    // Every pair is compared: only for whoever asks.
    get forks() {
      return forksOf(volumes);
    },
    fastRestores: [...world.tables.fastRestores.all()].map(({ snapshotId, zone, steps }) => ({
      ...{ snapshotId, zone, state: stateAt(steps, nowMs) },
    })),
  };
}

function volumeTruth(world: World, record: VolumeRecord, nowMs: number): VolumeTruth {
  const { attachment, sourceVolumeId, log } = record;
  const held = attachment === undefined ? 'detached' : stateAt(attachment.steps, nowMs);
  return {
    volumeId: record.volumeId,
    region: record.region,
    zone: record.zone,
    state: volumeStateAt(record, nowMs),
    ...(attachment === undefined || held === 'detached'
      ? {}
      : {
          attachment: {
            ...{ instanceId: attachment.instanceId, device: attachment.device, state: held },
          },
        }),
    isWritable: isWritable(world, record, nowMs),
    snapshotId: record.snapshotId,
    ...(sourceVolumeId === undefined ? {} : { sourceVolumeId }),
    createdAtMs: record.createdAtMs,
    tags: record.tags,
    length: lengthOf(log.segments),
    segments: log.segments,
  };
}

function snapshotTruth(record: SnapshotRecord, nowMs: number): SnapshotTruth {
  const { copyOf } = record;
  return {
    snapshotId: record.snapshotId,
    region: record.region,
    lineage: record.lineage,
    state: record.deletedAtMs === undefined ? snapshotStateAt(record, nowMs) : 'deleted',
    startedAtMs: record.startedAtMs,
    endsAtMs: record.endsAtMs,
    ...(copyOf === undefined ? {} : { copyOf }),
    isIncremental: record.isIncremental,
    tags: record.tags,
    length: lengthOf(record.segments),
    segments: record.segments,
  };
}

/** Only logs that begin with the same writer can have gone separate ways. */
function forksOf(volumes: readonly VolumeTruth[]): ForkTruth[] {
  return volumes.flatMap((left, index) =>
    volumes
      .slice(index + 1)
      .filter((right) => right.segments[0]?.writer === left.segments[0]?.writer)
      .map((right) => ({
        volumeIds: [left.volumeId, right.volumeId] as const,
        ...compareLogs(left.segments, right.segments),
      }))
      .filter((fork) => fork.left > 0 && fork.right > 0),
  );
}
