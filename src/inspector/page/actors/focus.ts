/** The open actor: as it stands now, followed step by step, or as it stood after one of its steps. */
import { computed, effect, signal, untracked } from '@preact/signals';
import { applyPatch } from '../../../../actors/steps/patch.ts';
import type { ActorDetail, At, Image, Step, StepHead, StepsPage } from '../../api.ts';
import { actorPath, read, sayFailure } from '../api-client.ts';
import { chosen } from '../detail/step-words.ts';
import { openActor, place } from '../location.ts';
import { isOwner, isPaused, resumes } from '../store.ts';
import { onResync, onStep, watchActor } from '../stream/client.ts';

const STEPS_READ = 100;
const STEPS_KEPT = 2000;
/** Pages looked through at first for a move of the actor: replications note far more than they move. */
const PAGES_SOUGHT = 5;
/** What an actor allows changes with its steps, but is not in them. */
const REREAD_MS = 800;
const POLL_MS = 3000;

export const actor = computed(openActor);

/** Now. */
export const detail = signal<ActorDetail | undefined>(undefined);
export const detailProblem = signal('');
/** Why older steps did not come; empty when they did. */
export const olderProblem = signal('');

/** Oldest first; `firstKept` is the oldest that the store still has. */
export const steps = signal<readonly StepHead[]>([]);
export const firstKept = signal(0);

/** The step the address names; null for now. */
export const atSeq = computed(() => {
  const text = place.value.query.get('at');
  const seq = text === null ? NaN : Number(text);
  return Number.isSafeInteger(seq) && seq > 0 ? seq : null;
});

const past = signal<{ readonly actor: string; readonly at: At } | undefined>(undefined);
export const pastProblem = signal('');

export interface Shown {
  readonly image: Image;
  readonly hash: string;
  readonly state: string;
  /** The step that led there; undefined when it is not known on this page. */
  readonly step: StepHead | undefined;
  readonly isPast: boolean;
}

/** What chart and detail show. Undefined until it is there. */
export const shown = computed<Shown | undefined>(() => {
  const now = detail.value;
  if (now === undefined) return undefined;
  const at = past.value?.at;
  if (atSeq.value === null) {
    const { image, hash, row } = now;
    return {
      ...{ image, hash, state: row.state, isPast: false },
      step: steps.value.findLast(({ seq }) => seq === row.seq),
    };
  }
  if (at?.step.seq !== atSeq.value || past.value?.actor !== now.row.actor) return undefined;
  return { image: at.image, hash: at.step.hash, state: at.step.state, step: at.step, isPast: true };
});

/** Ids from the root to the machine that is looked at; empty for the root. */
export const childPath = computed<readonly string[]>(
  () => place.value.query.get('child')?.split('/').filter(Boolean) ?? [],
);

let reading: AbortController | undefined;

/** Stops an earlier read of it. */
async function readDetail(name: string): Promise<void> {
  reading?.abort();
  const stop = new AbortController();
  reading = stop;
  try {
    const next = await read<ActorDetail>(actorPath(name), stop.signal);
    if (actor.value !== name) return;
    // A step that came meanwhile is newer.
    const kept = detail.value;
    const isOlder = kept?.row.uid === next.row.uid && kept.row.seq > next.row.seq;
    detail.value = isOlder ? { ...kept, allowed: next.allowed } : next;
    detailProblem.value = '';
  } catch (error) {
    if (!stop.signal.aborted) detailProblem.value = sayFailure(error);
  } finally {
    if (reading === stop) reading = undefined;
  }
}

async function readSteps(name: string): Promise<void> {
  try {
    const { page, isJoined } = await stepsSince(name, steps.value.at(-1));
    if (actor.value !== name) return;
    firstKept.value = page.first;
    // Others may have come meanwhile, by the stream or by another read.
    const bySeq = new Map(page.steps.map((step) => [step.seq, step]));
    const fromSeq = isJoined ? 0 : (page.steps[0]?.seq ?? 0);
    for (const step of steps.value)
      if (step.uid === page.uid && step.seq >= fromSeq) bySeq.set(step.seq, step);
    const all = [...bySeq.values()].sort((left, right) => left.seq - right.seq);
    steps.value = all.slice(-STEPS_KEPT);
  } catch {
    // The list stays as it is; the detail says what is wrong.
  }
}

/** Those behind the last one that is here, or the newest where these do not join it: another life, or too many missed. */
async function stepsSince(
  name: string,
  last: StepHead | undefined,
): Promise<{ readonly page: StepsPage; readonly isJoined: boolean }> {
  const path = `${actorPath(name)}/steps?limit=${STEPS_READ}`;
  if (last !== undefined) {
    const page = await read<StepsPage>(`${path}&after=${last.seq}`);
    const reached = page.steps.at(-1)?.seq ?? last.seq;
    if (page.uid === last.uid && reached >= page.last) return { page, isJoined: true };
  }
  return { page: await read<StepsPage>(path), isJoined: false };
}

async function readUntilMoved(name: string): Promise<void> {
  await readSteps(name);
  for (let pages = 1; pages < PAGES_SOUGHT; pages += 1) {
    const [oldest] = steps.peek();
    if (actor.peek() !== name || oldest === undefined) return;
    if (oldest.seq <= Math.max(1, firstKept.peek())) return;
    if (chosen(steps.peek(), 'move').length > 0) return;
    await readOlderSteps();
    // Nothing older came: it failed and says so, or another read was first.
    if (steps.peek()[0] === oldest) return;
  }
}

/** Those before the oldest on this page. Never rejects: what went wrong stands in `olderProblem`. */
export async function readOlderSteps(): Promise<void> {
  const name = actor.value;
  const [oldest] = steps.value;
  if (name === null || oldest === undefined) return;
  try {
    const page = await read<StepsPage>(
      `${actorPath(name)}/steps?limit=${STEPS_READ}&before=${oldest.seq}`,
    );
    if (actor.value !== name) return;
    olderProblem.value = '';
    if (steps.value[0] === oldest) steps.value = [...page.steps, ...steps.value].slice(-STEPS_KEPT);
  } catch (error) {
    if (actor.value === name) olderProblem.value = sayFailure(error);
  }
}

function reread(): void {
  const name = actor.value;
  if (name === null || isPaused.value) return;
  void readDetail(name);
  void readSteps(name);
  // What has been read of the past does not change, but the read may have failed.
  const seq = atSeq.value;
  if (seq !== null && pastProblem.value !== '') void readPast(name, seq);
}

let rereadTimer: ReturnType<typeof setTimeout> | undefined;
function rereadSoon(): void {
  rereadTimer ??= setTimeout(() => {
    rereadTimer = undefined;
    if (actor.value !== null) void readDetail(actor.value);
  }, REREAD_MS);
}

function takeStep(step: Step): void {
  const now = detail.value;
  if (step.actor !== actor.value || now === undefined) return;
  const { image: whole, patch, row, ...head } = step;
  if (step.uid !== now.row.uid || (whole === undefined && step.seq !== now.row.seq + 1)) {
    // Numbers begin anew in another life.
    if (step.uid !== now.row.uid) steps.value = [];
    if (step.uid !== now.row.uid || step.seq > now.row.seq) reread();
    return;
  }
  if (step.seq <= now.row.seq) return;
  try {
    const image = whole ?? applyPatch(now.image, patch ?? { set: [], del: [] });
    detail.value = { ...now, row, image, hash: step.hash };
    steps.value = [...steps.value, head].slice(-STEPS_KEPT);
  } catch {
    reread();
  }
  rereadSoon();
}

async function readPast(name: string, seq: number): Promise<void> {
  try {
    const at = await read<At>(`${actorPath(name)}/at/${seq}`);
    if (actor.value !== name || atSeq.value !== seq) return;
    past.value = { actor: name, at };
    pastProblem.value = '';
  } catch (error) {
    if (actor.value === name && atSeq.value === seq) pastProblem.value = sayFailure(error);
  }
}

/** Give it to an effect: follows whatever actor is open until it is stopped. */
export function followActor(): () => void {
  const stops = [
    effect(() => {
      const name = actor.value;
      watchActor(name);
      detail.value = undefined;
      detailProblem.value = '';
      olderProblem.value = '';
      steps.value = [];
      if (name === null) return;
      untracked(() => {
        void readDetail(name);
        void readUntilMoved(name);
      });
    }),
    effect(() => {
      const seq = atSeq.value;
      pastProblem.value = '';
      const name = actor.value;
      if (name !== null && seq !== null) void readPast(name, seq);
    }),
    effect(() => {
      if (resumes.value > 0) untracked(reread);
    }),
    onStep(takeStep),
    onResync(reread),
  ];
  const timer = setInterval(() => {
    // One that is under way is waited for, however slow the host is.
    if (!isOwner.value && !document.hidden && reading === undefined) reread();
  }, POLL_MS);
  return () => {
    clearInterval(timer);
    clearTimeout(rereadTimer);
    rereadTimer = undefined;
    reading?.abort();
    for (const stop of stops) stop();
    watchActor(null);
  };
}

/** Image of the machine at a path of child ids; undefined when it is not there. */
export function imageAt(image: Image, path: readonly string[]): Image | undefined {
  let found: Image | undefined = image;
  for (const id of path) found = found?.children[id];
  return found;
}
