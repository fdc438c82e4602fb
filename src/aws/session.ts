/**
 * One SDK client per account, region and service, made on first use. Retries are the operation machine's, so every call
 * goes out once; every failure leaves as a `CloudFault`.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { EC2, EC2ClientConfig } from '@aws-sdk/client-ec2';
import type { SSM } from '@aws-sdk/client-ssm';
import type { Attempt, CallGuard, Telemetry } from '../../actors/ports.ts';
import { httpPool } from '../../machines/limits.ts';
import type { AttemptTimeouts } from '../../machines/limits.ts';
import type { CloudScope, EffectFault } from '../../machines/messages.ts';
import { breakerKey, classOf, kindOf, launchesOf } from './call-class.ts';
import { CloudFault, faultOf, ownFault } from './faults.ts';
import { askingFor, askLast } from './last-question.ts';
import { timeLimit } from '../time-limit.ts';

/** A configured account. */
interface AccountSettings {
  /** Profile of the shared AWS config; it may assume a role. Unset: the default credential chain. */
  readonly profile?: string;
  /** Twelve digits; calls are refused when the credentials turn out to belong to another account. */
  readonly ownerId?: string;
}

export interface SessionsConfig {
  readonly mode: 'simulator' | 'real';
  /** Base URL of the simulator; must be absent with mode `real`. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** By name as manifests use it; `main` always exists. */
  readonly accounts?: Readonly<Record<string, AccountSettings>>;
  readonly telemetry?: Pick<Telemetry, 'log'>;
  /** Stands before every call; left out only in tests of a single part. */
  readonly guard?: CallGuard;
  /** How long one attempt of each kind of call may take; the breaker's own limit may be shorter. Default: that alone. */
  readonly timeouts?: () => AttemptTimeouts;
  /** Sockets and time-outs of each client. Default: `httpPool`. */
  readonly http?: { readonly [name in keyof typeof httpPool]: number };
  /** Replaces the HTTP side of the clients; tests capture requests with it. */
  readonly requestHandler?: NonNullable<EC2ClientConfig['requestHandler']>;
}

interface RequestOptions {
  readonly abortSignal: AbortSignal;
}

/** Input and output of one method of an aggregated SDK client (its overloads with callbacks are of no use here). */
type Operation<Method> = Method extends {
  (input: infer Input, options?: RequestOptions): Promise<infer Output>;
  (input: never, callback: never): void;
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- TypeScript matches overload by overload, from the last one up
  (input: never, options: never, callback: never): void;
}
  ? { input: Input; output: Output }
  : never;
type OperationName<Client> = {
  [Name in keyof Client]: Operation<Client[Name]> extends never ? never : Name;
}[keyof Client] &
  string;
type Input<Client, Name extends keyof Client> = Operation<Client[Name]>['input'];
type Output<Client, Name extends keyof Client> = Operation<Client[Name]>['output'];

/** Where and within what time a call goes. */
export type CallScope = CloudScope & Attempt;

export interface Sessions {
  /** One EC2 call, e.g. `ec2(scope, 'describeInstances', {…})`. */
  ec2<Name extends OperationName<EC2>>(
    scope: CallScope,
    name: Name,
    input: Input<EC2, Name>,
  ): Promise<Output<EC2, Name>>;
  /** One SSM call. */
  ssm<Name extends OperationName<SSM>>(
    scope: CallScope,
    name: Name,
    input: Input<SSM, Name>,
  ): Promise<Output<SSM, Name>>;
  /**
   * Compares an owner id seen in a reply with the configured one, else with the first this process has seen.
   * @throws CloudFault `account.mismatch`
   */
  checkOwner(account: string, ownerId: string): void;
  /** Drops idle connections. */
  close(): void;
}

export function createSessions(config: SessionsConfig): Sessions {
  assertConfig(config);
  const accounts: Readonly<Record<string, AccountSettings>> = { main: {}, ...config.accounts };
  const owners = new Map<string, string>();
  const clients = new Map<string, Promise<EC2 | SSM>>();

  /** @throws CloudFault `account.unknown` */
  function accountOf(scope: CloudScope): AccountSettings {
    const account = Object.hasOwn(accounts, scope.account) ? accounts[scope.account] : undefined;
    if (account !== undefined) return account;
    throw ownFault(
      'InvalidSpec',
      'account.unknown',
      `spec.account is ${scope.account}: no such account is configured; write one of ${Object.keys(accounts).join(', ')}.`,
    );
  }

  function client<T extends EC2 | SSM>(
    service: string,
    scope: CloudScope,
    make: (settings: ReturnType<typeof clientSettings>) => Promise<T>,
  ): Promise<T> {
    const account = accountOf(scope);
    const key = `${scope.account}/${scope.region}/${service}`;
    const known = clients.get(key) as Promise<T> | undefined; // The key ends in the service, which decides the class.
    if (known !== undefined) return known;
    const made = make(clientSettings(config, account, scope.region));
    clients.set(key, made);
    return made;
  }

  /** Through the guard; an account nobody configured gets no breaker of its own. */
  async function guarded(
    service: string,
    scope: CallScope,
    name: string,
    input: object,
    send: (scope: CallScope) => Promise<unknown>,
  ): Promise<unknown> {
    const { guard } = config;
    if (guard === undefined) return call(service, scope, name, send);
    accountOf(scope);
    const key = breakerKey(scope, service, name, input);
    const order = {
      ...{ key, attempt: scope, operation: name, launches: launchesOf(name, input) },
      timeoutMs: config.timeouts?.()[kindOf(name, input)] ?? Infinity,
      classify: (thrown: unknown) => faultOf(thrown, scope.signal),
    };
    try {
      return await guard.call(order, ({ signal }) =>
        call(service, { ...scope, signal }, name, send),
      );
    } catch (thrown) {
      if (thrown instanceof Error && 'fault' in thrown) throw thrown;
      throw new CloudFault(faultOf(thrown, scope.signal), thrown);
    }
  }

  async function call(
    service: string,
    scope: CallScope,
    name: string,
    send: (scope: CallScope) => Promise<unknown>,
  ): Promise<unknown> {
    const startedMs = performance.now();
    const { requestMs } = config.http ?? httpPool;
    const limit = timeLimit(requestMs, scope.signal);
    const { signal } = limit;
    const done = (more: Record<string, unknown>) =>
      config.telemetry?.log(
        'debug',
        {
          ...{ correlationId: scope.correlationId, service, call: name, region: scope.region },
          ...{ ms: Math.round(performance.now() - startedMs), ...more },
        },
        'aws call',
      );
    try {
      const output = await send({ ...scope, signal });
      done({});
      return output;
    } catch (error) {
      const fault = withVerdict(faultOf(error, signal), name, scope);
      // The SDK keeps credentials until they say they expire; a fresh client asks the chain again.
      if (staleCredentials.has(fault.code))
        clients.delete(`${scope.account}/${scope.region}/${service}`);
      done({ fault: fault.code, type: fault.type, requestId: fault.requestId });
      throw new CloudFault(fault, error);
    } finally {
      limit.end();
    }
  }

  return {
    // The casts below undo what overloads hide: `name` is a method of the client, and takes and gives these types.
    ec2: (scope, name, input) =>
      guarded('ec2', scope, name, input, async (within) => {
        const ec2 = await client('ec2', scope, async (settings) => {
          const sdk = await import('@aws-sdk/client-ec2');
          return new sdk.EC2(settings);
        });
        const send = ec2[name] as (input: unknown, options: RequestOptions) => Promise<unknown>;
        return askingFor(within, () => send.call(ec2, input, { abortSignal: within.signal }));
      }) as Promise<never>,
    ssm: (scope, name, input) =>
      guarded('ssm', scope, name, input, async (within) => {
        const ssm = await client('ssm', scope, async (settings) => {
          const sdk = await import('@aws-sdk/client-ssm');
          return new sdk.SSM(settings);
        });
        const send = ssm[name] as (input: unknown, options: RequestOptions) => Promise<unknown>;
        return askingFor(within, () => send.call(ssm, input, { abortSignal: within.signal }));
      }) as Promise<never>,
    checkOwner(account, ownerId) {
      const expected = accounts[account]?.ownerId ?? owners.get(account);
      if (expected === undefined) owners.set(account, ownerId);
      else if (expected !== ownerId)
        throw ownFault(
          'Unauthorized',
          'account.mismatch',
          `account ${account} is ${expected}, but the credentials in use belong to ${ownerId}; nothing they show is believed.`,
        );
    },
    close() {
      for (const made of clients.values()) void made.then((each) => each.destroy());
      clients.clear();
    },
  };
}

const staleCredentials = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired']);

/** Worth one more try with a right clock and fresh credentials, not two. */
const onceMore: ReadonlySet<string> = new Set([
  ...staleCredentials,
  ...['RequestTimeTooSkewed', 'RequestInTheFuture', 'SignatureDoesNotMatch'],
]);

/** What the type alone does not tell: a read that failed in an unknown way may be repeated, a change may not. */
export function withVerdict(
  fault: EffectFault,
  name: string,
  { number = 1 }: CallScope,
): EffectFault {
  if (fault.type === 'ProviderError' && classOf(name) === 'read')
    return { ...fault, retryable: true };
  if (onceMore.has(fault.code) && number > 1) return { ...fault, retryable: false };
  return fault;
}

/** Local runs must never reach the real cloud by accident, nor real ones a stray endpoint. */
function assertConfig(config: SessionsConfig): void {
  if (config.mode === 'real') {
    if (config.endpoint !== undefined)
      throw new Error('aws.endpoint is set with aws.mode real; remove one of the two');
    return;
  }
  if (config.endpoint === undefined || config.credentials === undefined)
    throw new Error(
      'aws.mode simulator needs an endpoint and an access key; start the local stack',
    );
  const { hostname } = new URL(config.endpoint);
  if (/(^|\.)(amazonaws\.com(\.cn)?|aws|api\.aws)$/.test(hostname))
    throw new Error(
      `aws.mode simulator with ${hostname}, which is the real AWS; set aws.mode real`,
    );
}

function clientSettings(config: SessionsConfig, account: AccountSettings, region: string) {
  const { socketsMax, connectMs, requestMs } = config.http ?? httpPool;
  const pool = { keepAlive: true, maxSockets: socketsMax };
  return {
    region,
    // Passed although 1 is wanted anyway: AWS_MAX_ATTEMPTS would undo the default.
    maxAttempts: 1,
    // Ambient settings steer the real run only.
    ...(config.endpoint === undefined
      ? {}
      : { endpoint: config.endpoint, useFipsEndpoint: false, useDualstackEndpoint: false }),
    ...(config.credentials === undefined ? {} : { credentials: config.credentials }),
    ...(account.profile === undefined ? {} : { profile: account.profile }),
    requestHandler: config.requestHandler ?? {
      connectionTimeout: connectMs,
      requestTimeout: requestMs,
      throwOnRequestTimeout: true,
      socketTimeout: requestMs,
      httpAgent: askLast(new HttpAgent(pool)),
      httpsAgent: askLast(new HttpsAgent(pool)),
    },
  };
}
