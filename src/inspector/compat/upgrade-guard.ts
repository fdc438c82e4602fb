/** Who may open a WebSocket: the same way, Host, Origin and login as everywhere else, read from an upgrade request. */
import type { IncomingMessage } from 'node:http';
import type { Login } from '../server/logins.ts';
import { refusal } from '../server/refusal.ts';
import { checkWay, loginOf } from '../server/request-guard.ts';
import type { GuardOptions } from '../server/request-guard.ts';

/** The name a browser that offers a token asks for beside it; the token itself is never said back. */
export const subprotocol = 'fairlead';

export interface UpgradeGuard extends GuardOptions {
  /** Origins of pages elsewhere that may come with a token: `http://localhost:3000`. Cookies are for our own page only. */
  readonly origins: readonly string[];
}

/**
 * A token comes as `Authorization: Bearer <token>`, as the password of `Authorization: Basic` (what Node's clients make of
 * `ws://viewer:<token>@host`, and never part of what is asked for), or in the subprotocols
 * `fairlead, bearer.<token as base64url>` where no header can be set. Our own page's cookie does as well. A token in the
 * query is refused: queries are logged.
 * @throws Refusal 400, 401, 403, 421 or 429
 */
export function checkUpgrade(request: IncomingMessage, guard: UpgradeGuard): Login {
  checkWay(request, guard);
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (searchParams.has('t') || searchParams.has('token'))
    throw refusal(
      'badRequest',
      'a token does not belong in a URL; send `Authorization: Bearer <token>`, or the subprotocols `fairlead, bearer.<token as base64url>`',
    );
  const token = tokenOf(request);
  if (token === undefined) {
    if (!isOwnOrigin(request, guard))
      throw refusal('badOrigin', 'a WebSocket with a cookie needs the Origin of this host');
    const login = guard.sessions.find(request.headers.cookie);
    if (login === undefined) throw refusal('noLogin');
    return login;
  }
  const { origin } = request.headers;
  if (origin !== undefined && !isOwnOrigin(request, guard) && !guard.origins.includes(origin))
    throw refusal('badOrigin', `pages of ${origin.slice(0, 200)} may not read this host`);
  return loginOf(token, guard);
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  const authorization = headers.authorization ?? '';
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = /^Basic +(\S+)$/i.exec(authorization)?.[1];
  if (basic !== undefined) return /^[^:]*:(.*)$/s.exec(plain(basic, 'base64'))?.[1];
  const offered = (headers['sec-websocket-protocol'] ?? '').split(/ *, */);
  const coded = offered.find((each) => each.startsWith('bearer.'))?.slice('bearer.'.length);
  return coded === undefined ? undefined : plain(coded, 'base64url');
}

const plain = (text: string, coding: 'base64' | 'base64url'): string =>
  Buffer.from(text, coding).toString();

/** Host is one of ours by now, so an equal Origin is too. */
function isOwnOrigin({ headers }: IncomingMessage, { isSecure }: GuardOptions): boolean {
  const own = `${isSecure ? 'https' : 'http'}://${headers.host?.toLowerCase() ?? ''}`;
  return headers.origin?.toLowerCase() === own;
}
