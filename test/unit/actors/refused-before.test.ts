/** A host dies between the dead letter of a refusal and the removal of its message: whoever comes next refuses it as it was. */
import { expect, it } from 'vitest';
import { World } from './world.ts';

/** One command, then none for a while. */
const intake = { ratePerSecond: 0.1, burst: 1, waitMaxMs: 0 };

/** A host that has made job `a`, is busy from then on, and dies with its dead letters stored and the commands still there. */
async function deadInBetween(send: (world: World) => void): Promise<World> {
  const world = await new World({ intake }).start();
  await world.ask('create');
  const release = world.bus.holdPublishes();
  send(world);
  await world.clock.advance(0);
  world.crash();
  release();
  await world.clock.advance(0);
  expect(world.bus.waiting()).toHaveLength(world.bus.deadLetters.length);
  expect(world.bus.replies).toHaveLength(1);
  return world;
}

const note = (world: World, text: string) =>
  void world.send('note', { text }, { 'Nats-Msg-Id': text });
const letters = (world: World) => world.bus.deadLetters.map(({ problem }) => problem);
const again = (problem: Readonly<Record<string, unknown>> | undefined) => ({
  ...problem,
  reason: 'repeated',
});

it('refuses it with the same problem, though it could be done now, and does what stands behind it', async () => {
  const world = await deadInBetween((dying) => note(dying, 'first'));
  expect(letters(world)).toMatchObject([{ code: 'service.busy', retryAfterMs: 10_000 }]);
  note(world, 'second');
  const next = await new World({}, world).start();
  await next.clock.advance(0);
  expect(next.reply('first')).toMatchObject({
    body: again(letters(next)[0]),
    error: { status: 429 },
  });
  expect(next.reply('second').body).toMatchObject({ accepted: true });
  expect(next.bus.replies.map(({ inbox }) => inbox).slice(1)).toEqual([
    '_INBOX.t.first',
    '_INBOX.t.second',
  ]);
  expect(next.record().snapshot).toMatchObject({ context: { notes: ['second'] } });
  expect(next.bus.waiting()).toEqual([]);
  // Counted by the host that stored it.
  expect(letters(next)).toHaveLength(1);
  expect(next.telemetry.counts.get('fairlead_dead_letters_total service.busy')).toBeUndefined();
  await next.stop();
});

it('refuses with the same problem what is not even let in the second time', async () => {
  const world = await deadInBetween((dying) => {
    note(dying, 'x1');
    note(dying, 'x2');
    dying.send('note', { colour: 'red' }, { 'Nats-Msg-Id': 'odd' });
  });
  const next = await new World({ intake }, world).start();
  await next.clock.advance(0);
  const [first, second, third] = letters(next);
  expect(next.reply('x1').body).toEqual(again(first));
  expect(next.reply('x2').body).toEqual(again(second));
  expect(next.reply('odd').body).toEqual(again(third));
  expect(letters(next)).toHaveLength(3);
  expect(next.bus.waiting()).toEqual([]);
  await next.stop();
});

it('decides nothing of that actor before the dead letters have answered', async () => {
  const world = await deadInBetween((dying) => note(dying, 'first'));
  note(world, 'second');
  world.bus.lettersUnanswered = 2;
  const next = await new World({}, world).start();
  await next.clock.advance(0);
  expect(next.bus.lettersAsked).toHaveLength(1);
  expect(next.bus.replies).toHaveLength(1);
  expect(next.record().seen).toHaveLength(1);
  await next.clock.advance(5_000);
  expect(next.reply('first').body).toEqual(again(letters(next)[0]));
  expect(next.reply('second').body).toMatchObject({ accepted: true });
  await next.stop();
});

it('leaves the command to the next owner when ownership ends before they have answered', async () => {
  const world = await deadInBetween((dying) => note(dying, 'first'));
  world.bus.lettersUnanswered = Infinity;
  const next = await new World({}, world).start();
  await next.stop();
  expect(next.bus.replies).toHaveLength(1);
  expect(next.bus.waiting()).toHaveLength(1);
  world.bus.lettersUnanswered = 0;
  const last = await new World({}, next).start();
  await last.clock.advance(0);
  expect(last.reply('first').body).toEqual(again(letters(last)[0]));
  await last.stop();
});

it('reads the record for itself where the other host has held the actor for inspection', async () => {
  const world = await deadInBetween((dying) => note(dying, 'first'));
  for (const letter of world.bus.deadLetters)
    Object.assign(letter, { problem: { ...letter.problem, code: 'actor.quarantined' } });
  const next = await new World({}, world).start();
  await next.clock.advance(0);
  expect(next.reply('first').body).toMatchObject({ accepted: true });
  expect(next.bus.waiting()).toEqual([]);
  await next.stop();
});

it('decides a later message under the same id anew', async () => {
  const world = await deadInBetween((dying) => note(dying, 'first'));
  const next = await new World({}, world).start();
  await next.clock.advance(0);
  next.bus.forget('first');
  note(next, 'first');
  await next.clock.advance(0);
  expect(next.reply('first').body).toMatchObject({ accepted: true });
  await next.stop();
  const copies = next.bus.lettersAsked;
  expect(copies).toEqual([2]);
});

it('asks for no dead letter of a command that nobody can have had before', async () => {
  const world = await new World().start();
  await world.ask('create');
  await world.ask('note', { text: 'x' });
  await world.ask('run', {}, {}, 'missing');
  await world.ask('note', { colour: 'red' });
  expect(world.bus.deadLetters).toHaveLength(2);
  expect(world.bus.lettersAsked).toEqual([]);
  await world.stop();
});
