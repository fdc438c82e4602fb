import { sharedCalls } from '../../fakes/shared-calls.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAws } from '../../../src/aws/cloud.ts';
import { httpPool } from '../../../machines/limits.ts';
import { createSessions } from '../../../src/aws/session.ts';
import { attempt, capture, faultFrom, scope, simulated } from './captured.ts';

const script = { render: () => '', parse: () => ({ ok: true, code: 'ok' }) };
const { endpoint = '' } = simulated;

afterEach(() => vi.unstubAllEnvs());

/** A server that answers with half a body, byte by byte, or with a whole one. */
async function stalling(how: { byteEveryMs?: number; requestMs?: number; isWhole?: boolean }) {
  const seen = { requests: 0, connections: 0 };
  const server = createServer((_request, reply) => {
    seen.requests += 1;
    reply.writeHead(200);
    if (how.isWhole === true) reply.end('<DescribeVpcsResponse></DescribeVpcsResponse>');
    else reply.write('<DescribeVpcsResponse>');
    if (how.byteEveryMs === undefined) return;
    const timer = setInterval(() => reply.write(' '), how.byteEveryMs);
    reply.on('close', () => {
      clearInterval(timer);
    });
  });
  server.on('connection', () => (seen.connections += 1));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const http = { ...httpPool, requestMs: how.requestMs ?? httpPool.requestMs };
  const sessions = createSessions({ ...simulated, http, endpoint: `http://127.0.0.1:${port}` });
  return {
    sessions,
    requests: () => seen.requests,
    connections: () => seen.connections,
    close: () => {
      sessions.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('settings that could reach the wrong cloud', () => {
  it.each([
    [{ mode: 'simulator' as const }, /needs an endpoint and an access key/],
    [{ mode: 'simulator' as const, endpoint }, /needs an endpoint and an access key/],
    [{ ...simulated, endpoint: 'https://ec2.eu-central-1.amazonaws.com' }, /which is the real AWS/],
    [{ mode: 'real' as const, endpoint }, /remove one of the two/],
  ])('refuses %j', (config, message) => {
    expect(() => createSessions(config)).toThrow(message);
  });

  it('refuses scaled polls on the real AWS', () => {
    const shared = sharedCalls();
    const config = { mode: 'real' as const, script, shared };
    expect(() => createAws({ ...config, pacingScale: 20 })).toThrow(/pacing.scale is not 1/);
    expect(() => createAws({ ...simulated, script, shared, pacingScale: 0 })).toThrow(/below 1/);
  });
});

describe('one call', () => {
  it('goes out once, whatever the environment says about retries [G-18]', async () => {
    vi.stubEnv('AWS_MAX_ATTEMPTS', '5');
    vi.stubEnv('AWS_RETRY_MODE', 'adaptive');
    const { sessions, calls } = capture(() => ({ error: 'RequestLimitExceeded', status: 503 }));
    const fault = await faultFrom(sessions.ec2({ ...scope, ...attempt() }, 'describeVpcs', {}));
    expect(fault).toMatchObject({ type: 'RateLimit', requestId: 'request-1' });
    expect(calls).toHaveLength(1);
  });

  it.each(['a new connection', 'a kept one'])(
    'is asked about once more as it goes out over %s: whoever slept since the guard asked sends nothing',
    async (which) => {
      const whole = await stalling({ isWhole: true });
      try {
        const send = (mayAct: () => boolean) =>
          whole.sessions.ec2({ ...scope, ...attempt(), mayAct }, 'describeVpcs', {});
        if (which === 'a kept one') await send(() => true);
        const before = whole.requests();
        let asked = 0;
        const refusing = (): boolean => {
          asked += 1;
          return false;
        };
        const fault = { type: 'Cancelled', code: 'effect.cancelled', mayHaveHappened: false };
        expect(await faultFrom(send(refusing))).toMatchObject(fault);
        expect([whole.requests(), asked]).toEqual([before, 1]);
        await send(() => true);
        expect(whole.requests()).toBe(before + 1);
      } finally {
        whole.close();
      }
    },
  );

  it('goes to the given endpoint with the given key, past ambient settings', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    vi.stubEnv('AWS_ENDPOINT_URL_EC2', 'http://127.0.0.1:1');
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDAMBIENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'ambient');
    vi.stubEnv('AWS_PROFILE', 'no-such-profile');
    const seen: string[] = [];
    const server = createServer((request, reply) => {
      seen.push(request.headers.authorization ?? '');
      reply.end('<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const sessions = createSessions({ ...simulated, endpoint: `http://127.0.0.1:${port}` });
    try {
      const reply = await sessions.ec2({ ...scope, ...attempt() }, 'describeVpcs', {});
      expect(reply.Vpcs).toEqual([]);
      expect(seen).toHaveLength(1);
      expect(seen[0]).toMatch(/Credential=AKIDTEST\/\d+\/eu-central-1\/ec2\//);
    } finally {
      sessions.close();
      server.close();
    }
  });

  it('ends with the signal of its attempt, even while a body stalls [V-20]', async () => {
    const stalled = await stalling({});
    try {
      const call = { ...scope, correlationId: 'c', signal: AbortSignal.timeout(150) };
      const fault = await faultFrom(stalled.sessions.ec2(call, 'describeVpcs', {}));
      expect(fault).toMatchObject({ type: 'Timeout', mayHaveHappened: true });
      const gone = { ...call, signal: AbortSignal.abort() };
      expect(await faultFrom(stalled.sessions.ec2(gone, 'describeVpcs', {}))).toMatchObject({
        type: 'Cancelled',
      });
      expect(stalled.requests()).toBe(1);
    } finally {
      stalled.close();
    }
  });

  it('ends after the time of one request, its body included, and has its sockets and time-outs [P-30] [R-14]', async () => {
    expect(httpPool).toEqual({ socketsMax: 100, connectMs: 3_000, requestMs: 30_000 });
    // A byte now and then keeps the socket busy: only a limit on the whole ends it.
    const trickle = await stalling({ byteEveryMs: 20, requestMs: 200 });
    try {
      const call = { ...scope, ...attempt() };
      const fault = await faultFrom(trickle.sessions.ec2(call, 'describeVpcs', {}));
      expect(fault).toMatchObject({ type: 'Timeout', code: 'TimeoutError' });
    } finally {
      trickle.close();
    }
  });

  it('keeps its connections: many calls, one after the other, use one socket [P-30]', async () => {
    const quick = await stalling({ isWhole: true });
    try {
      for (let count = 0; count < 5; count += 1)
        await quick.sessions.ec2({ ...scope, ...attempt() }, 'describeVpcs', {});
      expect([quick.requests(), quick.connections()]).toEqual([5, 1]);
    } finally {
      quick.close();
    }
  });

  it('a read that failed in an unknown way may be repeated, a change may not; a clock is set right once [R-08]', async () => {
    const unknown = capture(() => ({ error: 'NeverHeardOfIt' })).sessions;
    const call = { ...scope, ...attempt() };
    const read = await faultFrom(unknown.ec2(call, 'describeVpcs', {}));
    expect(read).toMatchObject({ type: 'ProviderError', retryable: true });
    expect(await faultFrom(unknown.ec2(call, 'createTags', { Resources: [], Tags: [] }))).toEqual(
      expect.not.objectContaining({ retryable: true }),
    );
    const skewed = capture(() => ({ error: 'RequestTimeTooSkewed' })).sessions;
    expect(await faultFrom(skewed.ec2(call, 'describeVpcs', {}))).not.toHaveProperty('retryable');
    const again = await faultFrom(skewed.ec2({ ...call, number: 2 }, 'describeVpcs', {}));
    expect(again).toMatchObject({ type: 'Retryable', retryable: false });
  });

  it('is logged with correlation id, time and fault, and without its content', async () => {
    const lines: unknown[] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    const { sessions } = capture(() => ({ error: 'AccessDeniedException' }), {
      telemetry: { log },
    });
    const put = { Name: '/fairlead/u/server/token', Value: 'canary-value' };
    await faultFrom(sessions.ssm({ ...scope, ...attempt() }, 'putParameter', put));
    expect(lines).toEqual([
      [
        'debug',
        expect.objectContaining({
          correlationId: 'correlation-1',
          call: 'putParameter',
          fault: 'AccessDeniedException',
        }),
        'aws call',
      ],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/canary/);
  });

  it('takes a fresh client, and so fresh credentials, after expired ones', async () => {
    let asked = 0;
    const provider = async () => {
      asked += 1;
      return { accessKeyId: `AKID${asked}`, secretAccessKey: 'x' };
    };
    const { sessions } = capture(
      (_call, number) => (number === 1 ? { error: 'ExpiredToken' } : { reply: { vpcSet: [] } }),
      { credentials: provider as unknown as { accessKeyId: string; secretAccessKey: string } },
    );
    const call = { ...scope, ...attempt() };
    expect(await faultFrom(sessions.ec2(call, 'describeVpcs', {}))).toMatchObject({
      type: 'Retryable',
    });
    await sessions.ec2(call, 'describeVpcs', {});
    expect(asked).toBe(2);
  });
});

describe('the real AWS', () => {
  const realWith = (config: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-aws-config-'));
    writeFileSync(join(folder, 'config'), config);
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'));
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'])
      vi.stubEnv(name, undefined);
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return capture(() => ({ reply: { vpcSet: [] } }), {
      mode: 'real',
      accounts: { lab: { profile: 'lab' } },
    });
  };

  it('takes the profile of the account', async () => {
    const { sessions, calls } = realWith(
      '[profile lab]\naws_access_key_id = AKIDLAB\naws_secret_access_key = x\n',
    );
    await sessions.ec2({ ...scope, account: 'lab', ...attempt() }, 'describeVpcs', {});
    expect(calls[0]?.authorization).toMatch(/Credential=AKIDLAB\/\d+\/eu-central-1\/ec2\//);
  });

  it('says Unauthorized when the chain finds no credentials', async () => {
    const { sessions, calls } = realWith('');
    const fault = await faultFrom(sessions.ec2({ ...scope, ...attempt() }, 'describeVpcs', {}));
    expect(fault).toMatchObject({ type: 'Unauthorized', mayHaveHappened: false });
    expect(calls).toEqual([]);
  });
});

describe('accounts', () => {
  it('always has main, and names the known ones when another is asked for', async () => {
    const { sessions } = capture(() => ({ reply: {} }), { accounts: { lab: {} } });
    const fault = await faultFrom(
      sessions.ec2({ ...scope, account: 'prod', ...attempt() }, 'describeVpcs', {}),
    );
    expect(fault).toMatchObject({ type: 'InvalidSpec', code: 'account.unknown' });
    expect(fault['message']).toMatch(/spec\.account is prod: .*write one of main, lab/);
  });

  it('remembers the first owner id and refuses another', () => {
    const { sessions } = capture(() => ({ reply: {} }), {
      accounts: { lab: { ownerId: '111111111111' } },
    });
    sessions.checkOwner('main', '000000000000');
    sessions.checkOwner('main', '000000000000');
    expect(() => sessions.checkOwner('main', '222222222222')).toThrow(/belong to 222222222222/);
    expect(() => sessions.checkOwner('lab', '000000000000')).toThrow(/account lab is 111111111111/);
  });
});
