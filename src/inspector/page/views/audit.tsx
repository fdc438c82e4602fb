/** The audit: what was ordered, what it led to, and what failed, newest first. */
import { useEffect, useState } from 'preact/hooks';
import type { AuditPage } from '../../api.ts';
import { goQuery, place } from '../location.ts';
import { useRead } from '../loaded.ts';
import { useKeys } from '../keys.ts';
import { counts, isPaused, nowMs, togglePause } from '../store.ts';
import { clock, wholeSpan } from '../time.ts';
import { useArrival } from './arrival.ts';
import { BlockLine } from './audit/blocks.tsx';
import { blocksOf } from './audit/timeline.ts';
import { ENTRIES_MAX, isWanted, spans, wantedOf } from './audit/wanted.ts';
import { Freshness } from './freshness.tsx';

const EVERY_MS = 3000;
/** Blocks drawn before somebody asks for more. */
const SHOWN = 60;

export function AuditView() {
  const { query } = place.value;
  const wanted = wantedOf(query, nowMs.value);
  const { data, problem, reload } = useRead<AuditPage>(
    wanted.problem === '' ? wanted.path : undefined,
    EVERY_MS,
  );
  const arrivedMs = useArrival(data);
  const [shown, show] = useState(SHOWN);
  useEffect(() => show(SHOWN), [query.toString()]);
  const entries = data?.entries.filter((entry) => isWanted(entry, wanted)) ?? [];
  const nothing = query.size === 0 ? 'nothing' : 'nothing that fits';
  const blocks = blocksOf(entries, arrivedMs);
  return (
    <div class="audit padded">
      <Filters query={query} problem={wanted.problem} />
      <div class="wall-head">
        {data !== undefined && <Reach page={data} sinceMs={wanted.sinceMs} />}
        <button type="button" onClick={togglePause} aria-pressed={isPaused.value}>
          {isPaused.value ? '▶ Go on' : '‖ Pause'}
        </button>
        {wanted.problem === '' && (
          <Freshness data={data} arrivedMs={arrivedMs} problem={problem} reload={reload} />
        )}
      </div>
      {data !== undefined && entries.length === 0 && (
        <p class="muted">
          {query.size === 0 ? 'Nothing has happened yet.' : 'Nothing that fits was found.'}
        </p>
      )}
      <ol class="stories">
        {entries.length > 0 &&
          blocks.slice(0, shown).map((block) => (
            <li key={keyOf(block)}>
              <BlockLine block={block} nowMs={nowMs.value} nothing={nothing} />
            </li>
          ))}
      </ol>
      {blocks.length > shown && (
        <button type="button" onClick={() => show(shown + SHOWN)}>
          {blocks.length - shown} more
        </button>
      )}
    </div>
  );
}

function keyOf(block: ReturnType<typeof blocksOf>[number]): string {
  if (block.kind === 'group')
    return block.correlationId || `${block.head.actor} ${block.head.atMs} ${block.head.name}`;
  return `${block.kind} ${block.kind === 'ticks' ? block.fromMs : block.toMs}`;
}

interface FilterProps {
  readonly query: URLSearchParams;
  readonly problem: string;
}

/** So that not every letter is a question to the host. */
const TYPING_MS = 250;

function Filters({ query, problem }: FilterProps) {
  const [text, setText] = useState(query.get('q') ?? '');
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text !== (place.value.query.get('q') ?? '')) goQuery({ q: text });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useKeys({ '/': () => document.getElementById('audit-text')?.focus() });
  const kind = query.get('kind') ?? '';
  const since = query.get('since') ?? '';
  const isFailed = query.get('failed') === '1';
  const kinds = [...new Set([kind, ...Object.keys(counts.value?.byKind ?? {})])].filter(Boolean);
  return (
    <search class="audit-filters">
      <input
        id="audit-text"
        type="search"
        aria-label="Text, or a pattern between slashes"
        placeholder="Text, or /pattern/"
        aria-invalid={problem !== ''}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <Choice
        label="Kind"
        value={kind}
        options={[['', 'all kinds'], ...kinds.map((each) => [each, each] as const)]}
        onChoose={(value) => goQuery({ kind: value })}
      />
      <Choice
        label="Time"
        value={since}
        options={[
          ['', 'all that is kept'],
          ...Object.keys(spans).map((each) => [each, `last ${each}`] as const),
          ...(since === '' || since in spans ? [] : [[since, `since ${since}`] as const]),
        ]}
        onChoose={(value) => goQuery({ since: value })}
      />
      <button
        type="button"
        class="toggle"
        aria-pressed={isFailed}
        onClick={() => goQuery({ failed: isFailed ? null : '1' })}
      >
        ✖ failed only
      </button>
      {['correlation', 'actor', 'until'].map((name) => {
        const value = query.get(name);
        return (
          value !== null && (
            <button key={name} type="button" onClick={() => goQuery({ [name]: null })}>
              {name} <code>{value}</code> <span aria-hidden="true">✕</span>
              <span class="away">remove</span>
            </button>
          )
        );
      })}
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </search>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChoose: (value: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
    >
      {options.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** How far back was looked: what is older is not known here, which is not the same as "nothing happened". */
function Reach({ page, sinceMs }: { readonly page: AuditPage; readonly sinceMs: number }) {
  const now = nowMs.value;
  const isCut = page.entries.length >= ENTRIES_MAX;
  const oldestMs = page.entries.at(-1)?.atMs ?? page.sinceMs;
  const fromMs = Math.max(sinceMs, isCut ? oldestMs : page.sinceMs);
  return (
    <span class={isCut && fromMs === oldestMs ? 'late' : 'muted'}>
      {isCut && fromMs === oldestMs && `Only the newest ${ENTRIES_MAX} entries are shown: `}
      {`looked back ${wholeSpan(now - fromMs)}, to ${clock(fromMs, now)}`}
    </span>
  );
}
