/** Turns whatever an AWS call throws into a fault that survives JSON: type, code, message, and whether it may have happened. */
import type { EffectFault, FaultType } from '../../machines/messages.ts';
import { bounds } from '../../machines/limits.ts';
import {
  definiteRefusals,
  plainCode,
  refusedBeforeSending,
  typeOfCode,
  typeOfStatus,
  typeOfText,
} from './fault-codes.ts';

/** What every adapter of this folder throws. Hosting recognises any thrown object with a `fault`. */
export class CloudFault extends Error {
  override readonly name = 'CloudFault';
  readonly fault: EffectFault;

  constructor(fault: EffectFault, cause?: unknown) {
    super(fault.message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/** A fault found by us, before or after a call. Nothing has happened unless said otherwise. */
export const ownFault = (
  type: FaultType,
  code: string,
  message: string,
  more: Partial<EffectFault> = {},
): CloudFault =>
  new CloudFault({ type, code, message: cut(message), mayHaveHappened: false, ...more });

/**
 * The fault of an error thrown by the SDK, by `fetch` or by us. Order of decision: a fault already, the signal of the
 * attempt, exact code, code family, HTTP status, text. Keeps code, status, request id and message; never the request.
 */
export function faultOf(error: unknown, signal?: AbortSignal): EffectFault {
  if (error instanceof CloudFault) return error.fault;
  const seen = readError(error);
  if (signal?.aborted === true || seen.codes.includes('AbortError')) return aborted(seen, signal);
  const code = seen.codes.find((each) => typeOfCode(each) !== undefined) ?? seen.codes[0];
  const type = typeOf(code, seen);
  const { status, requestId, retryAfterMs } = seen;
  return {
    type,
    code: code ?? (status === undefined ? 'Unknown' : `HTTP ${status}`),
    message: cut(seen.message),
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    mayHaveHappened: mayHaveHappened(type, code, status),
  };
}

function typeOf(code: string | undefined, { status, message }: SeenError): FaultType {
  const byCode = code === undefined ? undefined : typeOfCode(code);
  if (byCode !== undefined) return byCode;
  // 200 with an error is a reply cut short or unreadable: the call was received.
  if (status === 200) return 'Retryable';
  const byStatus = status === undefined ? undefined : typeOfStatus(status);
  return byStatus ?? typeOfText(message) ?? 'ProviderError';
}

function aborted(seen: SeenError, signal: AbortSignal | undefined): EffectFault {
  const reason: unknown = signal?.reason;
  const timedOut = reason instanceof Error && reason.name.includes('Timeout');
  return {
    type: timedOut ? 'Timeout' : 'Cancelled',
    code: timedOut ? 'TimeoutError' : 'AbortError',
    message: timedOut ? 'no answer within the time of this attempt' : cut(seen.message),
    mayHaveHappened: true,
  };
}

function mayHaveHappened(type: FaultType, code: string | undefined, status: number | undefined) {
  // Refused, but only because the token has launched something before.
  if (code === 'IdempotentParameterMismatch') return true;
  if (definiteRefusals.has(type)) return false;
  if (code !== undefined && refusedBeforeSending.has(code)) return false;
  return status === undefined || status < 400 || status >= 500;
}

interface SeenError {
  readonly codes: readonly string[];
  readonly message: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
}

/** Reads an error and its causes; plain `Error` as a name says nothing and is left out. */
function readError(error: unknown): SeenError {
  const codes: string[] = [];
  let message = '';
  let seen: Partial<SeenError> = {};
  for (let each = error, depth = 0; isObject(each) && depth < 4; each = each['cause'], depth += 1) {
    for (const key of ['name', 'code', 'Code']) {
      const value = each[key];
      if (typeof value === 'string' && !meaningless.has(value)) codes.push(plainCode(value));
    }
    if (message === '' && typeof each['message'] === 'string') message = each['message'];
    seen = { ...metadataOf(each), ...seen };
  }
  if (message === '') message = typeof error === 'string' ? error : (codes[0] ?? 'unknown error');
  return { codes: [...new Set(codes)], message, ...seen };
}
const meaningless = new Set(['Error', 'TypeError', 'SyntaxError', 'AggregateError', 'Unknown']);

function metadataOf(error: Record<string, unknown>): Partial<SeenError> {
  const metadata = isObject(error['$metadata']) ? error['$metadata'] : {};
  const { httpStatusCode, requestId } = metadata;
  const retryAfterMs = retryAfterOf(error['$response']);
  return {
    ...(typeof httpStatusCode === 'number' ? { status: httpStatusCode } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** `retry-after` in seconds or as a date, `x-amz-retry-after` in milliseconds; at most 10 minutes are believed. */
function retryAfterOf(response: unknown): number | undefined {
  if (!isObject(response) || !isObject(response['headers'])) return undefined;
  const headers = response['headers'];
  const exactMs = Number(headers['x-amz-retry-after'] ?? Number.NaN);
  const hint = headers['retry-after'];
  const seconds = Number(hint ?? Number.NaN);
  const untilMs = typeof hint === 'string' ? Date.parse(hint) - Date.now() : Number.NaN;
  const waitMs = [exactMs, seconds * 1_000, untilMs].find((each) => each > 0);
  return waitMs === undefined ? undefined : Math.min(Math.ceil(waitMs), 600_000);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const cut = (text: string): string =>
  text.length <= bounds.faultMessageChars
    ? text
    : `${text.slice(0, bounds.faultMessageChars - 1)}…`;

// ------------------------------------------------------------------------------------------ context rules

/** A bounded wait, not a missing thing: EC2 takes seconds to show everywhere what was just created or moved. */
export const notYet = (fault: EffectFault): EffectFault => ({
  ...fault,
  type: 'Retryable',
  mayHaveHappened: false,
});

const youngProfile = /invalid iam instance profile name|no associated iam roles/i;

/** RunInstances: a type its zone lacks is a capacity matter, a new profile or group needs seconds to be usable. */
export function launchFault(fault: EffectFault): EffectFault {
  if (fault.code === 'Unsupported')
    return { ...fault, type: 'CapacityShortage', mayHaveHappened: false };
  if (fault.code === 'InvalidParameterValue' && youngProfile.test(fault.message))
    return notYet(fault);
  return groupNotYet(fault);
}

/** A group made or found in the same operation may be unknown to the next server asked. */
export const groupNotYet = (fault: EffectFault): EffectFault =>
  fault.code === 'InvalidGroup.NotFound' ? notYet(fault) : fault;

/** Launched in the same operation: not there means not there yet. */
export const youngInstance = (fault: EffectFault): EffectFault =>
  fault.code === 'InvalidInstanceID.NotFound' ? notYet(fault) : fault;

/** SSM calls an instance invalid until its agent has registered (or when it is not running). */
export const agentNotYet = (fault: EffectFault): EffectFault =>
  fault.code === 'InvalidInstanceId' ? notYet(fault) : fault;

/** Right after a send the invocation may be unknown: not yet, which is not never. The command was sent, though. */
export const invocationNotYet = (fault: EffectFault): EffectFault =>
  fault.code === 'InvocationDoesNotExist'
    ? { ...fault, type: 'Retryable', mayHaveHappened: true }
    : fault;

/** Runs a call whose fault means something else here. */
export async function inContext<T>(
  rule: (fault: EffectFault) => EffectFault,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof CloudFault)) throw error;
    const fault = rule(error.fault);
    throw fault === error.fault ? error : new CloudFault(fault, error);
  }
}

/** Runs a call for which some codes mean that the work is done already; those resolve to `undefined`. */
export async function unlessDone<T>(
  codes: readonly string[],
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof CloudFault && codes.includes(error.fault.code)) return undefined;
    throw error;
  }
}
