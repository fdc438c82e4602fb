/** The replication chart run as an actor: its operations, their ids, and what it answers to orders. */
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import { describe, expect, it } from 'vitest';
import { gate } from '../../../actors/effect.ts';
import { lint } from '../../../actors/lint.ts';
import type { PerformInput, PerformResult } from '../../../machines/messages.ts';
import { buildOperationMachine, operationMachine } from '../../../machines/operation.ts';
import { builtInRetries } from '../../../machines/retry.ts';
import { buildReplicationMachine } from '../../../machines/replication.ts';
import { admitReplication } from '../../../machines/replication-admission.ts';
import type { ReplicationCommand } from '../../../machines/replication-events.ts';
import { replication } from '../../../machines/replication-limits.ts';
import { overrideTokenOf } from '../../../machines/replication-safety.ts';
import { replicationManifest } from '../../model/replication/manifest.ts';

const answers: Record<string, object> = {
  preflight: { ok: true, because: [] },
  fence: { fenced: true, observed: 'detached' },
  prove: { writable: 'no', observed: '' },
  verify: { self: 'yes', peer: 'no' },
  syncStatus: { isComplete: true },
};
const stamp = { atMs: 1_000_000, correlationId: 'c-1', commandId: 'k-1', by: 'ada' };

interface Asked {
  readonly effect: string;
  readonly input: { opId?: string; issueBeforeMs?: number; epoch: number; endpoint: string };
}

function started(script: Record<string, object> = {}) {
  const asked: Asked[] = [];
  const clock = new SimulatedClock();
  const perform = fromPromise<PerformResult, PerformInput | Record<string, never>>(({ self }) => {
    const above = self._parent?.getSnapshot() as { context: Asked };
    const { effect, input } = above.context;
    asked.push({ effect, input });
    const name = effect.slice('replication.'.length);
    const side = input.endpoint;
    const sight = { self: side === 'home' ? 'yes' : 'no', peer: side === 'home' ? 'no' : 'yes' };
    const value = script[name] ?? (name === 'establish' ? sight : answers[name]);
    const point = { seq: 1, pitMs: 400_000 };
    return Promise.resolve({
      ...{ ok: true, atMs: stamp.atMs + clock.now(), roll: 0.5 },
      value: (value ?? point) as never,
    });
  });
  const operation = buildOperationMachine(builtInRetries).provide({ actors: { perform } });
  const actor = createActor(buildReplicationMachine(operation), {
    input: { uid: 'u'.repeat(26), namespace: 'prod', name: 'db-1', atMs: 0 },
    clock,
  });
  actor.start();
  const manifest = replicationManifest({ schedule: { every: '1h', rpo: '2h' } });
  actor.send({ type: 'replication.create', manifest, ...stamp });
  const phase = (side: 'home' | 'away') => actor.getSnapshot().context[side].phase;
  const settle = async () => {
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
  };
  /** Lets calls answer and time pass until it is so. */
  const until = async (isSo: () => boolean) => {
    for (let steps = 0; !isSo() && steps < 100; steps += 1) {
      await settle();
      if (!isSo()) clock.increment(5_000);
    }
    expect({ home: phase('home'), away: phase('away'), isSo: isSo() }).toMatchObject({
      isSo: true,
    });
  };
  const admit = (event: ReplicationCommand) => admitReplication(actor.getSnapshot().context, event);
  const protectedNow = async () => {
    await until(() => phase('home') === 'source.exposed' && phase('away') === 'replica.seeding');
    actor.send({ type: 'replication.sync', ...stamp });
    await until(() => phase('away') === 'replica.following');
  };
  return { actor, asked, clock, phase, until, admit, protectedNow };
}

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
