/** A launch that has failed and may have happened: only an answer under its token ends the intent. */
import { expect, it } from 'vitest';
import type { EffectFault, PerformInput } from '../../../machines/messages.ts';
import { CloudDouble, manifest } from './cloud-double.ts';
import type { Answer } from './cloud-double.ts';

const fault = (type: EffectFault['type'], mayHaveHappened = false): EffectFault => ({
  ...{ type, code: type, message: `${type} happened`, mayHaveHappened },
});
const ofAgent = ({ token }: PerformInput): boolean => token.includes('-a0-');
const alive = (cloud: CloudDouble) =>
  [...cloud.instances.values()].filter(({ state }) => state !== 'terminated');

const phaseOfAgent = (cloud: CloudDouble) => cloud.cluster.getSnapshot().context.nodes['a0']?.phase;

/** One server and one agent, whose launch comes to nothing that anybody knows; `then` answers what is asked about it later. */
async function unresolved(
  first: Answer,
  then: (call: PerformInput) => Answer | undefined = () => undefined,
): Promise<CloudDouble> {
  const cloud: CloudDouble = new CloudDouble((call) => {
    if (!ofAgent(call) || call.effect === 'node.script') return undefined;
    return call.effect === 'node.launch' && cloud.count('node.resolve') === 0 ? first : then(call);
  });
  cloud.command('cluster.apply', manifest(1, 1));
  await cloud.runUntil(() => cloud.phase === 'failed.retryable', 2_000);
  return cloud;
}
const happened: Answer = { lost: fault('Timeout', true) };
const didNot: Answer = { fault: fault('Timeout', true) };

it('is asked about by its token before anything else is launched for its slot', async () => {
  const cloud = await unresolved(happened);
  expect(alive(cloud)).toHaveLength(2);
  await cloud.runUntil(() => cloud.phase === 'running.steady');
  expect(cloud.count('node.resolve')).toBe(1);
  expect(alive(cloud)).toHaveLength(2);
  const [ask] = cloud.calls.filter(({ effect }) => effect === 'node.resolve');
  expect(ask?.input).toMatchObject({ isWanted: true });
  expect(ask?.token).toBe(alive(cloud).find(({ slot }) => slot === 'a0')?.token);
});

// Seed 453917 of cluster-random: the second try was cancelled before its call, and the first was forgotten.
it('is not forgotten when the question about it is cancelled before it is asked', async () => {
  const cloud = await unresolved(happened);
  cloud.command('cluster.pause');
  await cloud.runUntil(() => phaseOfAgent(cloud) === 'launching');
  cloud.command('cluster.cancel');
  await cloud.runUntil(() => cloud.phase === 'failed.blocked');
  cloud.command('cluster.resume');
  cloud.command('cluster.delete');
  await cloud.runUntil(() => cloud.phase === 'deleted', 2_000);
  expect(cloud.swept).toBe(0);
  expect(alive(cloud)).toEqual([]);
  const [ask] = cloud.calls.filter(({ effect }) => effect === 'node.resolve');
  expect(ask?.input).toMatchObject({ isWanted: false });
});

it('is not forgotten when the question about it is refused: rights may have been taken away since', async () => {
  let isDenied = true;
  const cloud = await unresolved(happened, () =>
    isDenied ? { fault: fault('Unauthorized') } : undefined,
  );
  await cloud.runUntil(() => cloud.count('node.resolve') === 1, 2_000);
  await cloud.runUntil(() => cloud.phase.startsWith('failed'));
  isDenied = false;
  cloud.command('cluster.retry');
  await cloud.runUntil(() => cloud.phase === 'running.steady', 2_000);
  expect(alive(cloud)).toHaveLength(2);
});

it('that certainly never happened is over: the next offer is taken, under another token', async () => {
  const cloud = await unresolved(didNot, ({ effect }) =>
    effect === 'node.resolve' ? { value: null } : undefined,
  );
  await cloud.runUntil(() => cloud.phase === 'running.steady', 2_000);
  const asked = cloud.calls.filter((call) => ofAgent(call) && call.effect !== 'node.script');
  const offers = asked.map(({ effect, token, input }) => {
    const { offer } = (input as { order: { offer: { zone: string } } }).order;
    return [effect, token.slice(-6), offer.zone.slice(-1)];
  });
  expect(offers.at(-2)).toEqual(['node.resolve', offers[0]?.[1], 'a']);
  expect(offers.at(-1)).toEqual([
    'node.launch',
    expect.not.stringMatching(`${offers[0]?.[1]}$`),
    'b',
  ]);
  expect(alive(cloud)).toHaveLength(2);
});
