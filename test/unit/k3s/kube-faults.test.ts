import { describe, expect, it } from 'vitest';
import { faultOfKubectl, faultOfRefusal, faultOfThrown } from '../../../src/k3s/kube-faults.ts';
import { kubeBreakerKey } from '../../../src/k3s/kube-call-rules.ts';
import { rowOf } from '../../../machines/breaker-rules.ts';
import { callPolicies } from '../../../machines/limits.ts';

const named = (code: string, message = 'words') => Object.assign(new Error(message), { code });

describe('what kubectl complains of', () => {
  it.each([
    ['Error from server (NotFound): volumereplications.x.io "db" not found', 'kube.notFound'],
    [
      'Error from server (NotFound): the server could not find the requested resource',
      'kube.notServed',
    ],
    ['Error from server (Conflict): the object has been modified; please', 'kube.conflict'],
    ['error: Apply failed with 1 conflict: conflict with "x": .spec.action', 'kube.conflict'],
    ['Error from server (Forbidden): pods is forbidden', 'kube.forbidden'],
    ['error: You must be logged in to the server (Unauthorized)', 'kube.unauthorized'],
    ['The VolumeReplication "db" is invalid: spec.x: Unsupported value', 'kube.invalid'],
    ['error: no matches for kind "NetworkFence" in version "v1"', 'kube.notServed'],
    ['Error from server (TooManyRequests): slow down', 'kube.throttled'],
    ['Error from server (ServiceUnavailable): the server is', 'kube.unavailable'],
    ['Unable to connect to the server: net/http: TLS handshake timeout', 'kube.timeout'],
  ])('%j is %s', (stderr, code) => {
    expect(faultOfKubectl(stderr).fault.code).toBe(code);
  });

  it('leaves open what happened, unless no connection came about', () => {
    const refused = 'The connection to the server 127.0.0.1:6443 was refused - did you';
    expect(faultOfKubectl(refused).fault).toMatchObject({
      ...{ code: 'kube.unreachable', mayHaveHappened: false },
    });
    for (const odd of ['', 'signal: killed', 'Unable to connect to the server: EOF'])
      expect(faultOfKubectl(odd).fault).toMatchObject({
        ...{ type: 'Unavailable', mayHaveHappened: true },
      });
  });
});

describe('what an API server refuses', () => {
  it('is an absent object only in its own words, not in those of a proxy', () => {
    const own = { status: 404, reason: 'NotFound', message: 'x "a" not found', objectName: 'a' };
    expect(faultOfRefusal(own).fault.type).toBe('NotFound');
    expect(faultOfRefusal({ status: 404, message: '404 page not found' }).fault).toMatchObject({
      ...{ type: 'NotSupported', code: 'kube.notServed' },
    });
  });

  it('keeps how long it asks to wait, and what may have happened', () => {
    expect(faultOfRefusal({ status: 429, retryAfterMs: 2_000 }).fault).toMatchObject({
      ...{ type: 'RateLimit', retryAfterMs: 2_000, mayHaveHappened: false },
    });
    expect(faultOfRefusal({ status: 500 }).fault).toMatchObject({
      ...{ type: 'Retryable', mayHaveHappened: true },
    });
    expect(faultOfRefusal({ status: 302 }).fault).toMatchObject({
      ...{ type: 'ProviderError', mayHaveHappened: true },
    });
  });
});

describe('what a connection throws', () => {
  it('happened only if it came about', () => {
    expect(faultOfThrown(named('ECONNREFUSED')).fault.mayHaveHappened).toBe(false);
    expect(faultOfThrown(named('ECONNRESET')).fault.mayHaveHappened).toBe(true);
    expect(faultOfThrown(named('DEPTH_ZERO_SELF_SIGNED_CERT')).fault).toMatchObject({
      ...{ type: 'Unauthorized', mayHaveHappened: false },
    });
  });

  it('is a time-out or a cancellation by the reason of its signal', () => {
    const timedOut = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    expect(faultOfThrown(named('ABORT_ERR'), timedOut).fault.type).toBe('Timeout');
    expect(faultOfThrown(named('ABORT_ERR'), AbortSignal.abort()).fault.type).toBe('Cancelled');
  });
});

it('gives each cluster a breaker of its own under the row of back ends, whatever it is called', () => {
  expect(kubeBreakerKey('nats/ssm')).toBe('backend/kube/nats.ssm');
  expect(rowOf(callPolicies, kubeBreakerKey('nats/ssm'))).toBe(callPolicies['backend']);
});
