/**
 * Cookies of logged-in browsers. A cookie is signed with a key made of the login's token: it outlives a restart, holds on
 * every host with the same token file, and ends when the token is taken out of that file.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import type { Login } from './logins.ts';

export interface Sessions {
  /** Value of the header Set-Cookie. */
  open(login: Login): string;
  /** The login of a request's Cookie header; undefined when it has none that holds. */
  find(cookies: string | undefined): Login | undefined;
  /** Ends the session of that header on this host until it restarts, and gives the Set-Cookie that removes it. */
  close(cookies: string | undefined): string;
}

export interface SessionOptions {
  readonly logins: readonly Login[];
  readonly port: number;
  /** The browser speaks TLS with us or with the proxy. */
  readonly isSecure: boolean;
  readonly nowMs: () => number;
}

const separator = '.';

export function openSessions({ logins, port, isSecure, nowMs }: SessionOptions): Sessions {
  // Browsers send cookies to every port of a host: two stacks on one machine need names of their own.
  const name = `${isSecure ? '__Host-' : ''}fairlead-${port}`;
  const flags = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  const ended = new Map<string, number>();

  const cookieIn = (header = ''): string | undefined =>
    header
      .split(/; */)
      .find((each) => each.startsWith(`${name}=`))
      ?.slice(name.length + 1);

  const read = (value: string | undefined): { login: Login; id: string } | undefined => {
    const [id = '', end = '', signature = '', ...rest] = value?.split(separator) ?? [];
    if (rest.length > 0 || id === '' || !/^\d{13,15}$/.test(end)) return undefined;
    if (Number(end) <= nowMs() || ended.has(id)) return undefined;
    const login = logins.find((each) => isSame(signatureOf(each, id, end), signature));
    return login === undefined ? undefined : { login, id };
  };

  return {
    open: (login) => {
      const id = randomBytes(16).toString('base64url');
      const end = `${nowMs() + limits.sessionMs}`;
      const value = [id, end, signatureOf(login, id, end)].join(separator);
      return `${name}=${value}; Max-Age=${limits.sessionMs / 1_000}; ${flags}`;
    },
    find: (header) => read(cookieIn(header))?.login,
    close: (header) => {
      const session = read(cookieIn(header));
      if (session !== undefined) {
        forgetOld(ended, nowMs());
        ended.set(session.id, nowMs() + limits.sessionMs);
      }
      return `${name}=; Max-Age=0; ${flags}`;
    },
  };
}

const signatureOf = (login: Login, id: string, end: string): string =>
  createHmac('sha256', login.digest)
    .update(`fairlead session ${id} ${end} ${login.role} ${login.user}`)
    .digest('base64url');

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function forgetOld(ended: Map<string, number>, nowMs: number): void {
  for (const [id, endMs] of ended)
    if (endMs <= nowMs || ended.size >= limits.endedSessionsMax) ended.delete(id);
    else break;
}
