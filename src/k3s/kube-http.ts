/** One request to an API server, sent once, its answer bounded; and the endless answer of a watch, line by line. */
import { request as requestHttp } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { kube } from '../../machines/limits.ts';
import type { Access } from './kube-access.ts';
import { faultOfRefusal, faultOfThrown, kubeFault } from './kube-faults.ts';
import type { KubeFault } from './kube-faults.ts';
import { readStatus } from './kube-object.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** Default: plain JSON. */
  readonly contentType?: string;
}

/** @returns the answer's JSON @throws KubeFault for every status but 200 to 202 */
export async function ask(
  access: Access,
  order: KubeRequest,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    const answer = await send(access, order, access.agents.calls, signal);
    const text = await textOf(answer);
    const value = jsonOf(text);
    const { statusCode = 0 } = answer;
    if (statusCode < 200 || statusCode > 202) throw refusalOf(answer, value, text);
    if (value === undefined)
      throw kubeFault('ProviderError', 'kube.unreadable', 'the answer is not JSON', {
        mayHaveHappened: true,
      });
    return value;
  } catch (error) {
    throw faultOfThrown(error, signal);
  }
}

/** Resolves when the server ends the stream; `hear` gets one JSON value per line. What `hear` throws ends it. */
export async function follow(
  access: Access,
  path: string,
  signal: AbortSignal,
  hear: (value: unknown) => void,
): Promise<void> {
  try {
    const answer = await send(access, { method: 'GET', path }, access.agents.watches, signal);
    if (answer.statusCode !== 200) {
      const text = await textOf(answer);
      throw refusalOf(answer, jsonOf(text), text);
    }
    let rest = '';
    for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > kube.objectBytesMax) throw tooLarge(kube.objectBytesMax);
      for (const line of lines) if (line !== '') hear(jsonOf(line));
    }
  } catch (error) {
    throw faultOfThrown(error, signal);
  }
}

function send(
  access: Access,
  { method, path, body, contentType = 'application/json' }: KubeRequest,
  agent: Access['agents']['calls'],
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { server, headers, auth } = access;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const options = {
    ...{ method, agent, signal },
    ...(auth === undefined ? {} : { auth }),
    headers: {
      ...(headers as Record<string, string>), // As the SDK filled them in.
      accept: 'application/json',
      'user-agent': 'fairlead',
      ...(text === undefined
        ? {}
        : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
    },
  };
  const base = server.pathname.replace(/\/$/, '');
  const url = new URL(`${base}${path}`, server);
  const request = server.protocol === 'http:' ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    request(url, options, resolve).on('error', reject).end(text);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: string[] = [];
  let size = 0;
  for await (const part of answer.setEncoding('utf8') as AsyncIterable<string>) {
    size += part.length;
    if (size > kube.answerBytesMax) throw tooLarge(kube.answerBytesMax);
    parts.push(part);
  }
  return parts.join('');
}

const tooLarge = (max: number): KubeFault =>
  kubeFault('ProviderError', 'kube.tooLarge', `the answer is larger than ${max} bytes`, {
    mayHaveHappened: true,
  });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusalOf(answer: IncomingMessage, value: unknown, text: string): KubeFault {
  const said = readStatus(value);
  const seconds = Number(answer.headers['retry-after'] ?? said?.details?.retryAfterSeconds);
  return faultOfRefusal({
    status: answer.statusCode ?? 0,
    reason: said?.reason,
    message: said?.message ?? text.trim().slice(0, 200),
    objectName: said?.details?.name,
    ...(seconds > 0 ? { retryAfterMs: Math.min(seconds, 600) * 1_000 } : {}),
  });
}
