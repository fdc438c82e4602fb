/** What a Kubernetes API, kubectl or the way there said, as faults: type, code, message, and whether it may have happened. */
import type { EffectFault, FaultType } from '../../machines/messages.ts';
import { bounds } from '../../machines/limits.ts';
import { issueExpired } from '../../machines/replication-effects.ts';

/** What the Kubernetes adapters throw. Hosting recognises any thrown object with a `fault`. */
export class KubeFault extends Error {
  override readonly name = 'KubeFault';
  readonly fault: EffectFault;

  constructor(fault: EffectFault, cause?: unknown) {
    super(fault.message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/** Nothing has happened unless said otherwise. */
export function kubeFault(
  type: FaultType,
  code: string,
  message: string,
  more: Partial<EffectFault> = {},
): KubeFault {
  const max = bounds.faultMessageChars;
  const cut = message.length <= max ? message : `${message.slice(0, max - 1)}…`;
  return new KubeFault({ type, code, message: cut, mayHaveHappened: false, ...more });
}

interface Meaning {
  readonly type: FaultType;
  readonly code: string;
  readonly mayHaveHappened?: boolean;
}

/** By the reason of a Status; kubectl prints the same words in brackets. */
const byReason: Readonly<Record<string, Meaning>> = {
  NotFound: { type: 'NotFound', code: 'kube.notFound' },
  Conflict: { type: 'Conflict', code: 'kube.conflict' },
  AlreadyExists: { type: 'Conflict', code: 'kube.conflict' },
  Invalid: { type: 'InvalidSpec', code: 'kube.invalid' },
  BadRequest: { type: 'InvalidSpec', code: 'kube.invalid' },
  RequestEntityTooLarge: { type: 'InvalidSpec', code: 'kube.invalid' },
  Unauthorized: { type: 'Unauthorized', code: 'kube.unauthorized' },
  Forbidden: { type: 'Unauthorized', code: 'kube.forbidden' },
  MethodNotAllowed: { type: 'NotSupported', code: 'kube.notServed' },
  NotAcceptable: { type: 'NotSupported', code: 'kube.notServed' },
  UnsupportedMediaType: { type: 'NotSupported', code: 'kube.notServed' },
  Gone: { type: 'Retryable', code: 'kube.expired' },
  Expired: { type: 'Retryable', code: 'kube.expired' },
  TooManyRequests: { type: 'RateLimit', code: 'kube.throttled' },
  ServiceUnavailable: { type: 'Unavailable', code: 'kube.unavailable', mayHaveHappened: true },
  Timeout: { type: 'Timeout', code: 'kube.timeout', mayHaveHappened: true },
  ServerTimeout: { type: 'Timeout', code: 'kube.timeout', mayHaveHappened: true },
  InternalError: { type: 'Retryable', code: 'kube.serverError', mayHaveHappened: true },
};

const reasonOfStatus: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** `code` of the fault that means: the API itself says that there is no such object. */
export const objectAbsent = 'kube.notFound';

export interface Refusal {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /** Name of the object that is not there; a kind that is not served has none. */
  readonly objectName?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** A proxy on the way answers with bare statuses: only the words of the API itself make an object absent. */
export function faultOfRefusal(refusal: Refusal): KubeFault {
  const { status, reason, message, objectName, retryAfterMs } = refusal;
  const word = reason !== undefined && reason in byReason ? reason : reasonOfStatus[status];
  const said = message === undefined || message === '' ? `HTTP ${status}` : message;
  if (word === 'NotFound' && (objectName === undefined || objectName === ''))
    return kubeFault('NotSupported', 'kube.notServed', `the cluster does not serve this: ${said}`);
  const meaning = byReason[word ?? ''] ?? {
    ...{ type: 'ProviderError' as const, code: 'kube.unexpected' },
    mayHaveHappened: status < 400 || status >= 500,
  };
  return kubeFault(meaning.type, meaning.code, said, {
    mayHaveHappened: meaning.mayHaveHappened ?? false,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

const inBrackets = /^Error from server \((\w+)\): (.*)$/m;
const absentObject = /^\S+ "([^"]+)" not found/;
/** What kubectl prints without a reason. */
const byText: readonly (readonly [RegExp, string])[] = [
  [/must be logged in to the server|\(Unauthorized\)/, 'Unauthorized'],
  [/Apply failed with \d+ conflicts?|the object has been modified/, 'Conflict'],
  [/ is invalid: |unknown field|error validating|strict decoding/, 'Invalid'],
  [/no matches for kind|doesn't have a resource type/, 'MethodNotAllowed'],
  [/currently unable to handle the request/, 'ServiceUnavailable'],
  [
    /request timed out|deadline exceeded|Client\.Timeout|i\/o timeout|TLS handshake timeout/,
    'Timeout',
  ],
];
/** Refused before a request could be sent. */
const notConnected =
  /was refused|connection refused|no route to host|no such host|network is unreachable|certificate/;

/** @param stderr  what kubectl printed when it ended with a code other than 0 */
export function faultOfKubectl(stderr: string): KubeFault {
  const [, reason = '', said = ''] = inBrackets.exec(stderr) ?? [];
  if (reason === 'NotFound')
    return faultOfRefusal({ status: 404, message: said, objectName: absentObject.exec(said)?.[1] });
  if (reason in byReason)
    return faultOfRefusal({ status: 0, reason, message: said, objectName: 'x' });
  const text = stderr.trim().split('\n').slice(0, 3).join(' ');
  const found = byText.find(([pattern]) => pattern.test(stderr))?.[1];
  if (found !== undefined) return faultOfRefusal({ status: 0, reason: found, message: text });
  if (notConnected.test(stderr)) return kubeFault('Unavailable', 'kube.unreachable', text);
  return kubeFault('Unavailable', 'kube.unreachable', text === '' ? 'kubectl said nothing' : text, {
    mayHaveHappened: true,
  });
}

const neverConnected = new Set(
  'ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH'.split(' '),
);

/** Whatever a request of our own threw: the connection, the signal, or a fault already. */
export function faultOfThrown(thrown: unknown, signal?: AbortSignal): KubeFault {
  if (thrown instanceof KubeFault) return thrown;
  const { name, message, code } = wordsOf(thrown);
  if (signal?.aborted === true || name === 'AbortError') {
    const isTimeout = wordsOf(signal?.reason).name.includes('Timeout');
    return new KubeFault(
      {
        type: isTimeout ? 'Timeout' : 'Cancelled',
        code: isTimeout ? 'kube.timeout' : 'kube.cancelled',
        message: isTimeout ? 'the API server gave no answer in time' : 'the call was cancelled',
        mayHaveHappened: true,
      },
      thrown,
    );
  }
  // Node's words for a certificate that does not fit are codes; nothing was sent then.
  if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_(GET|VERIFY)/.test(code))
    return kubeFault(
      'Unauthorized',
      'kube.certificate',
      `the API server's certificate: ${message}`,
    );
  return kubeFault('Unavailable', 'kube.unreachable', message === '' ? code : message, {
    mayHaveHappened: !neverConnected.has(code),
  });
}

function wordsOf(thrown: unknown): { name: string; message: string; code: string } {
  if (!(thrown instanceof Error)) return { name: '', message: String(thrown), code: '' };
  const { code } = thrown as { code?: unknown };
  return {
    ...{ name: thrown.name, message: thrown.message },
    code: typeof code === 'string' ? code : '',
  };
}

/** Found before anything was sent; only whoever ordered the change may order it anew. */
export const expired = (): KubeFault =>
  kubeFault('Cancelled', issueExpired, 'the time to begin this change has passed', {
    retryable: false,
  });
