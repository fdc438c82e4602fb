/** Who goes first when calls have to wait: what is being torn down costs money and blocks names; then whoever has no writer. */
import type { EffectName, Priority } from './messages.ts';
import { isOfReplication } from './replication-effects.ts';
import type { ReplicationEffectName } from './replication-effects.ts';

const teardown: ReadonlySet<EffectName> = new Set<EffectName>([
  'node.terminate',
  'cluster.sweep',
  'network.delete',
  'secrets.delete',
  'replication.endTest',
  'replication.remove',
]);

/** What nobody waits for: the next tick does it again. */
const background: ReadonlySet<ReplicationEffectName> = new Set<ReplicationEffectName>([
  'replication.snapshot',
  'replication.copy',
  'replication.commitPoint',
  'replication.prune',
]);

/** A side is made or kept what it is, while the other one writes. */
const unhurried: ReadonlySet<ReplicationEffectName> = new Set<ReplicationEffectName>([
  'replication.establish',
  'replication.preserve',
  'replication.selectBase',
  'replication.transfer',
  'replication.catchUp',
  'replication.syncStatus',
  'replication.startTest',
  'replication.reconfigure',
]);

/** All else of a replication moves the writer, its fence and the proofs of it first of all: such calls may probe an open circuit. */
export function priorityOf(effect: EffectName): Priority {
  if (teardown.has(effect)) return 'teardown';
  if (!isOfReplication(effect)) return 'user';
  if (background.has(effect)) return 'background';
  return unhurried.has(effect) ? 'user' : 'failover';
}
