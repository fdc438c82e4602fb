/** Who goes first when calls have to wait: what is being torn down costs money and blocks names. */
import type { EffectName, Priority } from './messages.ts';

const teardown: ReadonlySet<EffectName> = new Set<EffectName>([
  'node.terminate',
  'cluster.sweep',
  'network.delete',
  'secrets.delete',
]);

export const priorityOf = (effect: EffectName): Priority =>
  teardown.has(effect) ? 'teardown' : 'user';
