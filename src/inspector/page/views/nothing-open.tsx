/** Actors with none open: how the fleet stands, and who changed last. */
import { severities } from '../../../../actors/steps/step.ts';
import type { RowsPage } from '../../api.ts';
import { useRead } from '../loaded.ts';
import { actorHref } from '../location.ts';
import { SeverityMark } from '../mark.tsx';
import { counts, nowMs } from '../store.ts';
import { wholeSpan } from '../time.ts';

const SHOWN = 10;
const EVERY_MS = 4000;

export function NothingOpen() {
  const { data } = useRead<RowsPage>(`/api/actors?q=&sort=since&offset=0&limit=${SHOWN}`, EVERY_MS);
  const now = counts.value;
  return (
    <section class="stage nothing" aria-label="Chart">
      <div>
        {now && (
          <p>
            <b>{now.total} actors: </b>
            {severities.map((each) => `${now.bySeverity[each]} ${each}`).join(', ')}
          </p>
        )}
        {data && data.rows.length > 0 && (
          <>
            <h2 class="caps">Latest changes of state</h2>
            <ul>
              {data.rows.map(({ actor, severity, state, sinceMs }) => (
                <li key={actor}>
                  <SeverityMark severity={severity} />
                  <a href={actorHref(actor)}>{actor}</a>
                  <span class="mono">{state}</span>
                  <span class="muted">{wholeSpan(nowMs.value - sinceMs)} ago</span>
                </li>
              ))}
            </ul>
          </>
        )}
        <p class="muted">
          Choose one from the list, or press <kbd>j</kbd> and <kbd>Enter</kbd>. <kbd>Ctrl-K</kbd>{' '}
          finds one by its name.
        </p>
      </div>
    </section>
  );
}
