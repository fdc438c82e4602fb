import { describe, expect, it } from 'vitest';
import { compose } from '../../../actors/policies/pipeline.ts';
import type { PipedCall, Policy, PolicyName } from '../../../actors/policies/pipeline.ts';

const said: string[] = [];
const policy = (name: PolicyName): Policy<PipedCall> => ({
  name,
  enter: () => {
    said.push(name);
    return undefined;
  },
  leave: () => {
    said.push(`${name} left`);
  },
});
const call = (): PipedCall => ({ cut: undefined });

describe('the pipeline of policies', () => {
  it('runs them outermost first, then the call', async () => {
    said.length = 0;
    const names: PolicyName[] = ['retry', 'circuit', 'rateLimit', 'bulkhead', 'attemptTimeout'];
    const run = compose(names.map(policy));
    expect(await run(call(), () => Promise.resolve(7))).toBe(7);
    expect(said).toEqual([...names, ...names.map((name) => `${name} left`).reverse()]);
  });

  it('an unknown name refuses the start [R-02] [D-03]', () => {
    const unknown = { ...policy('circuit'), name: 'cirquit' as PolicyName };
    expect(() => compose([unknown])).toThrow(/no policy is called cirquit; write one of deadline/);
  });

  it('another order refuses the start, unless it is asked for [R-13] [G-01]', () => {
    const wrong = [policy('attemptTimeout'), policy('circuit')];
    expect(() => compose(wrong)).toThrow('must be circuit > attemptTimeout');
    expect(() => compose([policy('retry'), policy('retry')])).toThrow('given twice');
    const warnings: string[] = [];
    compose(wrong, { unsafeOrder: true, warn: (text) => warnings.push(text) });
    expect(warnings.join()).toContain('unsafeOrder is set');
  });

  it('a fault of any layer surfaces through the whole stack [R-01] [D-03]', async () => {
    const names: PolicyName[] = ['circuit', 'rateLimit', 'bulkhead', 'attemptTimeout'];
    for (const broken of names) {
      const refuse = (): never => {
        throw new Error(`${broken} failed`);
      };
      const later = (): Promise<never> => Promise.reject(new Error(`${broken} failed`));
      for (const enter of [refuse, later]) {
        said.length = 0;
        const run = compose<PipedCall>(
          names.map((name) => (name === broken ? { name, enter } : policy(name))),
        );
        await expect(run(call(), () => Promise.resolve('never seen'))).rejects.toThrow(
          `${broken} failed`,
        );
        // What let it pass was left again, nothing else.
        const passed = names.slice(0, names.indexOf(broken));
        expect(said).toEqual([...passed, ...passed.map((name) => `${name} left`).reverse()]);
      }
    }
    const whole = compose(names.map(policy));
    const failing = () => Promise.reject(new Error('call failed'));
    await expect(whole(call(), failing)).rejects.toThrow('call failed');
  });
});
