/** Which steps the detail panel lists, and in which words. */
import { expect, it } from 'vitest';
import type { StepHead } from '../../../../src/inspector/api.ts';
import {
  chosen,
  isMove,
  stepWords,
  targetWords,
} from '../../../../src/inspector/page/detail/step-words.ts';

type Taken = StepHead['taken'];

const step = (seq: number, state: string, taken: Taken, more: Partial<StepHead> = {}): StepHead =>
  ({ seq, state, taken, importance: 'change', correlationId: '', ...more }) as StepHead;
const moved = (path: string, event: string) => ({ path, event, edges: [`x|${event}|0`] });

const inside = [
  { path: 's0/op', event: 'xstate.done.actor.call', edges: ['a'] },
  moved('s0', 'xstate.done.actor.op'),
  moved('', 'node.changed'),
];
const joining = step(1, 'configuring.join', [moved('', 'node.changed')]);
const within = step(2, 'configuring.join', inside);
const verified = step(3, 'running.steady', [
  moved('op', 'xstate.done.actor.call'),
  moved('', 'xstate.done.actor.op'),
]);
const tick = step(4, 'running.steady', [], { importance: 'tick' });
const paused = step(5, 'running.paused', [moved('', 'pause')], {
  ...{ importance: 'command', command: { id: 'c1', verb: 'pause' } },
});
const all = [joining, within, verified, tick, paused];
const seqs = (some: readonly StepHead[]) => some.map(({ seq }) => seq);

it('calls a move what led the actor itself to another state', () => {
  expect(isMove(within, joining)).toBe(false);
  expect(isMove(verified, within)).toBe(true);
  expect(isMove(joining, undefined)).toBe(true);
  expect(isMove(step(9, 'x', [moved('s0', 'go')]), undefined)).toBe(false);
});

it('lists moves of machines inside only when they are asked for, and ticks only with all', () => {
  expect(seqs(chosen(all, 'command'))).toEqual([5]);
  expect(seqs(chosen(all, 'move'))).toEqual([1, 3, 5]);
  expect(seqs(chosen(all, 'inside'))).toEqual([1, 2, 3, 5]);
  expect(seqs(chosen(all, 'all'))).toEqual([1, 2, 3, 4, 5]);
});

it('names the machine inside, and of the actor itself what led it on', () => {
  expect(stepWords(within, false)).toEqual({ where: 's0', what: 'done · op' });
  expect(stepWords(verified, true)).toEqual({ where: '', what: 'done · op' });
  expect(stepWords(paused, true)).toEqual({ where: '', what: 'pause' });
  expect(stepWords(tick, false)).toEqual({ where: '', what: 'noted' });
});

it('writes of the new state what differs from the one before', () => {
  expect(targetWords(verified, within)).toBe('→ running.steady');
  expect(targetWords(step(9, 'running.scaling.up', []), verified)).toBe('→ scaling.up');
  expect(targetWords(within, undefined)).toBe('→ configuring.join');
});

it.each([
  ['xstate.after.scriptAgain.node.joining.following', 'after scriptAgain'],
  ['xstate.error.actor.0.call', 'error · call'],
  ['xstate.done.state.cluster.running', 'done'],
  ['', 'always'],
  ['node.changed', 'node.changed'],
])('writes %s as %s', (event, words) => {
  expect(stepWords(step(1, 's', [moved('', event)]), true).what).toBe(words);
});
