/** Which host runs which partitions: presences and leases that end by themselves unless they are renewed. */

/** What a host tells the others about itself. */
export interface Presence {
  /** It gives its partitions away and takes none. */
  readonly isDraining: boolean;
  /** Partitions it holds and serves. */
  readonly owned: number;
  /** Of the program. */
  readonly version: string;
  /** Wall time of its start, milliseconds. */
  readonly startedAtMs: number;
}

export interface HostSeat extends Presence {
  readonly host: string;
}

export interface LeaseSurvey {
  /** Announced within the time to live, this host included. */
  readonly hosts: readonly HostSeat[];
  /** Partition → the host in whose name it is held; a free partition is absent. */
  readonly partitions: ReadonlyMap<number, string>;
}

/**
 * The leases of one process, made for one host name. Every call rejects while nobody can tell; then nothing is known and the
 * caller's own clock decides. Revisions of a partition's lease grow, but a store that was lost begins at 1 again.
 */
export interface Leases {
  /** Life of a presence or lease after its last renewal, milliseconds. */
  readonly ttlMs: number;
  /** Names of holders may be up to `ttlMs` old unless `isFresh`; which partitions are held, and who is alive, is of now. */
  survey(isFresh?: boolean): Promise<LeaseSurvey>;
  /** Renews the presence. False when a later process runs under this host's name: this one must hold nothing. */
  announce(presence: Presence): Promise<boolean>;
  /** Ends the presence at once, unless it is another process's. */
  withdraw(): Promise<void>;
  /**
   * Takes the partition when it is free, expired, or held in this host's name by another process; undefined while another
   * host holds it. `revision` is above that of every earlier lease of the same store.
   */
  acquire(partition: number): Promise<{ readonly revision: number } | undefined>;
  /** True when the lease is still this process's and lives on; false when it certainly is not; rejects when unknown. */
  renew(partition: number): Promise<boolean>;
  /** Ends the lease at once and tells the others; does nothing when it is not this process's. */
  release(partition: number): Promise<void>;
  /** Calls `tell` when another host has given something back. Some may be missed; the tick finds them. */
  onFreed(tell: () => void): () => void;
}
