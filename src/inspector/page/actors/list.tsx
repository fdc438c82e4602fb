/** Left side of Actors: filter, facets, and the list. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { severities } from '../../../../actors/steps/step.ts';
import type { Row, Sort } from '../../api.ts';
import { listOf } from '../../window.ts';
import { useKeys } from '../keys.ts';
import { actorHref, go, goQuery, openActor, place } from '../location.ts';
import { SeverityMark } from '../mark.tsx';
import { nowMs } from '../store.ts';
import { wholeSpan } from '../time.ts';
import { followRows, isChosen, listProblem, listing } from './rows.ts';
import { rowIn, showRows, sort, toggled } from './rows.ts';
import { VirtualList } from './virtual-list.tsx';

const ROW_HEIGHT = 48;
/** Between two questions while somebody types; the first is asked at once. */
const ASK_GAP_MS = 40;

/** In one list: another filter or order begins without one. */
const cursor = signal({ list: '', at: -1 });

const queryNow = (): string => place.value.query.get('q') ?? '';
const listNow = (): string => listOf({ q: queryNow(), sort: sort.value });
const cursorAt = (): number => (cursor.value.list === listNow() ? cursor.value.at : -1);

const sorts: Readonly<Record<Sort, string>> = {
  severity: 'worst first',
  name: 'by name',
  since: 'newest change',
  state: 'by state',
};

export function ActorsList() {
  useEffect(followRows, []);
  useKeys({
    j: () => moveCursor(1),
    k: () => moveCursor(-1),
    Enter: openAtCursor,
  });
  const q = queryNow();
  const order = sort.value;
  const at = cursorAt();
  useEffect(() => showRows(q, order, 0, 1), [q, order]);
  const list = listing.value;
  const total = list?.total ?? 0;
  return (
    <section class="list" aria-label="Actors">
      <Filter q={q} />
      <Facets q={q} />
      {listProblem.value !== '' && (
        <p class="problem" role="alert">
          {listProblem}
        </p>
      )}
      {list === undefined ? (
        <p class="muted padded">{listProblem.value === '' ? 'Reading the fleet …' : ''}</p>
      ) : total === 0 ? (
        <Nobody q={q} />
      ) : (
        <VirtualList
          label="Found actors"
          total={total}
          rowHeight={ROW_HEIGHT}
          cursor={at}
          onWindow={(first, count) => showRows(q, order, first, count)}
          row={(index) => <RowLink row={list.rows.get(index)} isAtCursor={at === index} />}
        />
      )}
      <footer class="list-foot spread">
        <span>
          {total.toLocaleString('en')} {total === 1 ? 'actor' : 'actors'}
        </span>
        <select
          aria-label="Order"
          value={order}
          onChange={(event) => (sort.value = event.currentTarget.value as Sort)}
        >
          {Object.entries(sorts).map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </footer>
    </section>
  );
}

function moveCursor(by: number): void {
  const total = listing.value?.total ?? 0;
  const at = Math.max(0, Math.min(total - 1, cursorAt() + by));
  cursor.value = { list: listNow(), at };
  // A link or button that has the focus would take Enter for itself.
  document.querySelector<HTMLElement>('.list-box')?.focus({ preventScroll: true });
}

function openAtCursor(): void {
  const row = rowIn(listNow(), cursorAt());
  if (row !== undefined) go(actorHref(row.actor));
}

function Filter({ q }: { readonly q: string }) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const askedMs = useRef(-Infinity);
  /** Typed and not asked for yet: rows that come in meanwhile must not put the old text back. */
  const [typed, setTyped] = useState<string>();
  const ask = (text: string): void => {
    askedMs.current = performance.now();
    setTyped(undefined);
    goQuery({ q: text });
  };
  useKeys({
    '/': () => {
      field.current?.focus();
      field.current?.select();
    },
  });
  return (
    <input
      ref={field}
      class="filter"
      type="search"
      spellcheck={false}
      aria-label="Filter actors"
      placeholder="Filter: kind:cluster failed   (press /)"
      value={typed ?? q}
      onInput={({ currentTarget: { value } }) => {
        clearTimeout(timer.current);
        const waitMs = askedMs.current + ASK_GAP_MS - performance.now();
        if (waitMs <= 0) {
          ask(value);
          return;
        }
        setTyped(value);
        timer.current = setTimeout(() => ask(value), waitMs);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
        if (event.key !== 'Enter') return;
        clearTimeout(timer.current);
        if (typed !== undefined) ask(typed);
        moveCursor(0);
      }}
    />
  );
}

function Facets({ q }: { readonly q: string }) {
  const facets = listing.value?.facets;
  const kinds = Object.entries(facets?.kind ?? {}).sort(([, left], [, right]) => right - left);
  return (
    <div class="facets">
      <div class="facet-row" role="group" aria-label="Severity">
        {severities.map((severity) => (
          <Facet
            key={severity}
            q={q}
            name="severity"
            value={severity}
            count={facets?.severity[severity] ?? 0}
          >
            <SeverityMark severity={severity} isNamed />
          </Facet>
        ))}
      </div>
      <div class="facet-row" role="group" aria-label="Kind">
        {kinds.map(([kind, count]) => (
          <Facet key={kind} q={q} name="kind" value={kind} count={count} />
        ))}
      </div>
    </div>
  );
}

interface FacetProps {
  readonly q: string;
  readonly name: string;
  readonly value: string;
  readonly count: number;
  readonly children?: ComponentChildren;
}

function Facet({ q, name, value, count, children }: FacetProps) {
  return (
    <button
      type="button"
      class="facet"
      aria-pressed={isChosen(q, name, value)}
      onClick={() => goQuery({ q: toggled(q, name, value) })}
    >
      {children}
      <span class="facet-name">{value}</span> <b>{count.toLocaleString('en')}</b>
    </button>
  );
}

function Nobody({ q }: { readonly q: string }) {
  if (q !== '')
    return (
      <p class="padded muted">
        No actor matches.{' '}
        <button type="button" class="link" onClick={() => goQuery({ q: null })}>
          Clear the filter
        </button>
      </p>
    );
  return (
    <p class="padded muted">
      No actors yet. Make one: <code>fairlead apply -f cluster.yaml</code>
    </p>
  );
}

function RowLink({
  row,
  isAtCursor,
}: {
  readonly row: Row | undefined;
  readonly isAtCursor: boolean;
}) {
  if (row === undefined) return <span class="row muted">…</span>;
  const [kind = '', namespace = '', ...name] = row.actor.split('/');
  const lengthMs = nowMs.value - row.sinceMs;
  const isLate = row.expectedMs > 0 && lengthMs > row.expectedMs;
  return (
    <a
      class={`row ${isAtCursor ? 'at-cursor' : ''}`}
      href={actorHref(row.actor)}
      aria-current={openActor() === row.actor ? 'true' : undefined}
    >
      <SeverityMark severity={row.severity} />
      <span class="row-name">
        <span class="muted">{namespace}/</span>
        {name.join('/')}
      </span>
      <span class={`row-state mono ${row.severity}`}>{row.isGone ? 'gone' : row.state}</span>
      <span class="row-why muted">
        {kind} · {wholeSpan(lengthMs)}
        {isLate && <b class="late"> · stuck? usual {wholeSpan(row.expectedMs)}</b>}
        {row.reason !== '' && <span title={row.reason}> · {row.reason}</span>}
      </span>
    </a>
  );
}
