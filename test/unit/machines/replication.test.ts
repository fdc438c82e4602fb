/** The replication chart run as an actor: its operations, their ids, and what it answers to orders. */
import { describe, expect, it } from 'vitest';
import { gate } from '../../../actors/effect.ts';
import { lint } from '../../../actors/lint.ts';
import { operationMachine } from '../../../machines/operation.ts';
import { buildReplicationMachine } from '../../../machines/replication.ts';
import { replication } from '../../../machines/replication-limits.ts';
import { overrideTokenOf } from '../../../machines/replication-safety.ts';
import { stamp, started } from './replication-double.ts';

const promote = (how: 'planned' | 'forced') =>
  ({ type: 'replication.promote', endpoint: 'away', how, ...stamp }) as const;

describe('the replication chart', () => {
  it('may be hosted', () => {
    const perform = gate(() => Promise.resolve(null));
    const operation = operationMachine.provide({ actors: { perform: perform as never } });
    expect(lint(buildReplicationMachine(operation))).toEqual([]);
  });

  it('fails over by plan: the peer is demoted first, nothing is lost, ids fit and are told apart', async () => {
    const { actor, asked, phase, until, admit, protectedNow } = started();
    await protectedNow();
    expect(admit(promote('planned'))).toEqual({ kind: 'accepted' });
    actor.send(promote('planned'));
    await until(() => phase('away') === 'source.exposed');
    const { context } = actor.getSnapshot();
    expect(context).toMatchObject({ writer: 'away', epoch: 2, riskAccepted: null });
    expect(context.loss?.seconds).toBe(0);
    const effects = asked.map(({ effect }) => effect.slice('replication.'.length));
    expect(effects.indexOf('finalSync')).toBeGreaterThan(effects.indexOf('fence'));
    expect(effects.indexOf('arm')).toBeGreaterThan(effects.lastIndexOf('prove'));
    const arm = asked.find(({ effect }) => effect === 'replication.arm');
    expect(arm?.input).toMatchObject({ endpoint: 'away', epoch: 2 });
    expect(arm?.input.issueBeforeMs).toBeGreaterThan(stamp.atMs);
    for (const { input } of asked)
      expect((input.opId ?? '').length).toBeLessThanOrEqual(replication.opIdCharsMax);
    expect(phase('home')).toBe('replica.seeding');
  });

  it('arms nothing unproven until somebody accepts that risk by name, and records it', async () => {
    const { actor, asked, phase, until, admit, protectedNow } = started({
      fence: { fenced: false, observed: 'region unreachable' },
      prove: { writable: 'unknown', observed: 'region unreachable' },
      verify: { self: 'yes', peer: 'unknown' },
    });
    await protectedNow();
    actor.send(promote('forced'));
    await until(() => phase('away') === 'promoting.awaitingOverride');
    const wrong = admit({ type: 'replication.override', token: 'yes', ...stamp });
    expect(wrong).toMatchObject({ kind: 'refused', refusal: { code: 'fence.unproven' } });
    actor.send({ type: 'replication.override', token: 'yes', ...stamp });
    expect(phase('away')).toBe('promoting.awaitingOverride');
    const token = overrideTokenOf(actor.getSnapshot().context);
    actor.send({ type: 'replication.override', token, ...stamp });
    expect(asked.map(({ effect }) => effect)).not.toContain('replication.arm');
    await until(() => phase('away') === 'source.exposed');
    expect(actor.getSnapshot().context.riskAccepted).toMatchObject({
      ...{ epoch: 2, by: 'ada', observed: 'region unreachable', clearedAtMs: null },
    });
    expect(actor.getSnapshot().context.loss?.seconds).toBeGreaterThan(0);
  });

  it('fences an old writer that was not demoted as soon as it is seen again, once another writes', async () => {
    let isReached = false;
    const { actor, asked, context, phase, until, settle, protectedNow } = started({
      fence: () => ({ fenced: isReached, observed: '' }),
      prove: () => ({ writable: isReached ? 'no' : 'yes', observed: '' }),
      verify: { self: 'yes', peer: 'yes' },
    });
    const seen = (endpoint: 'home' | 'away') => {
      const sight = { endpoint, writable: 'yes', generation: 1 } as const;
      actor.send({ type: 'endpoint.observed', ...sight, atMs: context().atMs });
    };
    await protectedNow();
    actor.send(promote('forced'));
    await until(() => phase('away') === 'promoting.awaitingOverride');
    seen('home');
    await until(() => phase('home') === 'failed.writerIntact');
    seen('home');
    await settle();
    // Nobody else writes yet: it is left alone.
    expect(phase('home')).toBe('failed.writerIntact');
    actor.send({ type: 'replication.override', token: overrideTokenOf(context()), ...stamp });
    await until(() => phase('away').startsWith('source.'));
    const before = asked.length;
    isReached = true;
    seen('away');
    await settle();
    expect(asked).toHaveLength(before);
    seen('home');
    await until(() => phase('home').startsWith('replica.'));
    const fences = asked.slice(before).filter(({ effect }) => effect === 'replication.fence');
    expect(fences.map(({ input }) => input.endpoint)).toEqual(['home']);
    const earlier = asked.slice(0, before).map(({ input }) => input.opId);
    expect(earlier).not.toContain(fences[0]?.input.opId);
    expect(context()).toMatchObject({ operation: null, writer: 'away' });
    expect(context().riskAccepted?.clearedAtMs).not.toBeNull();
  });

  it('refuses what the table, another order or a guard forbids, and says why', async () => {
    const { actor, admit, protectedNow, phase, until } = started({
      preflight: { ok: false, because: ['quota'] },
    });
    await until(() => phase('away') === 'replica.seeding');
    expect(admit(promote('planned'))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'precondition.failed', because: ['away has no committed point'] },
    });
    await protectedNow();
    const home = { ...promote('planned'), endpoint: 'home' } as const;
    expect(admit(home)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'transition.notAllowed', allowedNext: ['demoting'] },
    });
    actor.send(promote('planned'));
    expect(admit(promote('planned'))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'operation.conflict' },
    });
    await until(() => phase('away') === 'replica.following');
    expect(actor.getSnapshot().context).toMatchObject({ because: ['quota'], operation: null });
  });

  it('gives up an order that is cancelled, and says safe only after the window', async () => {
    const { actor, phase, clock, until, protectedNow } = started();
    await protectedNow();
    actor.send(promote('forced'));
    await until(() => phase('away') === 'promoting.quietWindow');
    actor.send({ type: 'replication.cancel', ...stamp });
    const beganMs = clock.now();
    await until(() => phase('away') === 'failed.safe');
    expect(clock.now() - beganMs).toBeGreaterThanOrEqual(45_000);
  });
});
