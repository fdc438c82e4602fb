/** Scripts on a machine of the simulated cloud: the same order runs once, takes its time, and may fail. */
import type { ScriptAnswer } from '../../../machines/messages.ts';
import type { Wire } from '../wire.ts';
import type { Estate } from './estate.ts';
import { cloudFault } from './faults.ts';
import { runScript } from './k3s.ts';
import { isLive } from './machine.ts';
import type { Machine } from './machine.ts';
import type { MachinePark } from './machines.ts';

export interface ScriptParts {
  readonly wire: Wire;
  readonly park: MachinePark;
  readonly estate: Estate;
  readonly onInit: (machine: Machine) => void;
}

export interface ScriptOrder {
  readonly verb: string;
  readonly opId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const longScriptMs = [5_000, 60_000] as const;
const longVerbs: ReadonlySet<string> = new Set(['stage', 'init', 'join-server', 'join-agent']);
const noFacts = { progress: 0, hint: 'the script failed (simulated)', facts: {} };

/** @param process  that has ordered it */
export function scriptOn(
  { wire, park, estate, onInit }: ScriptParts,
  process: string,
  machine: Machine | undefined,
  { verb, opId, parameters }: ScriptOrder,
): ScriptAnswer {
  if (machine === undefined || !machine.isAgentOnline || !isLive(machine))
    throw cloudFault('Retryable', 'InvalidInstanceId', { mayHaveHappened: false });
  const nowMs = wire.clock.monotonicMs();
  const known = machine.runs.get(opId);
  const endsMs = nowMs + (longVerbs.has(verb) ? wire.chance.whole(...longScriptMs) : 0);
  const run = known ?? { verb, endsMs, answer: undefined };
  machine.runs.set(opId, run);
  if (run.answer !== undefined) return run.answer;
  if (nowMs < run.endsMs)
    return { ok: true, running: true, code: 'ok', progress: 50, hint: '', facts: {} };
  if (wire.weather.strikes('remote', ['scriptFails']) !== undefined) {
    wire.trace.fault('remote.scriptFails', process, verb);
    // The next try begins anew.
    machine.runs.delete(opId);
    return { ...noFacts, ok: false, running: false, code: 'script.failed' };
  }
  run.answer = runScript({
    ...{ machine, machines: park.ofUid(machine.uid), verb, parameters, onInit },
    secret: estate.secretOf(machine.uid),
  });
  if (!run.answer.ok) machine.runs.delete(opId);
  return run.answer;
}
