/** Every wire call since the process started, for assertions as "exactly one RunInstances". Holds no secrets. */
import type { WireCall } from './wire.ts';

interface LoggedCall {
  readonly seq: number;
  readonly atMs: number;
  readonly service: string;
  readonly op: string;
  readonly region: string;
  /** `owner`, or the instance whose role called. */
  readonly caller: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What the cloud answered, even if a fault kept the caller from seeing it. */
  readonly status: number;
  readonly code?: string;
  /** The act of the fault that met the call. */
  readonly fault?: string;
}

export interface CallLog {
  add(call: WireCall, result: Pick<LoggedCall, 'caller' | 'status' | 'code' | 'fault'>): void;
  /** The newest calls, oldest first. */
  list(filter: {
    readonly op?: string | undefined;
    readonly after?: number | undefined;
  }): LoggedCall[];
  clear(): void;
}

const callsMax = 20_000;

export function createCallLog(nowMs: () => number): CallLog {
  let calls: LoggedCall[] = [];
  let seq = 0;
  return {
    add: ({ service, op, region, parameters }, result) => {
      seq += 1;
      const call = { service, op, region, parameters: Object.fromEntries(parameters) };
      calls.push({ seq, atMs: nowMs(), ...call, ...result });
      // Cut in halves, so that a full log does not move all of itself on every call.
      if (calls.length > 2 * callsMax) calls = calls.slice(-callsMax);
    },
    list: ({ op, after = 0 }) =>
      calls.filter((call) => (op === undefined || call.op === op) && call.seq > after),
    clear: () => {
      calls = [];
    },
  };
}
