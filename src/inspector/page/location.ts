/** Where the reader is: path and query of the address as a signal, and ways to go elsewhere without a reload. */
import { signal } from '@preact/signals';

export interface Place {
  /** Decoded segments: `['actors', 'cluster', 'prod', 'prod-1']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** Browsers make work of every change of the address, and Safari refuses more than 100 in 30 s: it follows who types. */
const ADDRESS_MS = 200;

export const place = signal<Place>(placeOf(location));
/** Not written to the address bar yet. */
let latest: { readonly href: string; readonly timer: ReturnType<typeof setTimeout> } | undefined;

function placeOf({ pathname, search }: Pick<Location, 'pathname' | 'search'>): Place {
  const segments = pathname.split('/').filter((part) => part !== '');
  return { path: segments.map(decoded), query: new URLSearchParams(search) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * @param how `replace` leaves no entry in the history; `soon` neither, and the address bar follows a moment later: for what is
 *   typed or slid
 */
export function go(href: string, how: 'push' | 'replace' | 'soon' = 'push'): void {
  if (how === 'push') writeAddress();
  clearTimeout(latest?.timer);
  latest = how === 'soon' ? { href, timer: setTimeout(writeAddress, ADDRESS_MS) } : undefined;
  if (how === 'push') history.pushState(null, '', href);
  if (how === 'replace') history.replaceState(null, '', href);
  place.value = placeOf(new URL(href, location.href));
}

function writeAddress(): void {
  if (latest === undefined) return;
  clearTimeout(latest.timer);
  history.replaceState(null, '', latest.href);
  latest = undefined;
}

/** Changes single parameters of the query; null removes one. */
export function goQuery(changes: Readonly<Record<string, string | null>>): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  go(`${location.pathname}${text === '' ? '' : `?${text}`}`, 'soon');
}

/**
 * Address of an actor; the list's filter stays.
 * @param actor `kind/namespace/name`
 * @param more `at` a step's number, `child` ids from the root joined by `/`
 */
export function actorHref(
  actor: string,
  more: { readonly at?: number; readonly child?: string } = {},
): string {
  const query = new URLSearchParams();
  if (more.at !== undefined) query.set('at', String(more.at));
  if (more.child !== undefined && more.child !== '') query.set('child', more.child);
  const q = place.value.query.get('q');
  if (q !== null && place.value.path[0] === 'actors') query.set('q', q);
  const text = query.toString();
  const path = actor.split('/').map(encodeURIComponent).join('/');
  return `/actors/${path}${text === '' ? '' : `?${text}`}`;
}

/** `kind/namespace/name` of the open actor, null when none is. */
export function openActor(): string | null {
  const [view, kind, namespace, name] = place.value.path;
  if (view !== 'actors' || kind === undefined || namespace === undefined || name === undefined)
    return null;
  return `${kind}/${namespace}/${name}`;
}

/** Takes clicks on links into the page; all others, and those for a new tab, stay the browser's. */
export function followLinks(isView: (name: string) => boolean): void {
  addEventListener('popstate', () => {
    clearTimeout(latest?.timer);
    latest = undefined;
    place.value = placeOf(location);
  });
  addEventListener('pagehide', writeAddress);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.download !== '') return;
    if (link.origin !== location.origin) return;
    if (!isView(link.pathname.split('/')[1] ?? '')) return;
    event.preventDefault();
    go(`${link.pathname}${link.search}${link.hash}`);
  });
}
