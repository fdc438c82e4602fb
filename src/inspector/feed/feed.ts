/** The streams of all pages of this host: what the HTTP server mounts at `GET /api/stream` and `POST /api/stream/<sid>/view`. */
import type { MetricReading } from '../../../actors/metric-names.ts';
import type { Step } from '../../../actors/steps/step.ts';
import type { ApiProblem, FeedState, SessionInfo, ViewRequest } from '../api.ts';

/** Where a stream goes; a `ServerResponse` is one once its head is written (status 200, `streamHeaders`). */
export interface Sink {
  write(text: string): boolean;
  /** Bytes written that the client has not taken yet. */
  readonly writableLength: number;
  end(): void;
  /** Ends at once; what was not taken is lost. */
  destroy?(): void;
}

export const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const;

export interface StreamRequest {
  /** As `GET /api/session` tells it. */
  readonly session: SessionInfo;
  /** Whose stream it is, by login; views by any other are refused. */
  readonly login: string;
  /** Header `Last-Event-ID`; a page that makes its stream anew sends it as `?last=`. */
  readonly lastEventId?: string;
  /** `?focus=kind/namespace/name`, for a page that comes back. Default: none. */
  readonly focus?: string;
}

/** A refusal with its HTTP status. */
export interface Refused {
  readonly status: 400 | 404 | 429 | 503;
  readonly problem: ApiProblem;
}

export interface Stream {
  readonly sid: string;
  /** To be called when the connection is gone, whoever closed it. */
  close(): void;
}

export interface Feed {
  /** Writes `hello` and goes on until `close`. Nothing is written when refused. */
  open(request: StreamRequest, sink: Sink): Stream | Refused;
  /** Moves window and focus of a stream. */
  view(sid: string, login: string, request: ViewRequest): Refused | undefined;
  /** A step from the log, in its order. The index has to have it already. */
  take(step: Step): void;
  /** How fresh the log is. */
  setState(state: FeedState): void;
  /** Steps may have been missed, as after a lost consumer: clients are told to read again. */
  restart(because: string): void;
  /** For the metrics page. */
  readings(): readonly MetricReading[];
  /** `bye` to every stream, then their ends; later ones are refused. */
  close(): void;
}
