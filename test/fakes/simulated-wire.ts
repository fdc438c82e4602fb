/** What lies between a caller and the simulated EC2 in process: the SDK's habits, its errors, and trouble by rules. */
import { AwsError } from '../../src/simulator/errors.ts';
import type { FaultAct } from '../../src/simulator/faults.ts';
import type { WireCall } from '../../src/simulator/wire.ts';

/** The SDK fills the token of these per send: whoever gives none gets a fresh one each time. */
const tokenFilled = new Set(['createVolume', 'copyVolumes', 'runInstances']);

export function withToken(name: string, input: object, fill: () => string): object {
  if (!tokenFilled.has(name) || 'ClientToken' in input) return input;
  return { ...input, ClientToken: fill() };
}

/** Parameters spelled by the SDK's members, `Filters.1.Name`; rules that match by `*` meet both this and the wire. */
export function wireCallOf(region: string, name: string, input: object): WireCall {
  const parameters = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (value === undefined || value === null) return;
    if (typeof value === 'object') {
      for (const [key, item] of Object.entries(value)) {
        const step = Array.isArray(value) ? String(Number(key) + 1) : key;
        walk(item, path === '' ? step : `${path}.${step}`);
      }
    } else parameters.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  };
  walk(input, '');
  const zone = parameters.get('AvailabilityZone');
  if (zone !== undefined) parameters.set('zone', zone);
  const op = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return { service: 'ec2', op, region, accessKeyId: 'AKIASIMULATED', parameters, body: '' };
}

interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

/** An error as the SDK throws it. */
export function asThrown({ code, status, message }: Refusal, retryAfterSeconds?: number): Error {
  return Object.assign(new Error(message), {
    name: code,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status, requestId: 'simulated', attempts: 1 },
    ...(retryAfterSeconds === undefined
      ? {}
      : { $response: { headers: { 'retry-after': String(retryAfterSeconds) } } }),
  });
}

export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && '$metadata' in error;

function hungUp(status?: number): Error {
  return Object.assign(new Error('socket hang up'), {
    code: 'ECONNRESET',
    $metadata: { attempts: 1, ...(status === undefined ? {} : { httpStatusCode: status }) },
  });
}

/** What a troubled call can do. */
export interface Reach {
  /** Does the call now. @throws what the SDK throws for a refusal */
  now(): unknown;
  /** Does the call in so many simulated milliseconds, whatever becomes of its caller. */
  later(ms: number): void;
  /** Notes that nothing was done. */
  undone(status: number): void;
  /** Ends after so much time of the clock, or with the signal, which it throws. */
  pause(ms: number): Promise<void>;
  /** How long the caller waits for an answer that never comes. */
  readonly answerMs: number;
}

/** The answer of a call that a rule meets. @throws errors as the SDK throws them */
export async function troubled(act: FaultAct, reach: Reach): Promise<unknown> {
  switch (act.kind) {
    case 'error':
      reach.undone(act.status);
      throw asThrown(act, act.retryAfterSeconds);
    case 'hangupBefore':
    case 'rst':
      reach.undone(0);
      throw hungUp();
    case 'hold':
      reach.undone(0);
      return noAnswer(reach);
    case 'html500':
      reach.undone(500);
      throw asThrown({ code: 'UnknownError', status: 500, message: 'UnknownError' });
    case 'late':
      reach.undone(503);
      reach.later(act.ms);
      if (act.reply === 'none') return noAnswer(reach);
      throw asThrown(new AwsError('ServiceUnavailable', 'The service is unavailable. Try again.'));
    default:
      return lost(act, reach.now(), reach);
  }
}

type Done = Exclude<
  FaultAct,
  { kind: 'error' | 'hangupBefore' | 'rst' | 'hold' | 'html500' | 'late' }
>;

/** The call is done; what its caller hears of it. */
async function lost(act: Done, output: unknown, reach: Reach): Promise<unknown> {
  switch (act.kind) {
    case 'hangupAfter':
      throw hungUp();
    case 'cutBody':
      throw hungUp(200);
    case 'emptyBody':
      throw asThrown({ code: 'UnknownError', status: 200, message: 'the reply has no body' });
    case 'stall':
      return noAnswer(reach);
    case 'delay':
      await reach.pause(act.ms);
      return output;
    case 'dateSkew':
      return output;
  }
}

async function noAnswer({ pause, answerMs }: Reach): Promise<never> {
  await pause(answerMs);
  throw Object.assign(new Error('no answer within the time of this attempt'), {
    name: 'TimeoutError',
  });
}
