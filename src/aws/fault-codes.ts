/** Which fault type a provider's error code means. Ours wins over the SDK's own lists: those call quota codes throttling. */
import type { FaultType } from '../../machines/messages.ts';

/** Exact codes, grouped by what follows from them. Prefixes `Client.` and `Server.` are stripped before the look-up. */
const exactByType: Partial<Record<FaultType, readonly string[]>> = {
  RateLimit: [
    'RequestLimitExceeded',
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'RequestThrottled',
    'RequestThrottledException',
    'EC2ThrottledException',
    'TooManyRequestsException',
    'TooManyUpdates',
    'SlowDown',
    'BandwidthLimitExceeded',
    'PriorRequestNotComplete',
    'ProvisionedThroughputExceededException',
  ],
  CapacityShortage: [
    'InsufficientInstanceCapacity',
    'InsufficientHostCapacity',
    'InsufficientCapacity',
    'InsufficientCapacityOnHost',
    'InsufficientReservedInstanceCapacity',
    'InsufficientVolumeCapacity',
    'InsufficientFreeAddressesInSubnet',
    'SpotMaxPriceTooLow',
    'UnfulfillableCapacity',
  ],
  QuotaExceeded: [
    'InstanceLimitExceeded',
    'VcpuLimitExceeded',
    'VolumeLimitExceeded',
    'MaxSpotInstanceCountExceeded',
    'MaxIOPSLimitExceeded',
    'AttachmentLimitExceeded',
    'SnapshotLimitExceeded',
    // Waits for its turn where it is asked for; too many at once say nothing against the service.
    'ConcurrentSnapshotLimitExceeded',
    'SnapshotCreationPerVolumeRateExceeded',
    'ResourceLimitExceeded',
    'AddressLimitExceeded',
    'ServiceQuotaExceededException',
  ],
  Unauthorized: [
    'UnauthorizedOperation',
    'AuthFailure',
    'AccessDenied',
    'AccessDeniedException',
    'InvalidClientTokenId',
    'UnrecognizedClientException',
    'MissingAuthenticationToken',
    'OptInRequired',
    'Blocked',
    'PendingVerification',
    // Raised by the SDK before anything is sent: the chain found nobody.
    'CredentialsProviderError',
    'TokenProviderError',
  ],
  NotSupported: [
    'Unsupported',
    'UnsupportedOperation',
    'UnsupportedOperationException',
    'UnsupportedInstanceAttribute',
    'InvalidAction',
    'UnknownOperationException',
  ],
  NotFound: [
    'NotFound',
    'ParameterNotFound',
    'InvocationDoesNotExist',
    'ResourceNotFoundException',
    'InvalidGroup.NotFound',
    'InvalidPermission.NotFound',
    'InvalidKeyPair.NotFound',
    'NoSuchEntity',
  ],
  InvalidSpec: [
    'InvalidParameter',
    'InvalidParameterValue',
    'InvalidParameterCombination',
    'InvalidParameterDependency',
    'MissingParameter',
    'UnknownParameter',
    'ValidationException',
    'ValidationError',
    'InvalidInstanceType',
    'InvalidVolume.ZoneMismatch',
    // A bug of ours: one token must always go with one request. Never repeated, somebody has to look.
    'IdempotentParameterMismatch',
    // SSM says so of an instance without a running agent; see `agentNotYet`.
    'InvalidInstanceId',
    'MaxDocumentSizeExceeded',
    'InvalidParameters',
  ],
  Conflict: [
    'IncorrectInstanceState',
    'IncorrectState',
    'VolumeInUse',
    'DependencyViolation',
    'OperationNotPermitted',
    'ConditionalCheckFailedException',
    'ResourceInUseException',
    'ParameterAlreadyExists',
    'EntityAlreadyExists',
    'InvalidGroup.Duplicate',
    'InvalidPermission.Duplicate',
    // A trial that would have worked: an answer, and no failure of the service.
    'DryRunOperation',
  ],
  Retryable: [
    'InternalError',
    'InternalFailure',
    'InternalServerError',
    // A wrong clock or stale credentials: the session takes fresh ones for the next try, and tries are bounded.
    'RequestExpired',
    'RequestTimeTooSkewed',
    'RequestInTheFuture',
    'SignatureDoesNotMatch',
    'ExpiredToken',
    'ExpiredTokenException',
    'ECONNRESET',
    'EPIPE',
    'ENOTFOUND',
    'EAI_AGAIN',
  ],
  Unavailable: [
    'Unavailable',
    'ServiceUnavailable',
    'ServiceUnavailableException',
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ],
  Timeout: ['TimeoutError', 'RequestTimeout', 'RequestTimeoutException', 'ETIMEDOUT'],
};

const exact = new Map(
  Object.entries(exactByType).flatMap(([type, codes]) =>
    codes.map((code) => [code, type as FaultType] as const),
  ),
);

/** Families of codes, tried in order after the exact ones. */
const patterns: readonly (readonly [RegExp, FaultType])[] = [
  [/\.NotFound$/, 'NotFound'],
  [/\.Duplicate$/, 'Conflict'],
  [/\.InUse$/, 'Conflict'],
  [/\.Malformed$|^Malformed/, 'InvalidSpec'],
  [/^InvalidUserData/, 'InvalidSpec'],
  [/LimitExceeded(Exception)?$/, 'QuotaExceeded'],
];

/** Every code the table knows by name; tests walk it. */
export const knownCodes: ReadonlyMap<string, FaultType> = exact;

/** EC2 answers the same code with and without these prefixes. */
export const plainCode = (code: string): string => code.replace(/^(Client|Server)\./, '');

export function typeOfCode(code: string): FaultType | undefined {
  return exact.get(code) ?? patterns.find(([pattern]) => pattern.test(code))?.[1];
}

export function typeOfStatus(status: number): FaultType | undefined {
  if (status === 401 || status === 403) return 'Unauthorized';
  if (status === 404) return 'NotFound';
  if (status === 409) return 'Conflict';
  if (status === 429) return 'RateLimit';
  if (status === 502 || status === 503) return 'Unavailable';
  if (status === 504) return 'Timeout';
  if (status >= 500) return 'Retryable';
  return undefined;
}

/** Last resort, for errors without code and status. */
const texts: readonly (readonly [RegExp, FaultType])[] = [
  [/throttl|rate exceeded/i, 'RateLimit'],
  [/timed? ?out/i, 'Timeout'],
  [/refused|service unavailable|no route/i, 'Unavailable'],
  [/reset|socket hang up|temporary failure/i, 'Retryable'],
];

export const typeOfText = (text: string): FaultType | undefined =>
  texts.find(([pattern]) => pattern.test(text))?.[1];

/** Connection never made, or refused on purpose: the call did nothing. */
export const refusedBeforeSending = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/** Types that are a definite no, whatever the status: InsufficientInstanceCapacity comes with 500. */
export const definiteRefusals: ReadonlySet<FaultType> = new Set<FaultType>([
  'RateLimit',
  'CapacityShortage',
  'QuotaExceeded',
  'Unauthorized',
  'NotSupported',
  'InvalidSpec',
  'NotFound',
  'Conflict',
]);
