/** A cluster that runs on a double of its cloud, how to change it, and what to see of that. */
import type { PerformInput } from '../../../machines/messages.ts';
import { CloudDouble, manifest } from './cloud-double.ts';
import type { Answer, Script } from './cloud-double.ts';

export const steady = (cloud: CloudDouble) => () => cloud.phase === 'running.steady';

export async function running(servers: number, agents: number, script?: Script, extra = {}) {
  const cloud = new CloudDouble(script);
  cloud.command('cluster.apply', manifest(servers, agents, extra));
  await cloud.runUntil(steady(cloud));
  cloud.calls.length = 0;
  return cloud;
}

/** The verb of a script, the name of any other effect. */
export const verbOf = (call: PerformInput): string =>
  call.effect === 'node.script' ? (call.input as { verb: string }).verb : call.effect;
export const verbs = (cloud: CloudDouble): string[] => cloud.calls.map(verbOf);
export const context = (cloud: CloudDouble) => cloud.cluster.getSnapshot().context;
/** What was published under this type. */
export const told = (cloud: CloudDouble, type: string) =>
  cloud.emitted.filter((each) => each.type === type).map(({ data }) => data);
/** A script that answers no. */
export const refusal = (code: string): Answer => ({
  value: { ok: false, running: false, code, progress: 0, hint: code, facts: {} },
});
export const settles = async (cloud: CloudDouble, steps = 1_500): Promise<void> => {
  await cloud.step(0);
  await cloud.runUntil(steady(cloud), steps);
};
