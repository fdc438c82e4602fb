/** The replication chart run as an actor over a world that answers at once, by script; in virtual time. */
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import { expect } from 'vitest';
import type { PerformInput, PerformResult } from '../../../machines/messages.ts';
import { buildOperationMachine } from '../../../machines/operation.ts';
import { builtInRetries } from '../../../machines/retry.ts';
import { buildReplicationMachine } from '../../../machines/replication.ts';
import { admitReplication } from '../../../machines/replication-admission.ts';
import type { ReplicationCommand } from '../../../machines/replication-events.ts';
import { replicationKind } from '../../../machines/replication-kind.ts';
import { replicationManifest } from '../../model/replication/manifest.ts';

const answers: Record<string, object> = {
  preflight: { ok: true, because: [] },
  fence: { fenced: true, observed: 'detached' },
  prove: { writable: 'no', observed: '' },
  verify: { self: 'yes', peer: 'no' },
  syncStatus: { isComplete: true },
};
export const stamp = { atMs: 1_000_000, correlationId: 'c-1', commandId: 'k-1', by: 'ada' };

interface Asked {
  readonly effect: string;
  readonly input: { opId?: string; issueBeforeMs?: number; epoch: number; endpoint: string };
}

/** What an effect answers, by its last name: always the same, or by how often it was asked before. */
type Script = Readonly<Record<string, object | ((before: number) => object)>>;

export function started(script: Script = {}, spec: Readonly<Record<string, unknown>> = {}) {
  const asked: Asked[] = [];
  const clock = new SimulatedClock();
  const perform = fromPromise<PerformResult, PerformInput | Record<string, never>>(({ self }) => {
    const above = self._parent?.getSnapshot() as { context: Asked };
    const { effect, input } = above.context;
    asked.push({ effect, input });
    const name = effect.slice('replication.'.length);
    const side = input.endpoint;
    const sight = { self: side === 'home' ? 'yes' : 'no', peer: side === 'home' ? 'no' : 'yes' };
    const before = asked.filter((each) => each.effect === effect).length - 1;
    const scripted = script[name];
    const said = typeof scripted === 'function' ? (scripted(before) as object) : scripted;
    const value = said ?? (name === 'establish' ? sight : answers[name]);
    const point = { seq: 1, pitMs: 400_000 };
    return Promise.resolve({
      ...{ ok: true, atMs: stamp.atMs + clock.now(), roll: 0.5 },
      value: (value ?? point) as never,
    });
  });
  const operation = buildOperationMachine(builtInRetries).provide({ actors: { perform } });
  const machine = buildReplicationMachine(operation);
  const kind = replicationKind(machine);
  const actor = createActor(machine, {
    input: { uid: 'u'.repeat(26), namespace: 'prod', name: 'db-1', atMs: 0 },
    clock,
  });
  const told: string[] = [];
  actor.on('*', (event) => told.push(event.type));
  actor.start();
  const manifest = replicationManifest({ schedule: { every: '1h', rpo: '2h' }, ...spec });
  actor.send({ type: 'replication.create', manifest, ...stamp });
  const phase = (side: 'home' | 'away') => actor.getSnapshot().context[side].phase;
  const settle = async () => {
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
  };
  /** Lets calls answer and time pass until it is so. */
  const until = async (isSo: () => boolean, stepsMax = 100) => {
    for (let steps = 0; !isSo() && steps < stepsMax; steps += 1) {
      await settle();
      if (!isSo()) clock.increment(5_000);
    }
    expect({ home: phase('home'), away: phase('away'), isSo: isSo() }).toMatchObject({
      isSo: true,
    });
  };
  const admit = (event: ReplicationCommand) => admitReplication(actor.getSnapshot().context, event);
  const protectedNow = async () => {
    await until(() => phase('away') === 'replica.following');
  };
  const context = () => actor.getSnapshot().context;
  const view = () =>
    kind.view(actor.getSnapshot()) as { status: Readonly<Record<string, unknown>> };
  /** Asked first, as hosting does. */
  const order = (command: ReplicationCommand) => {
    expect(admit(command)).toEqual({ kind: 'accepted' });
    expect(actor.getSnapshot().can(command)).toBe(true);
    actor.send(command);
  };
  return {
    ...{ actor, asked, clock, phase, settle, until, admit, protectedNow, told },
    ...{ context, view, order },
  };
}
