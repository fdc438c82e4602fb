/** Ctrl-K: one field that goes to any view or actor and begins any command. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RowsPage } from '../api.ts';
import { read } from './api-client.ts';
import { Dialog } from './dialog.tsx';
import { actorHref, go } from './location.ts';
import { offers, overlay } from './overlays.ts';
import type { Offer } from './overlays.ts';
import type { View } from './routes.ts';

const FOUND_MAX = 8;
const TYPING_MS = 120;

const typed = signal('');
/** Of what is typed; undefined while they are looked for. */
const found = signal<readonly Offer[] | undefined>(undefined);
const chosen = signal(0);

const close = () => (overlay.value = 'none');

export function Palette({ views }: { readonly views: readonly View[] }) {
  useEffect(() => {
    typed.value = '';
    chosen.value = 0;
    found.value = undefined;
  }, []);
  const words = typed.value;
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => void findActors(words, stop.signal), TYPING_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [words]);
  const list = [...matching(words, views), ...(found.value ?? [])];
  const run = (offer: Offer | undefined) => {
    if (offer === undefined) return;
    close();
    offer.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') chosen.value = Math.min(list.length - 1, chosen.value + 1);
    else if (event.key === 'ArrowUp') chosen.value = Math.max(0, chosen.value - 1);
    else if (event.key === 'Enter') run(list[chosen.value]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Go to" onClose={close}>
      <input
        class="filter"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={list.length > 0 ? `palette-${chosen.value}` : undefined}
        aria-label="View, actor or command"
        placeholder="View, actor or command"
        value={typed}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          chosen.value = 0;
          // Enter must not open what was found for other words.
          found.value = undefined;
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" class="palette" role="listbox" aria-label="Found">
        {list.map((offer, index) => (
          <li
            key={`${offer.hint} ${offer.title}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen.value}
            onClick={() => run(offer)}
          >
            <span>{offer.title}</span>
            <span class="muted">{offer.hint}</span>
          </li>
        ))}
      </ul>
      {list.length === 0 && (
        <p class="muted">{found.value === undefined ? 'Looking …' : 'Nothing has this name.'}</p>
      )}
    </Dialog>
  );
}

function matching(words: string, views: readonly View[]): Offer[] {
  const wanted = words.trim().toLowerCase();
  const all: Offer[] = [
    ...offers.value,
    ...views.map(({ title, name, chord }) => ({
      title,
      hint: `view, g ${chord}`,
      run: () => go(`/${name}`),
    })),
  ];
  return all.filter(({ title }) => title.toLowerCase().includes(wanted));
}

async function findActors(words: string, signal: AbortSignal): Promise<void> {
  if (words.trim() === '') {
    found.value = [];
    return;
  }
  try {
    const query = new URLSearchParams({
      q: words,
      sort: 'severity',
      offset: '0',
      limit: String(FOUND_MAX),
    });
    const page = await read<RowsPage>(`/api/actors?${query.toString()}`, signal);
    found.value = page.rows.map(({ actor, state }) => ({
      title: actor,
      hint: state,
      run: () => go(actorHref(actor)),
    }));
  } catch {
    // The views that are there can still be reached.
    if (!signal.aborted) found.value = [];
  }
}
