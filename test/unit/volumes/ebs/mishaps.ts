/** What may happen to single EC2 calls: the process dies right after one, an answer is lost, an effect lands late. */
import type { Sessions } from '../../../../src/aws/session.ts';

type Ec2 = Sessions['ec2'];

/** Thrown in place of the process: no fault of the cloud, so nothing may catch it. */
export class Died extends Error {}

const isReading = (name: string): boolean => name.startsWith('describe');

/** Dies at the n-th call that changes something: before it goes out, or with its answer in hand. Counts from 1. */
export function dyingAt(nth: number, when: 'before' | 'after') {
  let seen = 0;
  return {
    /** Whether it came to that call at all. */
    hasDied: () => seen >= nth,
    wrap:
      (ec2: Ec2): Ec2 =>
      async (scope, name, input) => {
        if (isReading(name)) return ec2(scope, name, input);
        seen += 1;
        if (seen === nth && when === 'before') throw new Died(`before ${name}`);
        const answer = await ec2(scope, name, input);
        if (seen === nth) throw new Died(`after ${name}`);
        return answer;
      },
  };
}

/** Each changing call of the name is refused so many times with the code before it is let through. */
export function refusing(call: string, fault: object, times: number) {
  let left = times;
  return (ec2: Ec2): Ec2 =>
    async (scope, name, input) => {
      if (name !== call || left === 0) return ec2(scope, name, input);
      left -= 1;
      await Promise.resolve();
      throw Object.assign(new Error('refused'), { fault });
    };
}
