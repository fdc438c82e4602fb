/** The checker of commands before a message that was decided twice over: by a dead letter, and by a record or another letter. */
import { describe, expect, it } from 'vitest';
import type { CommandDelivery } from '../../../actors/ports.ts';
import { commands } from '../../simulation/checkers/commands.ts';
import { court, record } from './court.ts';

const key = { kind: 'cluster', namespace: 'shop', name: 'eu-0' } as const;

/** One order that has left the stream, with these dead letters; `codes`: how a record holds it. */
function history(
  letters: readonly string[],
  codes: readonly string[],
  isSentTwice = false,
): string[] {
  const { world, checker, accused, write } = court(commands);
  const sent = world.users.order(key, 'pause');
  const [sequence = 0] = sent.sequences;
  for (const code of letters) {
    const delivery = { ...key, verb: 'pause', sequence } as CommandDelivery;
    world.outlets.letters.push({ delivery, commandId: sent.id, problem: { code } });
  }
  write(record({ seen: codes.map((code) => ({ id: sent.id, code, correlationId: '' })) }));
  world.stream.removeForCertain('h1.1', sequence, 'confirmed');
  if (isSentTwice) sent.sequences.push(sequence + 1);
  checker.ended?.();
  return accused.filter((text) => text.includes('dead-lettered'));
}

describe('dead letters', () => {
  it.each<[string, string[], string[]]>([
    ['no letter', [], ['ok']],
    ['no record', ['service.busy'], []],
    ['the same letter stored twice', ['service.busy', 'service.busy'], []],
    [
      'a poisoned turn, filed as what it stands in the record',
      ['actor.poisoned'],
      ['actor.poisoned'],
    ],
  ])('are sound with %s', (_what, letters, codes) => {
    expect(history(letters, codes)).toEqual([]);
  });

  it.each<[string, string[], string[]]>([
    ['done as well', ['service.busy'], ['ok']],
    ['refused for another reason as well', ['service.busy'], ['transition.notAllowed']],
    ['filed for another reason as well', ['service.busy', 'mailbox.full'], []],
  ])('are found of a message that is %s', (_what, letters, codes) => {
    expect(history(letters, codes)).toHaveLength(1);
  });

  it('say nothing of an order that was stored twice: each copy is decided by itself', () => {
    expect(history(['service.busy'], ['ok'], true)).toEqual([]);
  });
});
