import { createActor } from 'xstate';
import { expect, it } from 'vitest';
import { guardFleetKind } from '../../../machines/guard-kinds.ts';
import { guardFleetMachine } from '../../../machines/guard-fleet.ts';
import type { DrainOrder, DrainVerb } from '../../../machines/host-marks.ts';
import { isDrainOrder } from '../../../machines/host-marks.ts';
import { bounds, hosting } from '../../../machines/limits.ts';

const order = (verb: DrainVerb, host: string, by?: string): DrainOrder => ({
  ...{ type: `guard.${verb}`, host, reason: 'update', commandId: `${verb} ${host}` },
  ...{ correlationId: 'k', atMs: 5, roll: 0.5, ...(by !== undefined && { by }) },
});

function fleet() {
  const actor = createActor(guardFleetMachine).start();
  const told: unknown[] = [];
  actor.on('*', (event) => told.push(event));
  const drained = () => actor.getSnapshot().context.drained;
  const admit = (asked: DrainOrder) => guardFleetKind.admit(actor.getSnapshot(), asked);
  return { actor, told, drained, admit };
}

it('keeps who drained a host, when and why, and tells it', () => {
  const { actor, told, drained } = fleet();
  actor.send(order('drain', 'h2', 'ana'));
  const mark = { host: 'h2', orderId: 'drain h2', reason: 'update', by: 'ana', atMs: 5 };
  expect(drained()).toEqual([mark]);
  expect(told).toEqual([{ type: 'hostDrained', correlationId: 'k', data: mark }]);
  expect(guardFleetKind.summary(actor.getSnapshot())).toMatchObject({
    ...{ severity: 'changing', sinceMs: 5 },
    reason: 'drain h2 by ana; update',
  });
  actor.send(order('undrain', 'h2'));
  expect(drained()).toEqual([]);
  expect(told.at(-1)).toMatchObject({ type: 'hostUndrained', data: { by: 'unknown' } });
});

it('leaves orders to breakers alone, as those leave the marks', () => {
  const { actor, drained } = fleet();
  const stamp = { commandId: 'c', correlationId: 'k', atMs: 1, roll: 0.5 };
  actor.send(order('drain', 'h2'));
  actor.send({ type: 'guard.isolate', key: 'main/eu/ec2', reason: 'r', ...stamp });
  actor.send({ type: 'guard.reset', key: 'main/eu/ec2', reason: 'r', ...stamp });
  expect(drained().map(({ host }) => host)).toEqual(['h2']);
});

it('has nothing to do for an order that says what stands', () => {
  const { actor, admit } = fleet();
  expect(admit(order('undrain', 'h2'))).toEqual({ kind: 'unchanged' });
  expect(admit(order('drain', 'h2'))).toEqual({ kind: 'accepted' });
  actor.send(order('drain', 'h2'));
  expect(admit(order('drain', 'h2'))).toEqual({ kind: 'unchanged' });
  expect(admit(order('undrain', 'h2'))).toEqual({ kind: 'accepted' });
});

it('takes the first order of all, whatever it says: it makes the actor', () => {
  expect(guardFleetKind.admit(undefined, order('undrain', 'h2'))).toEqual({ kind: 'accepted' });
});

it('refuses a mark too many, and says how to make room', () => {
  const { actor, admit } = fleet();
  for (let at = 0; at < hosting.drainedHostsMax; at += 1) actor.send(order('drain', `h${at}`));
  const refused = admit(order('drain', 'late'));
  expect(refused).toMatchObject({ kind: 'refused', refusal: { code: 'precondition.failed' } });
  expect(JSON.stringify(refused)).toContain('--undo');
  const most = String(hosting.drainedHostsMax);
  expect(JSON.stringify(refused)).toContain(`${most} hosts are drained, which is the most`);
  expect(admit(order('undrain', 'h3'))).toEqual({ kind: 'accepted' });
  actor.send(order('undrain', 'h3'));
  expect(admit(order('drain', 'late'))).toEqual({ kind: 'accepted' });
});

it('cuts a long reason', () => {
  const { actor, drained } = fleet();
  actor.send({ ...order('drain', 'h2'), reason: 'x'.repeat(bounds.faultMessageChars + 1) });
  expect(drained()[0]?.reason).toHaveLength(bounds.faultMessageChars);
});

it('tells orders to hosts from orders to breakers', () => {
  const types = ['guard.drain', 'guard.undrain', 'guard.isolate', 'guard.reset'];
  expect(types.filter((type) => isDrainOrder({ type }))).toEqual(['guard.drain', 'guard.undrain']);
});
