/** What a step was about, in the words of the chart. Pure. */
import type { Importance, StepHead } from '../../api.ts';

export type Filter = 'command' | 'move' | 'inside' | 'all';

/** Whether the actor itself moved, and not only a machine inside it. @param before its step before this one, as far as it is known */
export const isMove = (step: StepHead, before: StepHead | undefined): boolean =>
  step.importance !== 'tick' &&
  (before === undefined
    ? step.taken.some(({ path, edges }) => path === '' && edges.length > 0)
    : before.state !== step.state);

const wanted: Readonly<Record<Filter, readonly Importance[]>> = {
  command: ['command'],
  move: ['command'],
  inside: ['command', 'change'],
  all: ['command', 'change', 'tick'],
};

/** Those to list, in the order given. @param steps oldest first */
export const chosen = (steps: readonly StepHead[], filter: Filter): StepHead[] =>
  steps.filter(
    (step, index) =>
      wanted[filter].includes(step.importance) ||
      (filter === 'move' && isMove(step, steps[index - 1])),
  );

/** `→ running.steady`; within the same part of the chart only what is new: `→ verify`. */
export function targetWords({ state }: StepHead, before: StepHead | undefined): string {
  const left = before?.state.split('.') ?? [];
  const path = state.split('.');
  const same = path.findIndex((each, index) => each !== left[index]);
  return `→ ${path.slice(Math.max(0, same)).join('.')}`;
}

export interface StepWords {
  /** Machine inside whose move it was, as a path; empty for the actor itself. */
  readonly where: string;
  readonly what: string;
}

/** @param moved the actor itself moved: then its own event tells more than those of machines inside */
export function stepWords({ command, taken, isRestored }: StepHead, moved: boolean): StepWords {
  if (command !== undefined) return { where: '', what: command.verb };
  if (isRestored) return { where: '', what: 'restored' };
  const moves = taken.filter(({ edges }) => edges.length > 0);
  const depth = (path: string) => (path === '' ? 0 : path.split('/').length);
  const inside = moves.filter(({ path }) => path !== '');
  const outermost = Math.min(...inside.map(({ path }) => depth(path)));
  const told = moved
    ? moves.findLast(({ path }) => path === '')
    : inside.find(({ path }) => depth(path) === outermost);
  const first = told ?? moves[0] ?? taken[0];
  if (first === undefined) return { where: '', what: 'noted' };
  return { where: first.path, what: eventWords(first.event) };
}

/** `xstate.done.actor.op` → `done · op`, `xstate.after.bootDeadline.cluster.x` → `after bootDeadline`. */
function eventWords(event: string): string {
  if (event === '') return 'always';
  const [, kind = '', rest = ''] = /^xstate\.(after|done|error)\.(.+)$/.exec(event) ?? [];
  if (kind === 'after') return `after ${rest.split('.')[0] ?? ''}`;
  const [, id] = /^actor\.(?:.*\.)?([^.]+)$/.exec(rest) ?? [];
  if (kind !== '') return id === undefined ? kind : `${kind} · ${id}`;
  return event === 'xstate.init' ? 'began' : event;
}
