/** Sending what was looked at, while the actor gets new revisions all the time. */
import { expect, it } from 'vitest';
import type { CommandRequest, DryRun } from '../../../../src/inspector/api.ts';
import { confirmWord } from '../../../../src/inspector/confirming.ts';
import { ApiFailure } from '../../../../src/inspector/page/api-client.ts';
import { sendSeen } from '../../../../src/inspector/page/commands/sending.ts';

const turnAt = (revision: number, stateAfter = 'paused'): DryRun =>
  ({
    why: {},
    turn: { revision, stateBefore: 'active', stateAfter, edges: ['e'] },
  }) as unknown as DryRun;
const request = { kind: 'replication', namespace: 'default', name: 'db-1', verb: 'pause' };
const conflict = () => new ApiFailure(409, 'revision.conflict', 'it has changed since');

/** A host that refuses the first tries. @param looks what it answers to each look */
function host(refusals: number, looks: DryRun[], failure: () => Error = conflict) {
  const sent: CommandRequest[] = [];
  const id = { current: 'first' };
  return {
    ...{ sent, id },
    sending: (seen: DryRun | undefined) =>
      sendSeen({
        ...{ request, seen, id },
        post: (body) => {
          sent.push(body);
          if (sent.length <= refusals) return Promise.reject(failure());
          return Promise.resolve({ commandId: body.commandId });
        },
        look: () => Promise.resolve(looks.shift() ?? turnAt(99)),
      }),
  };
}

it('sends once more with the new revision and a new id while it would do the same', async () => {
  const { sent, sending } = host(2, [turnAt(8), turnAt(9)]);
  expect(await sending(turnAt(7))).toMatchObject({ name: 'sent' });
  expect(sent.map(({ ifRevision }) => ifRevision)).toEqual([7, 8, 9]);
  expect(new Set(sent.map(({ commandId }) => commandId)).size).toBe(3);
});

it('sends nothing more once it would do something else', async () => {
  const { sent, sending, id } = host(9, [turnAt(8, 'failed.safe')]);
  expect(await sending(turnAt(7))).toEqual({ name: 'changed', dryRun: turnAt(8, 'failed.safe') });
  expect(sent).toHaveLength(1);
  expect(id.current).not.toBe('first');
});

it('sends nothing more once it would be refused', async () => {
  const { sent, sending } = host(9, [{ why: {} } as unknown as DryRun]);
  expect(await sending(turnAt(7))).toMatchObject({ name: 'changed' });
  expect(sent).toHaveLength(1);
});

it('gives up after three more tries', async () => {
  const { sent, sending } = host(9, []);
  await expect(sending(turnAt(7))).rejects.toMatchObject({ code: 'revision.conflict' });
  expect(sent).toHaveLength(4);
});

it('keeps the id of a try that nobody answered', async () => {
  const { sent, sending, id } = host(1, [], () => new ApiFailure(0, 'unreachable', 'gone'));
  await expect(sending(turnAt(7))).rejects.toMatchObject({ status: 0 });
  expect([sent.length, id.current]).toEqual([1, 'first']);
});

it('asks for no revision when nothing was looked at', async () => {
  const { sent, sending } = host(0, []);
  await sending(undefined);
  expect(sent[0]).not.toHaveProperty('ifRevision');
});

it('has the key of a breaker typed, and the name of everything else', () => {
  const guard = { kind: 'guard', name: 'fleet' };
  expect(confirmWord(guard, { key: 'main/eu/ec2', reason: 'drill' })).toBe('main/eu/ec2');
  expect(confirmWord(guard, {})).toBe('fleet');
  expect(confirmWord({ kind: 'cluster', name: 'web' }, { key: 'x' })).toBe('web');
});
