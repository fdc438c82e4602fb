/** `fairlead scale` and `fairlead restart`: orders that say which part of a cluster they mean. */
import { usage } from '../failure.ts';
import type { Verb } from '../shell.ts';
import { orderVerb } from './order.ts';

export const scale: Verb = orderVerb('scale', ({ flags: { pool, count } }) => {
  if (pool === undefined || count === undefined)
    throw usage('scale needs --pool and --count; the control plane is the pool named server', {
      tries: ['fairlead scale cluster <name> --pool <pool> --count <n>'],
    });
  return { pool, count };
});

export const restart: Verb = orderVerb('restart', ({ flags: { pool, nodes } }) => ({
  ...(pool !== undefined && { pool }),
  ...(nodes !== undefined && { nodes }),
}));
