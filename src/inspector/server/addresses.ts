/** Which names and addresses are this host's own. Addresses are parsed: a text that only begins like one is a name. */
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const bare = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** True for addresses that only this machine reaches. `localhost` counts as one. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const address = bare(host);
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** The same address in one spelling; undefined for anything that is none. */
function spelled(address: string): string | undefined {
  const text = bare(address);
  const version = isIP(text);
  if (version === 4) return text;
  return version === 6 ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : undefined;
}

export const isSameAddress = (left: string, right: string): boolean =>
  spelled(left) !== undefined && spelled(left) === spelled(right);

const hostHeader = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}))(?::(\d{1,5}))?$/i;

/** Name or address of a Host header in lower case without its port; undefined when it has another form. */
function hostOf(header: string): string | undefined {
  const [, six, name] = hostHeader.exec(header) ?? [];
  if (six !== undefined) return isIP(six) === 6 ? six.toLowerCase() : undefined;
  return name?.toLowerCase();
}

/**
 * A page of another site must not reach us by a name of its own that resolves to our address. So only names we were given
 * count, and literal addresses of the own end of the socket.
 * @param ownAddress  of the socket the request came by
 * @param allowed  further names, in lower case
 */
export function isAllowedHost(
  header: string,
  ownAddress: string,
  allowed: readonly string[],
): boolean {
  const host = hostOf(header);
  if (host === undefined) return false;
  return isLoopback(host) || isSameAddress(host, ownAddress) || allowed.includes(host);
}
