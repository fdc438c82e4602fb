import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clusterEvents } from '../../../machines/messages.ts';
import type { EffectFault, PerformInput } from '../../../machines/messages.ts';
import { CloudDouble, manifest } from '../../unit/machines/cloud-double.ts';
import type { Answer } from '../../unit/machines/cloud-double.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);
const runs = Number(process.env['FAIRLEAD_RUNS'] ?? 60);

const fault = (type: EffectFault['type'], mayHaveHappened: boolean): EffectFault => ({
  type,
  code: type,
  message: type,
  mayHaveHappened,
});

/** What may befall one call: mostly nothing. */
const trouble: readonly (Answer | undefined)[] = [
  ...Array.from({ length: 10 }, () => undefined),
  { fault: fault('RateLimit', false) },
  { fault: fault('Timeout', true) },
  { lost: fault('Timeout', true) },
  { lost: fault('Retryable', true) },
  { fault: fault('CapacityShortage', false) },
  { fault: fault('Unauthorized', false) },
];

const command = fc.constantFrom('cluster.pause', 'cluster.resume', 'cluster.retry', 'none', 'none');
const story = fc.record({
  servers: fc.constantFrom(1, 3),
  agents: fc.integer({ min: 0, max: 3 }),
  troubles: fc.array(fc.integer({ min: 0, max: trouble.length - 1 }), {
    minLength: 20,
    maxLength: 60,
  }),
  commands: fc.array(command, { minLength: 5, maxLength: 20 }),
  deaths: fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 3 }),
  deleteAtStep: fc.integer({ min: 1, max: 300 }),
});

const isAlive = (state: string): boolean => state !== 'terminated';

it(`no slot has two live instances, init runs under one id, and delete leaves nothing (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      let call = 0;
      let isCalm = false;
      const cloud: CloudDouble = new CloudDouble(({ effect, token }: PerformInput) => {
        call += 1;
        if (isCalm) return undefined;
        const answer = trouble[told.troubles[call % told.troubles.length] ?? 0];
        // Only launches lack capacity, and a token that launched something answers with that, whatever is scarce.
        const isKnown = [...cloud.instances.values()].some((each) => each.token === token);
        const isCapacity =
          typeof answer === 'object' &&
          'fault' in answer &&
          answer.fault.type === 'CapacityShortage';
        return isCapacity && (effect !== 'node.launch' || isKnown) ? undefined : answer;
      });
      cloud.command('cluster.apply', manifest(told.servers, told.agents));

      const judge = (): void => {
        const places = [...cloud.instances.values()]
          .filter((each) => isAlive(each.state))
          .map((each) => each.slot);
        expect(places.length).toBe(new Set(places).size);
        expect(cloud.cluster.getSnapshot().status).toBe('active');
      };

      for (let step = 0; step < told.deleteAtStep; step += 1) {
        const next = told.commands[step % told.commands.length] ?? 'none';
        if (step % 20 === 0 && next !== 'none') cloud.command(next as 'cluster.retry');
        if (told.deaths.includes(step))
          for (const id of [...cloud.instances.keys()].slice(-1))
            cloud.set(id, { state: 'terminated', stateReason: 'Server.InternalError' });
        await cloud.step();
        judge();
      }
      const inits = cloud.calls.filter(
        ({ effect, input }) =>
          effect === 'node.script' && (input as { verb: string }).verb === 'init',
      );
      // A first server that died took its database along: only then may another machine initialise.
      const dead = [...cloud.instances.values()].filter((each) => !isAlive(each.state));
      expect(new Set(inits.map(({ token }) => token)).size).toBeLessThanOrEqual(1 + dead.length);

      cloud.command('cluster.resume');
      cloud.command('cluster.delete');
      // Trouble ends some day: from here on only what is under way may fail.
      isCalm = true;
      for (let step = 0; step < 4_000 && cloud.phase !== 'deleted'; step += 1) {
        await cloud.step(step > 50 ? 10_000 : 1_000);
        judge();
      }
      expect(cloud.phase).toBe('deleted');
      const registered: readonly string[] = clusterEvents;
      expect(cloud.emitted.filter(({ type }) => !registered.includes(type))).toEqual([]);
      // Every instance was known to its node: the sweep is a net, not the road.
      expect(cloud.swept).toBe(0);
      expect([...cloud.instances.values()].filter((each) => isAlive(each.state))).toEqual([]);
    }),
    { seed, numRuns: runs },
  );
}, 60_000);
