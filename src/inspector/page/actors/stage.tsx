/** The middle of Actors: who is open, the chart, and the bar of time. */
import { signal } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Edge } from '../../chart/model.ts';
import type { Image } from '../../api.ts';
import { chartOf, hashBelow, isDrawn } from '../chart/charts.ts';
import { verbOf } from '../chart/marks.ts';
import type { Moment } from '../chart/marks.ts';
import { Outline, ValueOutline } from '../chart/outline.tsx';
import { ChartPane } from '../chart/pane.tsx';
import { openCommand, openWhy } from '../commands/open.ts';
import { actorHref } from '../location.ts';
import { SeverityMark } from '../mark.tsx';
import { stateOf } from '../state-words.ts';
import { nowMs, readOnlyBecause } from '../store.ts';
import { clock } from '../time.ts';
import { childPath, detail, detailProblem, imageAt, pastProblem, shown } from './focus.ts';
import type { Shown } from './focus.ts';
import { TimeBar } from './time-bar.tsx';

const narrow = matchMedia('(max-width: 800px)');

/** Chosen by the reader; narrow screens have it anyway. */
const wantsOutline = signal(false);

export function Stage({ actor }: { readonly actor: string }) {
  const now = shown.value;
  return (
    <section class="stage" aria-label="Chart">
      <Head actor={actor} />
      <Problem />
      {now === undefined ? (
        <p class="muted padded stage-body">
          {detailProblem.value === '' && pastProblem.value === '' ? 'Reading the actor …' : ''}
        </p>
      ) : (
        <ChartOf actor={actor} shown={now} />
      )}
      <TimeBar />
    </section>
  );
}

function Problem() {
  const text = pastProblem.value === '' ? detailProblem.value : pastProblem.value;
  if (text === '') return null;
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}

function Head({ actor }: { readonly actor: string }) {
  const [kind = '', namespace = '', ...name] = actor.split('/');
  const now = shown.value;
  const row = detail.value?.row;
  const path = childPath.value;
  // Of a machine inside its own state: the actor's would be read as that of what is drawn.
  const own = now && path.length > 0 ? imageAt(now.image, path) : undefined;
  const state = path.length === 0 ? now?.state : own && stateOf(own);
  return (
    <header class="stage-head bar">
      <a class="back" href="/actors">
        ‹ Actors
      </a>
      <h2 class="crumbs">
        {row && <SeverityMark severity={row.severity} />}
        <span class="muted">{kind} / </span>
        <a href={actorHref(actor)} class={path.length === 0 ? 'here' : ''}>
          {namespace}/{name.join('/')}
        </a>
        {path.map((id, index) => (
          <span key={id}>
            <span class="muted"> › </span>
            <a
              href={actorHref(actor, { child: path.slice(0, index + 1).join('/') })}
              class={index === path.length - 1 ? 'here' : ''}
            >
              {id}
            </a>
          </span>
        ))}
      </h2>
      {state !== undefined && <span class="state-pill">{state}</span>}
      {row?.isGone === true && <span class="state-pill gone">gone</span>}
      <span class="stage-stamp mono muted">
        {row && now && `r${now.step?.revision ?? row.revision}`}
        {now?.step && ` · ${clock(now.step.atMs, nowMs.value)}`}
      </span>
      <button
        type="button"
        class="outline-choice"
        aria-pressed={wantsOutline.value}
        onClick={() => (wantsOutline.value = !wantsOutline.value)}
      >
        outline
      </button>
    </header>
  );
}

function ChartOf({
  actor,
  shown: { image, hash, step, isPast },
}: {
  readonly actor: string;
  readonly shown: Shown;
}) {
  const path = childPath.value;
  const images = pathImages(image, path);
  const own = images.at(-1);
  const isNarrow = useNarrow();
  const now = path.length === 0 && !isPast ? detail.value?.allowed : undefined;
  // Both signals are read each time: one that is not read is not followed.
  const because = readOnlyBecause.value;
  const allowed = because === '' ? now : undefined;
  const taken =
    step?.taken.filter((each) => each.path === path.join('/')).flatMap(({ edges }) => edges) ?? [];
  const takenText = taken.join(' ');
  const allowedText = allowed?.join(' ');
  const moment = useMemo<Moment>(
    () => ({ value: own?.value, taken, allowed }),
    [own?.value, takenText, allowedText],
  );
  if (own === undefined) return <Gone actor={actor} path={path} />;
  const chartHash = hashBelow(
    hash,
    images.slice(1).map(({ src }) => src),
  );
  const state = chartHash === undefined ? undefined : chartOf(chartHash);
  if (!isDrawn(state)) return <Undrawn state={state} image={own} />;
  const [kind = '', namespace = '', ...rest] = actor.split('/');
  const onCommand = (edge: Edge, isEnabled: boolean) => {
    const verb = verbOf(edge);
    if (isEnabled) openCommand({ kind, namespace, name: rest.join('/'), verb });
    else openWhy({ actor, verb });
  };
  return isNarrow || wantsOutline.value ? (
    <div class="stage-body">
      <Outline drawn={state} moment={moment} onCommand={onCommand} />
    </div>
  ) : (
    <div class="stage-body">
      <ChartPane
        key={`${state.chart.hash} ${path.join('/')}`}
        drawn={state}
        moment={moment}
        momentId={`${step?.uid ?? ''} ${step?.seq ?? 0}`}
        onCommand={onCommand}
      />
    </div>
  );
}

function Undrawn({
  state,
  image,
}: {
  readonly state: ReturnType<typeof chartOf> | undefined;
  readonly image: Image;
}) {
  const problem = typeof state === 'object' && 'problem' in state ? state.problem : '';
  if (problem === '' && image.value === undefined)
    return (
      <p class="muted padded stage-body">
        <code>{image.src}</code> is a call without states of its own; it is {image.status}.
      </p>
    );
  if (state === 'loading') return <p class="muted padded stage-body">Loading the chart …</p>;
  return (
    <div class="stage-body">
      {problem !== '' && <p class="muted padded">{problem}</p>}
      <ValueOutline value={image.value} />
    </div>
  );
}

function Gone({ actor, path }: { readonly actor: string; readonly path: readonly string[] }) {
  return (
    <p class="padded stage-body">
      There is no <code>{path.join('/')}</code> at this time.{' '}
      <a href={actorHref(actor)}>Go to the actor.</a>
    </p>
  );
}

/** From the root to the machine that is looked at; empty at the end when it is not there. */
function pathImages(image: Image, path: readonly string[]): Image[] {
  const all = path.map((_, index) => imageAt(image, path.slice(0, index + 1)));
  return all.every((each) => each !== undefined) ? [image, ...all] : [];
}

function useNarrow(): boolean {
  const [isNarrow, set] = useState(narrow.matches);
  useEffect(() => {
    const change = () => set(narrow.matches);
    narrow.addEventListener('change', change);
    return () => narrow.removeEventListener('change', change);
  }, []);
  return isNarrow;
}
