/** Commands of this page and what was answered. */
import { replies } from '../../commands/replies.ts';
import { actorHref } from '../../location.ts';
import { nowMs } from '../../store.ts';
import { clock } from '../../time.ts';

export function RepliesList() {
  if (replies.value.length === 0) return null;
  return (
    <section aria-label="Recent replies">
      <h2 class="caps">Recent replies</h2>
      <ul class="replies">
        {replies.value.map(({ atMs, target, isTaken, text, correlationId }) => {
          const actor = `${target.kind}/${target.namespace}/${target.name}`;
          return (
            <li key={`${atMs} ${actor}`}>
              <time dateTime={new Date(atMs).toISOString()}>{clock(atMs, nowMs.value)}</time>
              <span class={isTaken ? 'text-good' : 'text-bad'}>
                <span aria-hidden="true">{isTaken ? '✔' : '✖'}</span>{' '}
                {isTaken ? 'taken' : 'refused'}
              </span>
              <span>
                <b>{target.verb}</b>{' '}
                <a class="mono" href={actorHref(actor)}>
                  {actor}
                </a>{' '}
                <span class="muted">{text}</span>
              </span>
              {correlationId !== '' && (
                <a href={`/audit?correlation=${encodeURIComponent(correlationId)}`}>
                  all it led to
                </a>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
