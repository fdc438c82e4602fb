/** A launch, and the question what became of one, as calls to the port. */
import { describe, expect, it } from 'vitest';
import { performer } from '../../../actors/effects/perform.ts';
import type { Call } from '../../../actors/effect.ts';
import type { EffectFault, PerformInput } from '../../../machines/messages.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { FakeTelemetry } from './world.ts';

const call: Call = {
  ...{ signal: new AbortController().signal, mayAct: () => true, id: 's0/op/call' },
  correlationId: 'c1',
  intent: { actor: 'cluster/shop/a', uid: 'u1', fence: 1, isResumed: false, operation: {} },
};
const refusal = (type: EffectFault['type'], mayHaveHappened = false) =>
  Object.assign(new Error(type), { fault: { type, code: type, message: type, mayHaveHappened } });
const node = { instanceId: 'i-1', privateIp: '10.0.0.1', state: 'pending' };

/** What the port was asked, when it finds and launches as told. */
function cloud({ found, launches = () => node }: { found?: object; launches?: () => object }) {
  const asked: string[] = [];
  const answering = (name: string, answer: () => unknown) => async (): Promise<unknown> => {
    asked.push(name);
    return answer();
  };
  const machines = {
    find: answering('find', () => found),
    launch: answering('launch', launches),
    letRoute: answering('letRoute', () => undefined),
  };
  const ports = { clock: new ManualClock(), telemetry: new FakeTelemetry(), machines };
  const perform = performer(ports as unknown as Parameters<typeof performer>[0]);
  const ask = (effect: string, input: object, isRepeat = false) =>
    perform(
      {
        ...{ effect, input, token: 't1', correlationId: 'c1', attempt: 1, isRepeat },
        ...{ preset: 'aws', begunAtMs: 1 },
      } as PerformInput,
      call,
    );
  return { ask, asked };
}
const order = { tags: {}, routesPods: true };

describe('a launch', () => {
  it('is sent without a look, and its routes are set', async () => {
    const { ask, asked } = cloud({});
    expect(await ask('node.launch', { order })).toEqual(node);
    expect(asked).toEqual(['launch', 'letRoute']);
  });

  it('that may have been sent before is looked for first', async () => {
    const { ask, asked } = cloud({ found: node });
    expect(await ask('node.launch', { order }, true)).toEqual(node);
    expect(asked).toEqual(['find', 'letRoute']);
  });
});

describe('what became of a launch', () => {
  it('is found by its tags; only what is to serve has its routes set', async () => {
    for (const isWanted of [true, false]) {
      const { ask, asked } = cloud({ found: node });
      expect(await ask('node.resolve', { order, isWanted })).toEqual(node);
      expect(asked).toEqual(isWanted ? ['find', 'letRoute'] : ['find']);
    }
  });

  it('is told by the same token where nothing is found', async () => {
    for (const isWanted of [true, false]) {
      const { ask, asked } = cloud({});
      expect(await ask('node.resolve', { order, isWanted })).toEqual(node);
      expect(asked).toEqual(['find', 'launch', ...(isWanted ? ['letRoute'] : [])]);
    }
  });

  it.each(['CapacityShortage', 'QuotaExceeded', 'InvalidSpec', 'NotSupported'] as const)(
    'is nothing where the token is refused for %s',
    async (type) => {
      const { ask, asked } = cloud({
        launches: () => {
          throw refusal(type);
        },
      });
      expect(await ask('node.resolve', { order, isWanted: true })).toBeNull();
      expect(asked).toEqual(['find', 'launch']);
    },
  );

  it.each([
    ['Unauthorized', false],
    ['RateLimit', false],
    ['CapacityShortage', true],
  ] as const)(
    'stays unknown where the token is refused for %s (may have happened: %s)',
    async (type, mayHaveHappened) => {
      const thrown = refusal(type, mayHaveHappened);
      const { ask } = cloud({
        launches: () => {
          throw thrown;
        },
      });
      const asked = ask('node.resolve', { order, isWanted: true });
      await expect(asked).rejects.toMatchObject({ fault: { type } });
    },
  );
});
