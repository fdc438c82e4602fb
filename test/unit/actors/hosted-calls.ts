/** Jobs whose calls answer when told to. */
import type { Call } from '../../../actors/effect.ts';
import { jobKind } from './job.ts';

export function calling() {
  const calls: { call: Call; answer: (value: string) => void }[] = [];
  const perform = (_input: unknown, call: Call): Promise<string> =>
    new Promise((answer) => calls.push({ call, answer }));
  return { calls, kind: jobKind({ perform }) };
}
