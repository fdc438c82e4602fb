/** How answers are written: fixed headers on all of them, JSON without secrets for data and refusals. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { redactValue } from '../../../actors/steps/redact.ts';
import type { ApiProblem } from '../api.ts';
import type { Refusal } from './refusal.ts';

/** What a route answers with; `value` as JSON, or `bytes` as they are. */
export interface Answer {
  readonly status?: number;
  readonly value?: unknown;
  readonly bytes?: Buffer | string;
  /** In lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const fixedHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** On every answer, refusals included. */
export function setFixedHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(fixedHeaders)) response.setHeader(name, value);
}

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status = 200, value, bytes, headers = {} } = answer;
  const body = bytes ?? (value === undefined ? '' : `${JSON.stringify(redactValue(value))}\n`);
  const type: Record<string, string> =
    bytes === undefined && value !== undefined
      ? { 'content-type': 'application/json; charset=utf-8' }
      : {};
  const isBodiless = status === 204 || status === 304;
  response.writeHead(status, {
    'cache-control': 'no-store',
    ...type,
    ...headers,
    ...(isBodiless ? {} : { 'content-length': Buffer.byteLength(body) }),
  });
  response.end(request.method === 'HEAD' || isBodiless ? undefined : body);
}

export function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code, message, fields }: Refusal,
): void {
  const problem: ApiProblem = { ...fields, code, message };
  // What was not read of the body would be taken for the next request.
  const headers: Record<string, string> = request.complete ? {} : { connection: 'close' };
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  if (status === 429) headers['retry-after'] = '1';
  send(request, response, { status, value: problem, headers });
}
