/** One replication: both sides, how far the copy is behind, the fence, what is under way, and what needs somebody. */
import { actorHref } from '../../location.ts';
import { clock, span, wholeSpan } from '../../time.ts';
import {
  conditionOf,
  disputesOf,
  isMoving,
  moodOf,
  phaseOf,
  placeOf,
  reasonOf,
  sides,
} from './facts.ts';
import type { Dispute, Mood, ReplicationView, Side } from './facts.ts';
import { LagBar } from './lag-bar.tsx';
import { Orders } from './orders.tsx';

interface Props {
  readonly view: ReplicationView;
  readonly nowMs: number;
}

const signs: Readonly<Record<Mood, string>> = { good: '●', changing: '◐', bad: '✖', idle: '■' };

export function MoodSign({ mood, text }: { readonly mood: Mood; readonly text: string }) {
  return (
    <span class={`mood ${mood}`}>
      <span aria-hidden="true">{signs[mood]}</span> {text}
    </span>
  );
}

export function PairCard({ view, nowMs }: Props) {
  const { metadata, status } = view;
  const { namespace, name } = metadata;
  const actor = `replication/${namespace}/${name}`;
  const mood = moodOf(view);
  const disputes = disputesOf(view);
  const reason = reasonOf(view);
  const isTesting = conditionOf(view, 'Testing')?.status === 'True';
  const verbs = ['failover', 'failback', isTesting ? 'test-stop' : 'test-start'];
  return (
    <article class={`panel card card-${mood}`} aria-label={`replication ${namespace}/${name}`}>
      <header class="card-head">
        <h2 class="key">
          <a href={actorHref(actor)}>
            <span class="muted">{namespace}/</span>
            {name}
          </a>
        </h2>
        <MoodSign mood={mood} text={wordOf(view)} />
      </header>
      {disputes.map((dispute) => (
        <Quarrel key={dispute.says} view={view} dispute={dispute} />
      ))}
      {reason !== '' && <p class="why-line">{reason}</p>}
      <div class="sides">
        <SideBox view={view} side="home" nowMs={nowMs} />
        <Arrow writer={status?.writer} />
        <SideBox view={view} side="away" nowMs={nowMs} />
      </div>
      <LagBar view={view} nowMs={nowMs} />
      <Facts view={view} nowMs={nowMs} />
      <Orders
        {...{ kind: 'replication', namespace, name, verbs }}
        allowed={view.allowedNext ?? []}
      />
    </article>
  );
}

const wordOf = (view: ReplicationView): string => {
  if (disputesOf(view).length > 0) return 'needs somebody';
  return isMoving(view) ? 'on its way' : (view.status?.health ?? 'unknown');
};

function Quarrel({
  view,
  dispute: { says, todo, verbs },
}: {
  readonly view: ReplicationView;
  readonly dispute: Dispute;
}) {
  const { namespace, name } = view.metadata;
  const token = view.status?.operation?.overrideToken;
  return (
    <div class="problem" role="group" aria-label="Needs somebody">
      <p>
        <b>{says}</b>
      </p>
      <p>{todo}</p>
      {verbs.length > 0 && (
        <Orders
          {...{ kind: 'replication', namespace, name, verbs }}
          allowed={view.allowedNext ?? []}
          {...(token !== undefined && { given: { override: { token } } })}
        />
      )}
    </div>
  );
}

/** Data flows from the writer to the other side. */
function Arrow({ writer }: { readonly writer: string | undefined }) {
  const [sign, text] =
    writer === 'home'
      ? ['→', 'home writes, away copies']
      : writer === 'away'
        ? ['←', 'away writes, home copies']
        : ['?', `writer ${writer ?? 'unknown'}`];
  return (
    <span class="arrow" role="img" aria-label={text} title={text}>
      {sign}
    </span>
  );
}

const writables: Readonly<Record<string, readonly [sign: string, mood: string]>> = {
  yes: ['✎', 'good'],
  no: ['⊘', 'idle'],
  unknown: ['?', 'changing'],
};

function SideBox({ view, side, nowMs }: Props & { readonly side: Side }) {
  const {
    writable = 'unknown',
    sinceMs,
    observedAt,
    progress,
  } = view.status?.endpoints?.[side] ?? {};
  const [state = '', step = ''] = phaseOf(view, side).split('.');
  const [sign, mood] = writables[writable] ?? ['?', 'changing'];
  const seen =
    typeof observedAt === 'number' && observedAt > 0
      ? `seen ${wholeSpan(nowMs - observedAt)} ago`
      : 'never seen';
  return (
    <div class={`side ${state}`} role="group" aria-label={`${side} of ${view.metadata.name}`}>
      <p class="spread">
        <b>{side}</b>
        <span class="muted">{placeOf(view, side)}</span>
      </p>
      <p>
        <b class="role">{state}</b> <span class="mono">{step}</span>
        {typeof progress === 'number' && ` ${Math.round(progress)} %`}
      </p>
      <p>
        <span class={`mood ${mood}`}>
          <span aria-hidden="true">{sign}</span> writable: {writable}
        </span>
      </p>
      <p class="muted">
        {seen}
        {typeof sinceMs === 'number' &&
          sinceMs > 0 &&
          `, ${state} for ${wholeSpan(nowMs - sinceMs)}`}
      </p>
    </div>
  );
}

function Facts({ view, nowMs }: Props) {
  return (
    <dl class="facts">
      {factsOf(view, nowMs).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf(view: ReplicationView, nowMs: number): readonly (readonly [string, string])[] {
  const { status = {}, spec } = view;
  const copy = [
    status.backend,
    status.mode,
    spec?.schedule?.every && `every ${spec.schedule.every}`,
  ];
  return [
    ['last committed point', pointText(view, nowMs)],
    ['epoch', status.epoch === undefined ? 'unknown' : String(status.epoch)],
    ['write fence', fenceText(view, nowMs)],
    ['rehearsal', rehearsalText(view, nowMs)],
    ['under way', operationText(view, nowMs)],
    ['lost at the last forced move', lossText(view)],
    ['copy', copy.filter(Boolean).join(', ')],
  ].filter((pair): pair is [string, string] => pair[1] !== '');
}

function pointText({ status }: ReplicationView, nowMs: number): string {
  const point = status?.points?.at(-1);
  if (point === undefined) return 'none: nothing can be promoted yet';
  const at = point.at === undefined ? '' : `, at ${point.at}`;
  const { pitMs } = point;
  if (typeof pitMs !== 'number') return `${point.seq}, of an unknown time${at}`;
  return `${point.seq} of ${clock(pitMs, nowMs)}, ${wholeSpan(nowMs - pitMs)} old${at}`;
}

const fences: Readonly<Record<string, string>> = {
  True: '✔ proven',
  False: '✖ waived',
  Unknown: '? not asked yet',
};

function fenceText(view: ReplicationView, nowMs: number): string {
  const held = sides.find((side) =>
    /\.(fencing|selfFencing|quietWindow|awaitingOverride)$/.test(phaseOf(view, side)),
  );
  if (held !== undefined) return `◐ being put up (${phaseOf(view, held)} of ${held})`;
  const fence = conditionOf(view, 'FenceProven');
  if (fence === undefined) return '? unknown';
  const since =
    fence.status !== 'Unknown' && fence.since ? `, ${wholeSpan(nowMs - fence.since)} ago` : '';
  const message = fence.message === undefined ? '' : `: ${fence.message}`;
  return `${fences[fence.status] ?? '? unknown'}${since}${message}`;
}

function rehearsalText(view: ReplicationView, nowMs: number): string {
  const test = conditionOf(view, 'Testing');
  if (test === undefined) return 'unknown';
  if (test.status !== 'True') return 'none running';
  return `running for ${wholeSpan(nowMs - (test.since ?? nowMs))}${test.message ? `: ${test.message}` : ''}`;
}

function operationText({ status }: ReplicationView, nowMs: number): string {
  const { operation, waiting } = status ?? {};
  const waits =
    waiting?.waitingFor === undefined
      ? ''
      : `waits for ${waiting.waitingFor} ${waiting.because ?? ''}`.trim();
  if (operation === undefined || operation === null) return waits;
  const { how, verb, kind, endpoint, by, startedAtMs, progress } = operation;
  return [
    [how, verb ?? kind, endpoint && `of ${endpoint}`].filter(Boolean).join(' '),
    by && `by ${by}`,
    typeof startedAtMs === 'number' && `for ${wholeSpan(nowMs - startedAtMs)}`,
    typeof progress === 'number' && `${Math.round(progress)} %`,
    waits,
  ]
    .filter(Boolean)
    .join(', ');
}

function lossText({ status }: ReplicationView): string {
  const seconds = status?.loss?.seconds;
  if (seconds === undefined) return '';
  return seconds === 0 ? 'nothing' : `${span(seconds * 1000)} at most`;
}
