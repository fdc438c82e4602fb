/** What the server is made of: ports to the fleet's index, to NATS and to the host, so that it can be tried alone. */
import type {
  ApiProblem,
  At,
  ChartList,
  CommandInfo,
  CommandRequest,
  DryRun,
  Row,
  RowsPage,
  StepsPage,
  Why,
  Window,
} from '../api.ts';
import type { Feed } from '../feed/feed.ts';
import type { FleetMap } from '../index/map.ts';

export interface ActorKey {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The fleet as this host has it in memory; it answers while NATS is down. */
export interface Fleet {
  /** @throws Refusal 400 for a query that cannot be read */
  rows(window: Window): RowsPage;
  /** Undefined when no such actor is known. */
  detail(actor: string): { readonly row: Row; readonly at?: At } | undefined;
  /**
   * @param group  words separated by commas, such as `region,kind`
   * @throws Refusal 400 for one that is not known
   */
  map(group: string): FleetMap;
}

/** Steps as they are kept; rejects while they cannot be read. */
export interface Steps {
  page(
    key: ActorKey,
    uid: string,
    range: { readonly before?: number; readonly after?: number; readonly limit: number },
  ): Promise<StepsPage>;
  /** Undefined when that step is not kept. */
  at(key: ActorKey, uid: string, seq: number): Promise<At | undefined>;
}

export interface Asking extends ActorKey {
  readonly verb: string;
  readonly arguments?: unknown;
}

/** A refusal of the service, with the status it has over HTTP. */
export interface ServiceProblem extends ApiProblem {
  readonly status: number;
}

export type Sent =
  | { readonly ok: true; readonly commandId: string; readonly [field: string]: unknown }
  | { readonly ok: false; readonly commandId: string; readonly problem: ServiceProblem };

/** One newest message of a stream, as it lies there. */
export interface Message {
  readonly subject: string;
  readonly atMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What the service answers over NATS. Questions reject with a {@link Refusal}. */
export interface Service {
  /** Why nothing can be sent now; empty when it can. */
  readOnlyBecause(): string;
  send(command: CommandRequest & { readonly by: string }): Promise<Sent>;
  ask(question: Asking): Promise<Readonly<Record<string, unknown>>>;
  askAll(question: Asking): Promise<readonly Readonly<Record<string, unknown>>[]>;
  why(question: Asking): Promise<Why>;
  dryRun(question: Asking): Promise<DryRun>;
  /** The newest of a stream behind a time, newest first. */
  newest(
    stream: 'events' | 'steps' | 'deadLetters',
    range: { readonly sinceMs: number; readonly countMax: number },
  ): Promise<readonly Message[]>;
}

export interface Charts {
  list(): ChartList;
  /** Chart and layout as JSON text; undefined for an unknown hash. */
  text(hash: string): string | undefined;
}

/** How the host fares, as its health server tells it. */
export interface Health {
  whole(isVerbose: boolean): { readonly status: number; readonly body: object };
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface Parts {
  readonly hostId: string;
  readonly version: string;
  readonly installation: string;
  readonly feed: Feed;
  readonly fleet: Fleet;
  readonly steps: Steps;
  readonly service: Service;
  readonly charts: Charts;
  readonly health: Health;
  readonly commands: readonly CommandInfo[];
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}
