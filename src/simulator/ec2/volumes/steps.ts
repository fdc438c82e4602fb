/** Lives planned ahead as steps: what is true at a moment, what reads show of it, and how a change plans on. */
import type { Step } from '../../state/volume-records.ts';
import { drawDuration } from '../../world.ts';
import type { World } from '../../world.ts';

/** What is true at the moment. */
export function stateAt<State extends string>(steps: readonly Step<State>[], nowMs: number): State {
  return stepAt(steps, nowMs).state;
}

/** What reads show at the moment; it may lag behind what is true. */
export function seenAt<State extends string>(steps: readonly Step<State>[], nowMs: number): State {
  return firstOr(
    steps,
    steps.findLast((step) => step.seenAtMs <= nowMs),
  ).state;
}

/** The step that is true at the moment. */
export function stepAt<State extends string>(
  steps: readonly Step<State>[],
  nowMs: number,
): Step<State> {
  return firstOr(
    steps,
    steps.findLast((step) => step.atMs <= nowMs),
  );
}

function firstOr<State extends string>(
  steps: readonly Step<State>[],
  found: Step<State> | undefined,
): Step<State> {
  const step = found ?? steps[0];
  if (step === undefined) throw new Error('a life has at least one step');
  return step;
}

/** The steps so far, with what was planned beyond now replaced; how late reads see each is drawn by the key. */
export function planOn<State extends string>(
  world: World,
  key: string,
  before: readonly Step<State>[],
  nowMs: number,
  next: readonly Omit<Step<State>, 'seenAtMs'>[],
): readonly Step<State>[] {
  const past = before.filter((step) => step.atMs <= nowMs);
  const planned = next.map((step, index) => ({
    ...step,
    seenAtMs:
      step.atMs + drawDuration(world, 'lag', `${key}/${step.state}/${String(past.length + index)}`),
  }));
  return [...past, ...planned];
}
