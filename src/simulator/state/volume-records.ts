/** The rows of block storage. All plain JSON; every `…AtMs` is wall time, already divided by the scale. */

/** One step planned ahead: the state holds from `atMs`, reads show it from `seenAtMs`. */
export interface Step<State extends string> {
  readonly state: State;
  readonly atMs: number;
  readonly seenAtMs: number;
}

export type VolumeStep = 'creating' | 'available' | 'error' | 'deleting' | 'deleted';
/** `busy`: asked to detach, but the instance still has it mounted; it stays writable until that ends. */
export type AttachmentStep = 'attaching' | 'attached' | 'detaching' | 'busy' | 'detached';

/** Entries `from` (inclusive) to `to` (exclusive) that one volume wrote in one writer generation. */
export interface LogSegment {
  readonly writer: string;
  /** The volume's `repl:epoch` tag when they were written; empty without one. */
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** What has been written to a volume, as far as it has been worked out. */
export interface VolumeLog {
  readonly segments: readonly LogSegment[];
  /** Number of the volume's next own entry. */
  readonly next: number;
  /** Wall milliseconds it was writable up to `untilMs`. */
  readonly writableMs: number;
  readonly untilMs: number;
}

export interface AttachmentRecord {
  readonly instanceId: string;
  readonly device: string;
  readonly deleteOnTermination: boolean;
  readonly attachedAtMs: number;
  readonly steps: readonly Step<AttachmentStep>[];
}

export interface VolumeRecord {
  readonly volumeId: string;
  readonly region: string;
  readonly zone: string;
  readonly sizeGiB: number;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughput?: number | undefined;
  readonly isEncrypted: boolean;
  readonly kmsKeyId?: string | undefined;
  /** Empty when it was made from none. */
  readonly snapshotId: string;
  readonly sourceVolumeId?: string | undefined;
  /** MiB/s at which it is filled from its snapshot; absent: as AWS pleases. */
  readonly initializationRate?: number | undefined;
  readonly createdAtMs: number;
  /** From when Describe and calls by id know it. */
  readonly visibleAtMs: number;
  readonly steps: readonly Step<VolumeStep>[];
  /** The newest one; over once its last step is `detached`. */
  readonly attachment?: AttachmentRecord | undefined;
  /** From when all of its blocks are there; reads before that are slow, never wrong. */
  readonly filledAtMs: number;
  readonly isFastRestored: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly log: VolumeLog;
}

export interface SnapshotRecord {
  readonly snapshotId: string;
  readonly region: string;
  /** What Describe shows: of a copy some id that belongs to no volume. */
  readonly volumeId: string;
  /** The volume whose blocks it holds, through all copies. */
  readonly lineage: string;
  readonly volumeType: string;
  readonly sizeGiB: number;
  readonly description: string;
  readonly isEncrypted: boolean;
  readonly kmsKeyId?: string | undefined;
  readonly startedAtMs: number;
  readonly visibleAtMs: number;
  readonly endsAtMs: number;
  readonly endSeenAtMs: number;
  readonly outcome: 'completed' | 'error';
  readonly message?: string | undefined;
  readonly deletedAtMs?: number | undefined;
  readonly copyOf?: { readonly region: string; readonly snapshotId: string } | undefined;
  readonly isIncremental: boolean;
  readonly durationMinutes?: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** What had been written when it started. */
  readonly segments: readonly LogSegment[];
}

export interface FastRestoreRecord {
  readonly key: string;
  readonly snapshotId: string;
  readonly region: string;
  readonly zone: string;
  readonly steps: readonly Step<'enabling' | 'optimizing' | 'enabled' | 'disabling' | 'disabled'>[];
}

/** What a client token made; its scope is a zone. */
export interface VolumeTokenRecord {
  readonly key: string;
  readonly requestHash: string;
  readonly volumeId: string;
}

/** How many there may be in a place (a region, a zone, or `*`); absent rows leave AWS's own numbers. */
export interface VolumeLimitRow {
  readonly name: VolumeLimitName;
  readonly place: string;
  readonly max: number;
}

export type VolumeLimitName =
  'volumes' | 'zoneVolumes' | 'snapshots' | 'copies' | 'attachments' | 'fastRestores';

/** Work that ends in an error although it was accepted. */
export interface OutcomeRow {
  readonly what: 'volume' | 'snapshot' | 'copy';
  /** Id of the volume whose blocks it is about, or `*`. */
  readonly volumeId: string;
  readonly message: string;
  /** How many more times. */
  readonly times: number;
}

/** Facts that only the machine, the key store or the account's policies know; the row is there or it is not. */
export interface VolumeFlagRow {
  readonly name: VolumeFlagName;
  /** An id, a key, or `*`. */
  readonly of: string;
}

export type VolumeFlagName =
  /** The machine holds the volume mounted, so a plain detach gets stuck while it runs. */
  | 'mounted'
  /** The key store does not give the key: what is encrypted with it ends in an error. */
  | 'brokenKey'
  /** Something outside the model still uses the snapshot, so it cannot be deleted. */
  | 'snapshotInUse'
  /** Turns off the policy against attaching volumes tagged `repl:fenced=true`. */
  | 'allowFenced';
