/** What page and service say to each other over HTTP and SSE. Types only: both sides import it. */
import type { Because, CommandHead, DryRun, Why } from '../../actors/explain/shape.ts';
import type { Kpi } from '../kpi/kpis.ts';
import type { Image, Importance, Row, Severity, Step } from '../../actors/steps/step.ts';

export type { Image, Importance, Kpi, Row, Severity, Step };

export type Role = 'viewer' | 'operator' | 'admin';

/** `GET /api/session`. */
export interface SessionInfo {
  readonly role: Role;
  /** Who the token stands for, as it goes into commands. */
  readonly user: string;
  readonly hostId: string;
  readonly version: string;
  /** Of the NATS installation. */
  readonly installation: string;
  /** Why commands cannot be sent now; empty when they can. */
  readonly readOnlyBecause: string;
}

/** Every refusal over HTTP. */
export interface ApiProblem {
  readonly code: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface Counts {
  readonly total: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  readonly byKind: Readonly<Record<string, number>>;
  /** Newest change that the index has taken in, wall time; 0 when none. */
  readonly asOfMs: number;
  /** How fresh all of this is. */
  readonly feed: FeedState;
}

export interface FeedState {
  readonly status: 'live' | 'reconnecting' | 'offline';
  /** Since when it is not live; 0 while live. */
  readonly sinceMs: number;
  /** Steps the server has stored and this host has not seen yet. */
  readonly lag: number;
}

export type Sort = 'severity' | 'name' | 'since' | 'state';

/** Rows and places of a list are no others'. */
export interface ListName {
  /** `kind:cluster state:failed ns:prod region:eu-* since:>20m words`. */
  readonly q: string;
  readonly sort: Sort;
}

export interface Window extends ListName {
  readonly offset: number;
  /** 1 to 200. */
  readonly limit: number;
}

/** `GET /api/actors?q=&sort=&offset=&limit=`. */
export interface RowsPage {
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly Row[];
  readonly facets: {
    readonly severity: Readonly<Record<string, number>>;
    readonly kind: Readonly<Record<string, number>>;
    readonly namespace: Readonly<Record<string, number>>;
  };
  readonly asOfMs: number;
}

/** `GET /api/actors/<kind>/<namespace>/<name>`. */
export interface ActorDetail {
  readonly row: Row;
  /** As it stands after step `row.seq`. */
  readonly image: Image;
  readonly hash: string;
  /** What `get` shows. Absent while the records cannot be read. */
  readonly view?: Readonly<Record<string, unknown>>;
  /** Commands that would be taken now, as verbs. */
  readonly allowed: readonly string[];
}

/** A step without its content, for lists. */
export type StepHead = Omit<Step, 'image' | 'patch' | 'row'>;

/** `GET /api/actors/<kind>/<namespace>/<name>/steps?before=&after=&limit=`: oldest first. */
export interface StepsPage {
  readonly uid: string;
  readonly steps: readonly StepHead[];
  /** Oldest and newest that are kept; 0 when none are. */
  readonly first: number;
  readonly last: number;
}

/** `GET /api/actors/<kind>/<namespace>/<name>/at/<seq>`. */
export interface At {
  readonly step: StepHead;
  readonly image: Image;
}

/**
 * `GET /api/actors/<kind>/<namespace>/<name>/why?verb=&arguments=` answers `Why`, the same as the query `why`;
 * `GET …/commands` answers `{items: CommandHead[]}`, as the query `commands`.
 * `POST …/dry-run {verb, arguments}` answers `DryRun`, as the query `dry-run` with `explain: true`.
 */
export type { Because, CommandHead, DryRun, Why };

/** `POST /api/commands`. */
export interface CommandRequest {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly verb: string;
  readonly arguments?: unknown;
  /** Made by the page before the first try; a repeat under the same id runs once. */
  readonly commandId: string;
  readonly ifRevision?: number;
  readonly reason?: string;
  /** The resource's name once more, of a breaker its key: needed where the verb is destructive. */
  readonly confirm?: string;
}

/** `GET /api/commands`. */
export interface CommandInfo {
  readonly kind: string;
  readonly verb: string;
  readonly help: string;
  /** JSON Schema 2020-12 of the arguments. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly destructive: boolean;
  readonly creating: boolean;
  readonly role: Role;
}

/** `GET /api/charts`: which charts there are, by hash. */
export interface ChartList {
  readonly roots: Readonly<Record<string, string>>;
  readonly hashes: readonly string[];
}

/** Events of the stream of a page, by name. `step` has the id `<epoch>-<n>`. */
export interface StreamEvents {
  readonly hello: { readonly sid: string; readonly epoch: string; readonly session: SessionInfo };
  readonly counts: Counts;
  /** What changed in the client's window; `applyRows` of `window.ts` turns the window before into the one after. */
  readonly rows: {
    readonly total: number;
    readonly offset: number;
    /** The list that the rows are of. Present in the first event of a window, which holds all of its rows. */
    readonly list?: ListName;
    /** Rows that the window did not hold before, whole. */
    readonly rows: readonly Row[];
    /** The window after, in order: a place in the window before, or -1 for the next of `rows`. Absent: as before. */
    readonly order?: readonly number[];
    /** Fields that changed, by place in the window after. */
    readonly changes?: readonly (readonly [number, Partial<Row>])[];
    /** Facets that changed, each whole. */
    readonly facets?: Partial<RowsPage['facets']> | undefined;
  };
  /** A step of the focused actor, content included. */
  readonly step: Step;
  /** Something was left out: read again. */
  readonly resync: { readonly because: string };
  readonly bye: { readonly retryMs: number };
}

/** `POST /api/stream/<sid>/view`. */
export interface ViewRequest {
  readonly window?: Window;
  /** `kind/namespace/name`; null for none. */
  readonly focus?: string | null;
  /** Only `counts` are wanted, as of a hidden tab. */
  readonly isHidden?: boolean;
}

/** `GET /api/audit?correlation=&q=&kind=&actor=&since=&until=&failed=1&limit=`: newest first. */
export interface AuditEntry {
  readonly atMs: number;
  readonly actor: string;
  readonly correlationId: string;
  readonly what: 'command' | 'step' | 'call' | 'event' | 'deadLetter';
  /** Event name, verb, or effect. */
  readonly name: string;
  readonly text: string;
  readonly isFailure: boolean;
  readonly importance: Importance;
  readonly by?: string;
  readonly ms?: number;
  /** Of the actor's steps, to jump there. */
  readonly seq?: number;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Entries that were looked through; older ones are not in them. */
  readonly sinceMs: number;
}

/** `GET /api/kpi`: figures of all hosts that answer; one without a value was not measured yet. */
export interface KpiPage {
  /** When the hosts were asked. */
  readonly atMs: number;
  /** Hosts that answered. */
  readonly hosts: readonly string[];
  readonly kpis: readonly Kpi[];
}

/**
 * `GET /api/map?group=region,kind`: groups with one cell per actor. In the binary form (`Accept: application/octet-stream`)
 * the body is a JSON head, a line feed, and one byte per actor in order: severity in bits 0–1 (index in `severities`).
 */
export interface MapHead {
  readonly groups: readonly {
    readonly name: string;
    /** Selects exactly this group; with `sort=name` row n is the group's cell n. */
    readonly q: string;
    readonly count: number;
  }[];
  readonly total: number;
  readonly asOfMs: number;
}
