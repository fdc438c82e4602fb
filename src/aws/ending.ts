/** Terminates instances, many in one call; protection is lifted first where it has to be. */
import { valuesOf } from '../../actors/policies/fan-out.ts';
import type { Machines } from '../../actors/ports.ts';
import { unlessDone } from './faults.ts';
import { statesIn } from './power.ts';
import type { CallScope, Sessions } from './session.ts';
import { batchCall } from './shared-calls.ts';
import type { SharedCalls } from './shared-calls.ts';

const noSuchInstance = ['InvalidInstanceID.NotFound'];
const gone = { state: 'gone' };
/** EC2 lifts one protection a call; several batches do so side by side. */
const liftsAtOnce = 3;

export const terminator =
  (sessions: Sessions, shared: SharedCalls): Machines['terminate'] =>
  async (scope, instanceId, liftProtection, attempt) => {
    const names = [
      liftProtection ? 'liftAndTerminate' : 'terminate',
      'TerminateInstances',
    ] as const;
    const call = batchCall(scope, names, async (ids, within) => {
      const there = liftProtection ? await liftAll(sessions, shared, within, ids) : ids;
      const ended = await terminate(sessions, within, there);
      return new Map(ids.map((id) => [id, ended.get(id) ?? gone]));
    });
    return (
      (await unlessDone(noSuchInstance, () => shared.batches.run(call, instanceId, attempt))) ??
      gone
    );
  };

async function terminate(sessions: Sessions, scope: CallScope, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, { state: string }>();
  const reply = await sessions.ec2(scope, 'terminateInstances', { InstanceIds: [...ids] });
  return statesIn(reply.TerminatingInstances, 'shutting-down');
}

/** Lifts each protection; returns the instances that are still there. */
async function liftAll(
  sessions: Sessions,
  { fanOut }: SharedCalls,
  attempt: CallScope,
  ids: readonly string[],
): Promise<string[]> {
  const report = await fanOut.run(
    { kind: 'lift', attempt, widthMax: liftsAtOnce },
    ids,
    (id, within) => lift(sessions, { ...attempt, ...within }, id),
  );
  const isThere = valuesOf(report);
  return ids.filter((_id, index) => isThere[index]);
}

/** Reached a second time when the first terminate was lost: the instance may be gone or on its way by then. */
async function lift(sessions: Sessions, scope: CallScope, instanceId: string): Promise<boolean> {
  const off = { InstanceId: instanceId, DisableApiTermination: { Value: false } };
  const lifted = unlessDone(noSuchInstance, async () => {
    await unlessDone(['IncorrectInstanceState'], () =>
      sessions.ec2(scope, 'modifyInstanceAttribute', off),
    );
    return true;
  });
  return (await lifted) ?? false;
}
