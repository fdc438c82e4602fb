/** A step: what one committed write changed in an actor, as the inspector shows it. Plain data, redacted, no secrets. */

/** One machine as it stands: the root, or one below it. Promises have no `value`. */
export interface Image {
  /** Source name below a parent (`node`, `operation`); the kind at the root. */
  readonly src: string;
  readonly status: string;
  /** State value as XState has it. */
  readonly value?: unknown;
  readonly context?: Readonly<Record<string, unknown>>;
  /** By child id. */
  readonly children: Readonly<Record<string, Image>>;
}

export type Path = readonly string[];

/** From one JSON document to the next. Deletions come first; lists are replaced whole; `[]` is the document itself. */
export interface Patch {
  readonly set: readonly (readonly [Path, unknown])[];
  readonly del: readonly Path[];
}

/** What one machine of the tree went through, in order. */
export interface Taken {
  /** Child ids from the root, joined by `/`; empty for the root. */
  readonly path: string;
  /** Event type as the machine got it. */
  readonly event: string;
  /** Ids of `actors/chart-edges.ts`; none where the machine took the event without moving. */
  readonly edges: readonly string[];
}

export const severities = ['failing', 'changing', 'healthy', 'unknown'] as const;
export type Severity = (typeof severities)[number];

/** One line of the fleet's index, at most 300 bytes or so. */
export interface Row {
  /** `kind/namespace/name`. */
  readonly actor: string;
  readonly uid: string;
  /** Readable state path, as in `get`. */
  readonly state: string;
  readonly severity: Severity;
  /** Wall time it came to this state. */
  readonly sinceMs: number;
  /** Why it stands so, in a line; empty when there is nothing to say. */
  readonly reason: string;
  readonly revision: number;
  readonly seq: number;
  readonly host: string;
  /** Where it is, for grouping; empty when it is nowhere. */
  readonly region: string;
  /** The state usually ends within this time; 0 when it may last. */
  readonly expectedMs: number;
  /** The resource is gone for good. */
  readonly isGone: boolean;
}

/** How much it says: a command was taken, the chart moved, or only numbers changed (probe ticks and the like). */
export type Importance = 'command' | 'change' | 'tick';

export interface Step {
  /** 1, 2, 3 … in one life (uid); a number that is missing was never told. */
  readonly seq: number;
  /** Of the record that holds it. */
  readonly revision: number;
  readonly atMs: number;
  readonly actor: string;
  readonly uid: string;
  /** Hash of the root machine's chart. */
  readonly hash: string;
  /** True for a state found in store: what led to it was not told. */
  readonly isRestored: boolean;
  readonly taken: readonly Taken[];
  /** Readable state path after it. */
  readonly state: string;
  readonly importance: Importance;
  readonly correlationId: string;
  /** The command whose turn it was; absent for timers, results and observations. */
  readonly command?: { readonly id: string; readonly verb: string; readonly by?: string };
  readonly host: string;
  readonly fence: number;
  readonly row: Row;
  /** All of it: in the first step of a life, in every 50th, and after a gap. */
  readonly image?: Image;
  /** From the step before; absent where `image` is there. */
  readonly patch?: Patch;
}
