/** Steps of the open actor, newest first; a step opens the past, and two can be compared. */
import { signal } from '@preact/signals';
import type { StepHead } from '../../api.ts';
import { atSeq, detail, firstKept, olderProblem, readOlderSteps, steps } from '../actors/focus.ts';
import { actorHref } from '../location.ts';
import { nowMs } from '../store.ts';
import { clock } from '../time.ts';
import { StepDiff } from './step-diff.tsx';
import { chosen, isMove, stepWords, targetWords } from './step-words.ts';
import type { Filter } from './step-words.ts';

const filter = signal<Filter>('move');
/** More would make the page slow; older ones are reached by the bar of time. */
const SHOWN = 80;

const filters: Readonly<Record<Filter, readonly [name: string, title: string]>> = {
  command: ['commands', 'Commands only'],
  move: ['moves', 'Commands, and moves of the actor itself'],
  inside: ['inside', 'The same with moves of the machines inside'],
  all: ['all', 'Everything, with what only was noted'],
};

export function StepList({ actor }: { readonly actor: string }) {
  const all = steps.value;
  const shown = chosen(all, filter.value).slice(-SHOWN).reverse();
  const before = new Map(all.map(({ seq }, index) => [seq, all[index - 1]]));
  const open = atSeq.value;
  const last = detail.value?.row.seq ?? 0;
  const oldest = steps.value[0]?.seq ?? 0;
  return (
    <section>
      <div class="spread">
        <h3>Steps</h3>
        <div class="choice" role="group" aria-label="Which steps">
          {(Object.keys(filters) as Filter[]).map((name) => (
            <button
              key={name}
              type="button"
              title={filters[name][1]}
              aria-pressed={filter.value === name}
              onClick={() => (filter.value = name)}
            >
              {filters[name][0]}
            </button>
          ))}
        </div>
      </div>
      {open !== null && <StepDiff actor={actor} from={open} to={last} />}
      <ol class="steps" tabIndex={0} aria-label="Steps, newest first">
        {shown.map((step, index) => {
          const older = shown[index + 1];
          return (
            <li key={step.seq}>
              <StepLine
                actor={actor}
                step={step}
                before={before.get(step.seq)}
                isOpen={(open ?? last) === step.seq}
              />
              {filter.value === 'all' && older !== undefined && step.seq - older.seq > 1 && (
                <span class="gap muted">{step.seq - older.seq - 1} steps were not told</span>
              )}
            </li>
          );
        })}
      </ol>
      {shown.length === 0 && <p class="muted">None among the last {all.length}.</p>}
      {shown.length < SHOWN && oldest > Math.max(1, firstKept.value) && (
        <button type="button" class="link" onClick={() => void readOlderSteps()}>
          Older
        </button>
      )}
      {olderProblem.value !== '' && (
        <p class="problem" role="alert">
          {olderProblem}
        </p>
      )}
    </section>
  );
}

interface LineProps {
  readonly actor: string;
  readonly step: StepHead;
  readonly before: StepHead | undefined;
  readonly isOpen: boolean;
}

function StepLine({ actor, step, before, isOpen }: LineProps) {
  const { seq, atMs, state, importance, correlationId } = step;
  const moved = isMove(step, before);
  const { where, what } = stepWords(step, moved);
  return (
    <div class={`step of-${importance}`}>
      <a
        href={actorHref(actor, { at: seq })}
        aria-current={isOpen ? 'step' : undefined}
        title={`step ${seq}, then ${state}`}
      >
        <time class="mono muted">{clock(atMs, nowMs.value)}</time>
        <b>
          {where !== '' && <span class="step-where">{where}: </span>}
          {what}
        </b>
        <span class="mono muted step-state">{moved && targetWords(step, before)}</span>
      </a>
      {correlationId !== '' && (
        <a
          class="correlation"
          href={`/audit?correlation=${encodeURIComponent(correlationId)}`}
          title={`All of ${correlationId}`}
          aria-label={`All of what step ${seq} belongs to`}
        >
          <svg viewBox="0 0 14 14" width="13" height="13" aria-hidden="true">
            <path d="M6 8.2a2.4 2.4 0 0 0 3.4 0l2-2a2.4 2.4 0 0 0-3.4-3.4l-.9.9M8 5.8a2.4 2.4 0 0 0-3.4 0l-2 2a2.4 2.4 0 0 0 3.4 3.4l.9-.9" />
          </svg>
        </a>
      )}
    </div>
  );
}
