/** Which route a path belongs to. `:word` in a pattern is one part that is a DNS label, `:number` one of digits. */
import type { IncomingMessage } from 'node:http';
import { dnsLabel } from '../../../machines/ids.ts';
import type { Role } from '../api.ts';
import type { Login } from './logins.ts';
import { refusal } from './refusal.ts';
import type { Answer } from './replies.ts';

/** A request that passed the guard. */
export interface Asked {
  readonly login: Login;
  /** Parts of the path by their word. */
  readonly parts: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON of a write. */
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly role: Role;
  answer(asked: Asked): Answer | Promise<Answer>;
}

export interface Found {
  readonly route: Route;
  readonly parts: Readonly<Record<string, string>>;
}

/** @throws Refusal 404, or 405 where the path takes other methods */
export function findRoute(routes: readonly Route[], method: string, path: string): Found {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const others: string[] = [];
  for (const route of routes) {
    const parts = partsOf(route.path, path);
    if (parts === undefined) continue;
    if (route.method === wanted) return { route, parts };
    others.push(route.method);
  }
  if (others.length === 0)
    // What was asked is not repeated: a key that slipped into an address would be in an answer, and in logs of it.
    throw refusal('notFound', 'there is no such route; docs/inspector.md lists them all');
  throw refusal('notAllowed', `this path takes ${others.join(', ')}`);
}

function partsOf(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [at, word] of wanted.entries()) {
    const part = given[at] ?? '';
    if (!word.startsWith(':')) {
      if (word !== part) return undefined;
    } else if (isPart(word, part)) parts[word.slice(1)] = part;
    else return undefined;
  }
  return parts;
}

/** `_` is the name of queries about no single resource. */
function isPart(word: string, part: string): boolean {
  if (word === ':seq') return /^\d{1,15}$/.test(part);
  if (word === ':hash' || word === ':sid') return /^[\w-]{1,128}$/.test(part);
  return dnsLabel.test(part) || (word === ':name' && part === '_');
}
