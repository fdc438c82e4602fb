/** Where the reader is: path and query of the address as a signal, and ways to go elsewhere without a reload. */
import { signal } from '@preact/signals';

export interface Place {
  /** Decoded segments: `['actors', 'cluster', 'prod', 'prod-1']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export const place = signal<Place>(placeNow());

function placeNow(): Place {
  const segments = location.pathname.split('/').filter((part) => part !== '');
  return { path: segments.map(decoded), query: new URLSearchParams(location.search) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** @param how `replace` leaves no entry in the history: for what is typed or slid */
export function go(href: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  place.value = placeNow();
}

/** Changes single parameters of the query; null removes one. */
export function goQuery(
  changes: Readonly<Record<string, string | null>>,
  how: 'push' | 'replace' = 'replace',
): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  go(`${location.pathname}${text === '' ? '' : `?${text}`}`, how);
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
    place.value = placeNow();
  });
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
