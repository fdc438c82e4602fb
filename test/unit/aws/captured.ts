/** SDK clients without a wire: every request is kept in readable form and answered by the test. */
import { createSessions } from '../../../src/aws/session.ts';
import type { Sessions, SessionsConfig } from '../../../src/aws/session.ts';

export interface CapturedCall {
  /** `RunInstances`, `SendCommand`, … */
  readonly action: string;
  /** EC2: form fields as sent. */
  readonly form: Readonly<Record<string, string>>;
  /** SSM: the JSON body. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly authorization: string;
}

/** An EC2 reply as a tree (lists become `<item>`), an SSM reply as JSON, an error, or something thrown by the transport. */
export type Answer =
  | { readonly reply: Readonly<Record<string, unknown>> }
  | {
      readonly error: string;
      readonly status?: number;
      readonly message?: string;
      readonly headers?: Record<string, string>;
    }
  | { readonly raw: string; readonly status?: number }
  | { readonly thrown: unknown };

export const simulated: SessionsConfig = {
  mode: 'simulator',
  endpoint: 'http://127.0.0.1:9',
  credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'canary-secret-key' },
};

/** Sessions whose calls go to `answer`; `calls` grows as they are made. */
export function capture(
  answer: (call: CapturedCall, number: number) => Answer,
  config: Partial<SessionsConfig> = {},
): { sessions: Sessions; calls: CapturedCall[] } {
  const calls: CapturedCall[] = [];
  const requestHandler = {
    handle: async (request: { body?: unknown; headers: Record<string, string> }) => {
      const call = readCall(request);
      calls.push(call);
      const given = answer(call, calls.length);
      if ('thrown' in given) throw given.thrown;
      return { response: await toResponse(call, given) };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  const base = config.mode === 'real' ? {} : simulated;
  const sessions = createSessions({ mode: 'simulator', ...base, ...config, requestHandler });
  return { sessions, calls };
}

function readCall(request: { body?: unknown; headers: Record<string, string> }): CapturedCall {
  const { body } = request;
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
  const authorization = request.headers['authorization'] ?? '';
  const target = request.headers['x-amz-target'];
  if (target !== undefined)
    return {
      action: target.replace('AmazonSSM.', ''),
      form: {},
      authorization,
      json: JSON.parse(text) as Record<string, unknown>,
    };
  const form = Object.fromEntries(new URLSearchParams(text));
  return { action: form['Action'] ?? '', form, authorization, json: {} };
}

async function toResponse(call: CapturedCall, given: Exclude<Answer, { thrown: unknown }>) {
  const { HttpResponse } = await import('@smithy/core/protocols');
  const isSsm = Object.keys(call.form).length === 0;
  const respond = (statusCode: number, text: string, headers: Record<string, string> = {}) =>
    new HttpResponse({
      statusCode,
      headers: { 'x-amzn-requestid': 'request-1', ...headers },
      body: new TextEncoder().encode(text),
    });
  if ('raw' in given) return respond(given.status ?? 200, given.raw);
  if ('reply' in given)
    return respond(
      200,
      isSsm
        ? JSON.stringify(given.reply)
        : `<${call.action}Response><requestId>request-1</requestId>${xml(given.reply)}</${call.action}Response>`,
    );
  const message = given.message ?? `${given.error} happened`;
  return respond(
    given.status ?? 400,
    isSsm
      ? JSON.stringify({ __type: `com.amazonaws.ssm#${given.error}`, message })
      : `<Response><Errors><Error><Code>${given.error}</Code><Message>${message}</Message></Error></Errors><RequestID>request-1</RequestID></Response>`,
    given.headers,
  );
}

function xml(value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => `<item>${xml(each)}</item>`).join('');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, each]) => `<${key}>${xml(each)}</${key}>`)
      .join('');
  return String(value);
}

export const attempt = () => ({
  signal: new AbortController().signal,
  correlationId: 'correlation-1',
});

export const scope = { account: 'main', region: 'eu-central-1' } as const;

/** An instance as DescribeInstances lists it. */
export const instanceXml = (
  instanceId: string,
  state: string,
  tags: Record<string, string> = {},
  zone = 'eu-central-1a',
) => ({
  instanceId,
  instanceState: { name: state },
  placement: { availabilityZone: zone },
  privateIpAddress: '172.31.0.4',
  tagSet: Object.entries(tags).map(([key, value]) => ({ key, value })),
});

export const reservationsXml = (
  instances: readonly unknown[],
  ownerId = '000000000000',
  nextToken?: string,
): Answer => ({
  reply: {
    reservationSet: instances.length === 0 ? [] : [{ ownerId, instancesSet: instances }],
    ...(nextToken === undefined ? {} : { nextToken }),
  },
});

/** The fault of what a call rejects with. */
export async function faultFrom(run: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await run;
  } catch (error) {
    return (error as { fault: Record<string, unknown> }).fault;
  }
  throw new Error('the call succeeded where a fault was expected');
}
