import { describe, expect, it } from 'vitest';
import {
  agentNotYet,
  CloudFault,
  faultOf,
  groupNotYet,
  inContext,
  invocationNotYet,
  launchFault,
  ownFault,
  unlessDone,
} from '../../../src/aws/faults.ts';
import { knownCodes } from '../../../src/aws/fault-codes.ts';

/** As the SDK throws them. */
const answered = (name: string, status: number, message = `${name} happened`) =>
  Object.assign(new Error(message), {
    name,
    $fault: 'client',
    $metadata: { httpStatusCode: status, requestId: 'request-1' },
  });
const transport = (code: string, status?: number) =>
  Object.assign(new Error(`read ${code}`), {
    code,
    ...(status === undefined ? {} : { $metadata: { httpStatusCode: status } }),
  });

const table: readonly [string, number, string, boolean][] = [
  // code, HTTP status, type, may it have happened
  ['RequestLimitExceeded', 503, 'RateLimit', false],
  ['Client.RequestLimitExceeded', 503, 'RateLimit', false],
  ['Throttling', 400, 'RateLimit', false],
  ['ThrottlingException', 400, 'RateLimit', false],
  ['ThrottledException', 400, 'RateLimit', false],
  ['RequestThrottled', 400, 'RateLimit', false],
  ['RequestThrottledException', 400, 'RateLimit', false],
  ['EC2ThrottledException', 503, 'RateLimit', false],
  ['TooManyRequestsException', 429, 'RateLimit', false],
  ['TooManyUpdates', 400, 'RateLimit', false],
  ['SlowDown', 503, 'RateLimit', false],
  ['BandwidthLimitExceeded', 509, 'RateLimit', false],
  ['PriorRequestNotComplete', 400, 'RateLimit', false],
  ['ProvisionedThroughputExceededException', 400, 'RateLimit', false],
  ['InsufficientInstanceCapacity', 500, 'CapacityShortage', false],
  ['Server.InsufficientInstanceCapacity', 500, 'CapacityShortage', false],
  ['InsufficientHostCapacity', 500, 'CapacityShortage', false],
  ['InsufficientCapacity', 500, 'CapacityShortage', false],
  ['InsufficientCapacityOnHost', 400, 'CapacityShortage', false],
  ['InsufficientReservedInstanceCapacity', 400, 'CapacityShortage', false],
  ['InsufficientVolumeCapacity', 500, 'CapacityShortage', false],
  ['InsufficientFreeAddressesInSubnet', 400, 'CapacityShortage', false],
  ['SpotMaxPriceTooLow', 400, 'CapacityShortage', false],
  ['UnfulfillableCapacity', 500, 'CapacityShortage', false],
  ['InstanceLimitExceeded', 400, 'QuotaExceeded', false],
  ['VcpuLimitExceeded', 400, 'QuotaExceeded', false],
  ['VolumeLimitExceeded', 400, 'QuotaExceeded', false],
  ['MaxSpotInstanceCountExceeded', 400, 'QuotaExceeded', false],
  ['MaxIOPSLimitExceeded', 400, 'QuotaExceeded', false],
  ['AddressLimitExceeded', 400, 'QuotaExceeded', false],
  ['ServiceQuotaExceededException', 400, 'QuotaExceeded', false],
  ['AttachmentLimitExceeded', 400, 'QuotaExceeded', false],
  ['SnapshotLimitExceeded', 400, 'QuotaExceeded', false],
  ['ConcurrentSnapshotLimitExceeded', 400, 'QuotaExceeded', false],
  ['SnapshotCreationPerVolumeRateExceeded', 400, 'QuotaExceeded', false],
  ['ResourceLimitExceeded', 400, 'QuotaExceeded', false],
  ['ParameterLimitExceeded', 400, 'QuotaExceeded', false],
  ['LimitExceededException', 400, 'QuotaExceeded', false],
  ['UnauthorizedOperation', 403, 'Unauthorized', false],
  ['AuthFailure', 401, 'Unauthorized', false],
  ['AccessDenied', 403, 'Unauthorized', false],
  ['AccessDeniedException', 400, 'Unauthorized', false],
  ['InvalidClientTokenId', 403, 'Unauthorized', false],
  ['UnrecognizedClientException', 400, 'Unauthorized', false],
  ['MissingAuthenticationToken', 403, 'Unauthorized', false],
  ['OptInRequired', 401, 'Unauthorized', false],
  ['Blocked', 403, 'Unauthorized', false],
  ['PendingVerification', 400, 'Unauthorized', false],
  ['Unsupported', 400, 'NotSupported', false],
  ['UnsupportedOperation', 400, 'NotSupported', false],
  ['UnsupportedOperationException', 400, 'NotSupported', false],
  ['UnsupportedInstanceAttribute', 400, 'NotSupported', false],
  ['InvalidAction', 400, 'NotSupported', false],
  ['UnknownOperationException', 400, 'NotSupported', false],
  ['InvalidInstanceID.NotFound', 400, 'NotFound', false],
  ['InvalidGroup.NotFound', 400, 'NotFound', false],
  ['InvalidPermission.NotFound', 400, 'NotFound', false],
  ['InvalidKeyPair.NotFound', 400, 'NotFound', false],
  ['ParameterNotFound', 400, 'NotFound', false],
  ['InvocationDoesNotExist', 400, 'NotFound', false],
  ['ResourceNotFoundException', 400, 'NotFound', false],
  ['NoSuchEntity', 404, 'NotFound', false],
  ['NotFound', 404, 'NotFound', false],
  ['InvalidParameter', 400, 'InvalidSpec', false],
  ['InvalidParameters', 400, 'InvalidSpec', false],
  ['InvalidParameterValue', 400, 'InvalidSpec', false],
  ['InvalidParameterCombination', 400, 'InvalidSpec', false],
  ['InvalidParameterDependency', 400, 'InvalidSpec', false],
  ['MissingParameter', 400, 'InvalidSpec', false],
  ['UnknownParameter', 400, 'InvalidSpec', false],
  ['ValidationException', 400, 'InvalidSpec', false],
  ['ValidationError', 400, 'InvalidSpec', false],
  ['InvalidInstanceType', 400, 'InvalidSpec', false],
  ['InvalidVolume.ZoneMismatch', 400, 'InvalidSpec', false],
  ['InvalidInstanceId', 400, 'InvalidSpec', false],
  ['MaxDocumentSizeExceeded', 400, 'InvalidSpec', false],
  ['InvalidAMIID.Malformed', 400, 'InvalidSpec', false],
  ['MalformedQueryString', 404, 'InvalidSpec', false],
  ['InvalidUserData.Malformed', 400, 'InvalidSpec', false],
  // Refused only because the token launched something else before.
  ['IdempotentParameterMismatch', 400, 'InvalidSpec', true],
  ['IncorrectInstanceState', 400, 'Conflict', false],
  ['IncorrectState', 400, 'Conflict', false],
  ['VolumeInUse', 400, 'Conflict', false],
  ['InvalidSnapshot.InUse', 400, 'Conflict', false],
  ['DependencyViolation', 400, 'Conflict', false],
  ['OperationNotPermitted', 400, 'Conflict', false],
  ['ConditionalCheckFailedException', 400, 'Conflict', false],
  ['ResourceInUseException', 400, 'Conflict', false],
  ['ParameterAlreadyExists', 400, 'Conflict', false],
  ['EntityAlreadyExists', 409, 'Conflict', false],
  ['InvalidGroup.Duplicate', 400, 'Conflict', false],
  ['InvalidPermission.Duplicate', 400, 'Conflict', false],
  ['DryRunOperation', 412, 'Conflict', false],
  ['InternalError', 500, 'Retryable', true],
  ['InternalFailure', 500, 'Retryable', true],
  ['InternalServerError', 500, 'Retryable', true],
  ['RequestExpired', 400, 'Retryable', false],
  ['RequestTimeTooSkewed', 403, 'Retryable', false],
  ['RequestInTheFuture', 403, 'Retryable', false],
  ['SignatureDoesNotMatch', 403, 'Retryable', false],
  ['ExpiredToken', 400, 'Retryable', false],
  ['ExpiredTokenException', 400, 'Retryable', false],
  ['Unavailable', 503, 'Unavailable', true],
  ['ServiceUnavailable', 503, 'Unavailable', true],
  ['ServiceUnavailableException', 503, 'Unavailable', true],
  ['RequestTimeout', 400, 'Timeout', false],
  ['RequestTimeoutException', 500, 'Timeout', true],
  ['Unknown', 401, 'Unauthorized', false],
  ['Unknown', 403, 'Unauthorized', false],
  ['Unknown', 409, 'Conflict', false],
  ['Unknown', 429, 'RateLimit', false],
  ['Unknown', 500, 'Retryable', true],
  ['Unknown', 502, 'Unavailable', true],
  ['Unknown', 503, 'Unavailable', true],
  ['Unknown', 504, 'Timeout', true],
  ['NeverHeardOf', 400, 'ProviderError', false],
  ['NeverHeardOf', 500, 'Retryable', true],
];

describe('faults of replies', () => {
  it.each(table)('%s with HTTP %i is %s, may have happened: %s', (code, status, type, happened) => {
    const fault = faultOf(answered(code, status));
    expect(fault).toMatchObject({ type, mayHaveHappened: happened, requestId: 'request-1' });
    if (code !== 'Unknown') expect(fault.code).toBe(code.replace(/^(Client|Server)\./, ''));
  });

  it('has a row above for every code it knows [R-14]', () => {
    const transportCodes = /^(E[A-Z_]+|TimeoutError|(Credentials|Token)ProviderError)$/;
    const rows = new Set(table.map(([code]) => code));
    const missing = [...knownCodes.keys()].filter((code) => !rows.has(code));
    expect(missing.filter((code) => !transportCodes.test(code))).toEqual([]);
  });
});

describe('faults of the transport', () => {
  it.each([
    ['ECONNRESET', 'Retryable', true],
    ['EPIPE', 'Retryable', true],
    ['ENOTFOUND', 'Retryable', false],
    ['EAI_AGAIN', 'Retryable', false],
    ['ECONNREFUSED', 'Unavailable', false],
    ['EHOSTUNREACH', 'Unavailable', true],
    ['ENETUNREACH', 'Unavailable', true],
    ['ETIMEDOUT', 'Timeout', true],
  ])('%s is %s, may have happened: %s', (code, type, happened) => {
    expect(faultOf(transport(code))).toMatchObject({ type, code, mayHaveHappened: happened });
  });

  it('calls a hang-up that the SDK names TimeoutError a time-out that may have happened', () => {
    const hangup = Object.assign(transport('ECONNRESET'), { name: 'TimeoutError' });
    expect(faultOf(hangup)).toMatchObject({ type: 'Timeout', mayHaveHappened: true });
  });

  it('calls a cut body and an unreadable reply retryable and possibly done', () => {
    expect(faultOf(transport('ECONNRESET', 200))).toMatchObject({
      type: 'Retryable',
      mayHaveHappened: true,
    });
    const unreadable = Object.assign(new SyntaxError('Unexpected token <'), {
      $metadata: { httpStatusCode: 200 },
    });
    expect(faultOf(unreadable)).toMatchObject({ type: 'Retryable', mayHaveHappened: true });
  });

  it('finds the code in the cause of a failed fetch [R-08] [V-05]', () => {
    const error = new TypeError('fetch failed', { cause: transport('ECONNREFUSED') });
    expect(faultOf(error)).toMatchObject({ type: 'Unavailable', code: 'ECONNREFUSED' });
  });

  it('says Unauthorized when no credentials are found', () => {
    const error = Object.assign(new Error('Could not load credentials'), {
      name: 'CredentialsProviderError',
    });
    expect(faultOf(error)).toMatchObject({ type: 'Unauthorized', mayHaveHappened: false });
  });

  it('falls back to the text of an error without code and status', () => {
    expect(faultOf(new Error('socket hang up')).type).toBe('Retryable');
    expect(faultOf(new Error('Rate exceeded')).type).toBe('RateLimit');
    expect(faultOf('nonsense').type).toBe('ProviderError');
    expect(faultOf(undefined)).toMatchObject({ type: 'ProviderError', message: 'unknown error' });
  });

  it('tells an attempt that ran out of time from one that was called off', () => {
    const abort = Object.assign(new Error('Request aborted'), { name: 'AbortError' });
    const late = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    expect(faultOf(abort, late)).toMatchObject({ type: 'Timeout', mayHaveHappened: true });
    expect(faultOf(abort)).toMatchObject({ type: 'Cancelled', mayHaveHappened: true });
    // A body cut by our own abort arrives as a reset.
    expect(faultOf(transport('ECONNRESET'), late).type).toBe('Timeout');
  });
});

describe('what a fault carries', () => {
  it('cuts messages at 300 characters', () => {
    expect(faultOf(answered('InternalError', 500, 'x'.repeat(900))).message).toHaveLength(300);
  });

  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'x-amz-retry-after': '250' }, 250],
    [{ 'retry-after': '99999' }, 600_000],
    [{ 'retry-after': 'soon' }, undefined],
  ])('reads the hint %j as %s ms', (headers, retryAfterMs) => {
    const error = Object.assign(answered('RequestLimitExceeded', 503), { $response: { headers } });
    expect(faultOf(error).retryAfterMs).toBe(retryAfterMs);
  });

  it('survives JSON [V-04]', () => {
    const fault = faultOf(answered('VcpuLimitExceeded', 400));
    expect(JSON.parse(JSON.stringify(fault))).toEqual(fault);
  });
});

describe('rules of context', () => {
  const asFault = (code: string, message?: string) => faultOf(answered(code, 400, message));

  it('calls a type that its zone lacks a capacity matter at a launch', () => {
    expect(launchFault(asFault('Unsupported'))).toMatchObject({ type: 'CapacityShortage' });
  });

  it.each(['Value (web) … Invalid IAM Instance Profile name', 'it has no associated IAM Roles'])(
    'waits for a young profile: %s',
    (message) => {
      const fault = launchFault(asFault('InvalidParameterValue', message));
      expect(fault).toMatchObject({ type: 'Retryable', mayHaveHappened: false });
    },
  );

  it('keeps other refusals of a launch as they are', () => {
    const fault = asFault('InvalidParameterValue', 'Invalid availability zone');
    expect(launchFault(fault)).toBe(fault);
  });

  it('waits for groups, agents and invocations that are not seen yet', () => {
    expect(groupNotYet(asFault('InvalidGroup.NotFound')).type).toBe('Retryable');
    expect(agentNotYet(asFault('InvalidInstanceId')).type).toBe('Retryable');
    expect(invocationNotYet(asFault('InvocationDoesNotExist'))).toMatchObject({
      type: 'Retryable',
      mayHaveHappened: true,
    });
  });

  it('takes codes that mean done for success, and lets all others rise', async () => {
    const call = () => Promise.reject(ownFault('NotFound', 'ParameterNotFound', 'gone'));
    await expect(unlessDone(['ParameterNotFound'], call)).resolves.toBeUndefined();
    await expect(unlessDone(['Other'], call)).rejects.toBeInstanceOf(CloudFault);
    await expect(inContext((fault) => fault, call)).rejects.toMatchObject({
      fault: { code: 'ParameterNotFound' },
    });
  });
});
