/** What every request has to pass before a route sees it: way, Host, login, marks of a write, role. */
import type { IncomingMessage } from 'node:http';
import type { Role } from '../api.ts';
import { isAllowedHost, isLoopback, isSameAddress } from './addresses.ts';
import { loginByToken } from './logins.ts';
import type { Login } from './logins.ts';
import type { Pace } from './pace.ts';
import { refusal } from './refusal.ts';
import type { Sessions } from './sessions.ts';

export interface GuardOptions {
  readonly logins: readonly Login[];
  readonly sessions: Sessions;
  /** Further names of this host, in lower case. */
  readonly allowedHosts: readonly string[];
  /** Address of the proxy that speaks TLS for us. */
  readonly trustedProxy?: string;
  /** The browser speaks TLS with us or with the proxy. */
  readonly isSecure: boolean;
  /** Of all askers together: guessing is answered ever less, by whichever way a token comes. */
  readonly wrongTokens: Pace;
}

const ranks = { viewer: 0, operator: 1, admin: 2 } as const satisfies Record<Role, number>;

const isEnough = (has: Role, needed: Role): boolean => ranks[has] >= ranks[needed];

export const isWrite = ({ method }: IncomingMessage): boolean =>
  method !== 'GET' && method !== 'HEAD';

/** @throws Refusal 401, or 429 when others were wrong within the same second */
export function loginOf(token: string, { logins, wrongTokens }: GuardOptions): Login {
  const login = loginByToken(logins, token);
  if (login !== undefined) return login;
  wrongTokens.take('');
  throw refusal('wrongToken');
}

/** @throws Refusal 403 or 421: asked past the proxy, or by a name that is not ours */
export function checkWay(request: IncomingMessage, options: GuardOptions): void {
  const { remoteAddress = '', localAddress = '' } = request.socket;
  const { trustedProxy } = options;
  if (
    trustedProxy !== undefined &&
    !isSameAddress(remoteAddress, trustedProxy) &&
    !isLoopback(remoteAddress)
  )
    throw refusal('proxyOnly');
  if (!isAllowedHost(request.headers.host ?? '', localAddress, options.allowedHosts))
    throw refusal('badHost');
}

/**
 * Who asks, by bearer token or cookie.
 * @throws Refusal 401 without a login that holds, 403 for what a page of another origin sent
 */
export function checkLogin(request: IncomingMessage, options: GuardOptions): Login {
  checkSite(request);
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) {
    const login = loginOf(bearer, options);
    if (isWrite(request)) checkJson(request);
    return login;
  }
  const login = options.sessions.find(request.headers.cookie);
  if (login === undefined) throw refusal('noLogin');
  if (isWrite(request)) checkCookieWrite(request, options);
  return login;
}

/** The exchange of a token for a cookie: no login yet, but no page of another origin either. */
export function checkLogIn(request: IncomingMessage, options: GuardOptions): void {
  checkSite(request);
  if (request.headers.origin !== undefined) checkOrigin(request, options);
  checkJson(request);
}

function checkCookieWrite(request: IncomingMessage, options: GuardOptions): void {
  checkOrigin(request, options);
  checkJson(request);
  if (request.headers['x-fairlead'] !== '1') throw refusal('noMark');
}

/** Host is one of ours by now, so an equal Origin is too. */
function checkOrigin({ headers }: IncomingMessage, { isSecure }: GuardOptions): void {
  const own = `${isSecure ? 'https' : 'http'}://${headers.host?.toLowerCase() ?? ''}`;
  if (headers.origin?.toLowerCase() !== own) throw refusal('badOrigin');
}

/** Browsers tell where a request comes from; `none` is a person's own doing. */
function checkSite({ headers }: IncomingMessage): void {
  const site = headers['sec-fetch-site'];
  const isOwn = site === undefined || site === 'same-origin' || site === 'none';
  if (!isOwn) throw refusal('foreignSite');
}

function checkJson({ headers }: IncomingMessage): void {
  const type = headers['content-type'] ?? '';
  if (!/^application\/json(?: *; *charset=utf-8)?$/i.test(type)) throw refusal('notJson');
}

/** @throws Refusal 403 */
export function checkRole({ role, user }: Login, needed: Role): void {
  if (isEnough(role, needed)) return;
  const message = `${user} is ${role} here, and this needs ${needed}; log in with another token`;
  throw refusal('tooFewRights', message, { role, needed });
}
