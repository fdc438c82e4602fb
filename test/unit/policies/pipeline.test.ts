import { describe, expect, it } from 'vitest';
import { compose } from '../../../actors/policies/pipeline.ts';
import type { Policy, PolicyName } from '../../../actors/policies/pipeline.ts';

const said: string[] = [];
const policy = (name: PolicyName): Policy<null> => ({
  name,
  run: async (call, next) => {
    said.push(name);
    return next(call);
  },
});

describe('the pipeline of policies', () => {
  it('runs them outermost first, then the call', async () => {
    said.length = 0;
    const names: PolicyName[] = ['retry', 'circuit', 'rateLimit', 'bulkhead', 'attemptTimeout'];
    const run = compose<null>(names.map(policy));
    expect(await run(null, () => Promise.resolve(7))).toBe(7);
    expect(said).toEqual(names);
  });

  it('R-02: an unknown name refuses the start', () => {
    const unknown = { ...policy('circuit'), name: 'cirquit' as PolicyName };
    expect(() => compose([unknown])).toThrow(/no policy is called cirquit; write one of deadline/);
  });

  it('R-13: another order refuses the start, unless it is asked for', () => {
    const wrong = [policy('attemptTimeout'), policy('circuit')];
    expect(() => compose(wrong)).toThrow('must be circuit > attemptTimeout');
    expect(() => compose([policy('retry'), policy('retry')])).toThrow('given twice');
    const warnings: string[] = [];
    compose(wrong, { unsafeOrder: true, warn: (text) => warnings.push(text) });
    expect(warnings.join()).toContain('unsafeOrder is set');
  });

  it('R-01: a fault of any layer surfaces through the whole stack', async () => {
    const names: PolicyName[] = ['circuit', 'rateLimit', 'bulkhead', 'attemptTimeout'];
    for (const broken of names) {
      const run = compose<null>(
        names.map((name) =>
          name === broken
            ? { name, run: () => Promise.reject(new Error(`${name} failed`)) }
            : policy(name),
        ),
      );
      await expect(run(null, () => Promise.resolve('never seen'))).rejects.toThrow(
        `${broken} failed`,
      );
    }
    const whole = compose<null>(names.map(policy));
    await expect(whole(null, () => Promise.reject(new Error('call failed')))).rejects.toThrow(
      'call failed',
    );
  });
});
