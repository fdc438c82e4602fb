/** The viewer for apps of others keeps no more than its bounds, whatever it is told. */
import { expect, it } from 'vitest';
import { foreign } from '../../../../machines/limits-inspector-compat.ts';
import { readMessage } from '../../../../src/inspector/page/view/messages.ts';
import { outlineOf } from '../../../../src/inspector/page/view/outline.ts';
import { emptyWorld, taking } from '../../../../src/inspector/page/view/world.ts';
import type { World } from '../../../../src/inspector/page/view/world.ts';

const head = { _version: '0.7.2', createdAt: '0' };

function told(world: World, data: object): World {
  const read = readMessage(data);
  if (read.is !== 'message') throw new Error(JSON.stringify(read).slice(0, 300));
  return taking(world, read.message, read.characters);
}

const joins = (session: string, status = 'active', padding = ''): object => ({
  ...{ ...head, type: '@xstate.actor', sessionId: session, name: session },
  snapshot: { status, value: 'on', context: { padding } },
});

it('lets ended actors go first, then those that came first', () => {
  let world = told(emptyWorld, joins('kept'));
  world = told(world, joins('ended', 'done'));
  for (let each = 2; each < foreign.actorsMax; each += 1) world = told(world, joins(`a${each}`));
  expect(world.refused).toBe(0);
  world = told(world, joins('one more'));
  expect(world.actors.size).toBe(foreign.actorsMax);
  expect([world.actors.has('kept'), world.actors.has('ended')]).toEqual([true, false]);
  world = told(world, joins('and one'));
  expect(world.actors.has('kept')).toBe(false);
  expect(world.because).toContain('kept');
});

it('keeps so many characters, and the newest events', () => {
  const padding = 'x'.repeat(900_000);
  const fitting = Math.floor(foreign.keptCharactersMax / 900_200);
  let world = emptyWorld;
  for (let each = 0; each < fitting + 3; each += 1)
    world = told(world, joins(`a${each}`, 'active', padding));
  expect(world.actors.size).toBe(fitting);
  for (let each = 0; each < foreign.eventsMax + 10; each += 1)
    world = told(world, {
      ...head,
      type: '@xstate.event',
      sessionId: 'a5',
      event: { type: `e${each}` },
    });
  expect(world.happenings).toHaveLength(foreign.eventsMax);
  expect(world.happenings[0]?.type).toBe('e10');
});

it('counts a definition as long as its actor is there, however often that moves', () => {
  const definition = JSON.stringify({ description: 'x'.repeat(100_000) });
  let world = told(emptyWorld, { ...joins('a'), definition });
  const snapshot = { status: 'active', value: 'on' };
  for (let each = 0; each < 10; each += 1)
    world = told(world, { ...head, type: '@xstate.snapshot', sessionId: 'a', snapshot });
  expect(world.actors.get('a')?.characters).toBeGreaterThan(definition.length);
  expect(world.actors.get('a')?.characters).toBeLessThan(definition.length + 1_000);
});

it('cuts charts that are too deep or too large, and takes what is none for none', () => {
  let deep: object = {};
  for (let level = 0; level < 1_000; level += 1) deep = { states: { s: deep } };
  const depth = (state: ReturnType<typeof outlineOf>): number =>
    state === undefined ? 0 : 1 + depth(state.states[0]);
  expect(depth(outlineOf(JSON.stringify(deep)))).toBe(foreign.depthMax + 1);
  const wide = {
    states: Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`s${n}`, {}])),
  };
  expect(outlineOf(JSON.stringify(wide))?.states).toHaveLength(foreign.statesMax);
  expect(outlineOf('{')).toBeUndefined();
});

it.each([
  ['another protocol', { type: 'webpackOk' }, 'other'],
  ['a text', '@xstate.actor', 'other'],
  ['no session', { ...head, type: '@xstate.event', event: { type: 'e' } }, 'refused'],
  ['a long name', { ...head, type: '@xstate.actor', sessionId: 'x'.repeat(301) }, 'refused'],
  ['an unknown word', { ...head, type: '@xstate.microstep', sessionId: 'x' }, 'refused'],
])('reads %s for what it is', (_what, data, is) => {
  expect(readMessage(data).is).toBe(is);
});
