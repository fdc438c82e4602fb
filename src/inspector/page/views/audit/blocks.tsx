/** Groups, ticks and rests of the audit as lines. */
import { useState } from 'preact/hooks';
import type { AuditEntry } from '../../../api.ts';
import { actorHref } from '../../location.ts';
import { clock, span, wholeSpan } from '../../time.ts';
import { eventWords } from './event-words.ts';
import type { Block, Gap, Group, Single, Ticks } from './timeline.ts';

interface Times {
  readonly nowMs: number;
  /** Said of time without entries; filtered ones may have been there. */
  readonly nothing: string;
}

export function BlockLine({ block, ...times }: { readonly block: Block } & Times) {
  if (block.kind === 'group') return <GroupBlock group={block} {...times} />;
  return <Rest line={block} {...times} />;
}

const signs: Readonly<Record<AuditEntry['what'], string>> = {
  ...{ command: '▶', step: '→', call: '⇄', event: '◆', deadLetter: '⊘' },
};
const words: Readonly<Record<AuditEntry['what'], string>> = {
  ...{ command: 'command', step: 'step', call: 'call', event: 'event', deadLetter: 'refused' },
};

/** Lines shown of a long group before somebody asks for all. */
const FIRST = 3;
const LAST = 7;

function GroupBlock({ group, ...times }: { readonly group: Group } & Times) {
  const { nowMs } = times;
  const { head, lines, failures, correlationId, fromMs, toMs, count } = group;
  const [isWhole, showWhole] = useState(false);
  const isCut = !isWhole && lines.length > FIRST + LAST + 1;
  const hidden = lines.length - FIRST - LAST;
  return (
    <article class={`panel story ${failures > 0 ? 'failed' : ''}`}>
      <header class="story-head">
        <h2>
          {eventWords(head.name)} <ActorLink entry={head} />
        </h2>
        <span class="muted">
          {head.by !== undefined && <>by {head.by}, </>}
          {count > 1 && `${count} entries in ${span(toMs - fromMs)}, `}
          {clock(toMs, nowMs)}, {wholeSpan(nowMs - toMs)} ago
        </span>
        {failures > 0 && (
          <span class="text-bad">
            <span aria-hidden="true">✖ </span>
            {failures} failed
          </span>
        )}
        {correlationId !== '' && (
          <a
            class="mono id"
            href={`/audit?correlation=${encodeURIComponent(correlationId)}`}
            title="Only this correlation id"
          >
            {correlationId}
          </a>
        )}
      </header>
      <ol>
        {(isCut ? lines.slice(0, FIRST) : lines).map((line, place) => (
          <li key={place}>
            <Line line={line} head={head} {...times} />
          </li>
        ))}
        {isCut && (
          <li>
            <button type="button" class="link" onClick={() => showWhole(true)}>
              {hidden} more lines
            </button>
          </li>
        )}
        {isCut &&
          lines.slice(-LAST).map((line, place) => (
            <li key={`last ${place}`}>
              <Line line={line} head={head} {...times} />
            </li>
          ))}
      </ol>
    </article>
  );
}

interface LineProps extends Times {
  readonly line: Single | Ticks | Gap;
  readonly head: AuditEntry;
}

function Line({ line, head, ...times }: LineProps) {
  if (line.kind !== 'entry') return <Rest line={line} {...times} />;
  const { nowMs } = times;
  const { entry } = line;
  const { atMs, what, name, text, ms, actor, isFailure } = entry;
  return (
    <div class={`audit-line of-${what} ${isFailure ? 'failed' : ''}`}>
      <time dateTime={new Date(atMs).toISOString()} title={clock(atMs, nowMs)}>
        {clock(atMs, atMs)}
      </time>
      <span class="what">
        <span aria-hidden="true">{isFailure ? '✖' : signs[what]}</span> {words[what]}
        {isFailure && <span class="away"> failed</span>}
      </span>
      <b title={name}>{eventWords(name)}</b>
      <span class="told">
        {actor !== head.actor && (
          <>
            <ActorLink entry={entry} />{' '}
          </>
        )}
        {text}
      </span>
      <span class="muted took">{ms !== undefined && span(ms)}</span>
      {entry.seq === undefined ? (
        <span />
      ) : (
        <a href={actorHref(actor, { at: entry.seq })} title={`${actor} as it was then`}>
          step {entry.seq}
        </a>
      )}
    </div>
  );
}

function ActorLink({ entry: { actor, seq } }: { readonly entry: AuditEntry }) {
  if (actor.split('/').length !== 3) return <span class="mono">{actor}</span>;
  return (
    <a class="mono" href={actorHref(actor, seq === undefined ? {} : { at: seq })}>
      {actor}
    </a>
  );
}

/** Actors of ticks that are named. */
const NAMED = 20;

function Rest({ line, nowMs, nothing }: { readonly line: Ticks | Gap } & Times) {
  if (line.kind === 'gap') return <p class="rest muted">{`${wholeSpan(line.ms)} ${nothing}`}</p>;
  const { count, actors, fromMs, toMs } = line;
  const [first] = actors;
  const whose = actors.length === 1 ? first?.entry.actor : `${actors.length} actors`;
  return (
    <details class="rest muted">
      <summary>
        {count} {count === 1 ? 'tick' : 'ticks'} of {whose}, {clock(fromMs, nowMs)}
        {toMs - fromMs >= 1000 && ` to ${clock(toMs, nowMs)}`}
      </summary>
      <ul>
        {actors.slice(0, NAMED).map(({ entry, count: own }) => (
          <li key={entry.actor}>
            <ActorLink entry={entry} /> {own} × {entry.name}
          </li>
        ))}
        {actors.length > NAMED && <li>and {actors.length - NAMED} more</li>}
      </ul>
    </details>
  );
}
