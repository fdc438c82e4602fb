/** How long a replication waits where, by name. */
import type { ReplicationContext } from './replication-context.ts';
import { replication } from './replication-limits.ts';
import * as safety from './replication-safety.ts';
import { tickDelayMs } from './replication-schedule-notes.ts';

interface Seen {
  readonly context: ReplicationContext;
}

export const replicationDelays = {
  establish: replication.establishMs,
  establishAgain: replication.establishAgainMs,
  preflight: replication.preflightMs,
  claim: replication.claimMs,
  handOver: replication.handOverMs,
  fence: replication.fenceMs,
  prove: replication.proveMs,
  override: replication.overrideMs,
  barrier: replication.controlBudgetMs,
  choose: replication.chooseMs,
  create: replication.createMs,
  arm: replication.armMs,
  verify: replication.verifyMs,
  undo: replication.undoMs,
  drain: replication.drainMs,
  release: replication.releaseMs,
  stall: replication.stallMs,
  probeAgain: ({ context }: Seen) => Math.max(replication.probeAgainMs, safety.windowMs(context)),
  promoteWindow: ({ context }: Seen) => safety.windowMs(context),
  demoteWindow: ({ context }: Seen) => safety.windowMs(context),
  recoverWindow: ({ context }: Seen) => safety.windowMs(context),
  compensationWindow: ({ context }: Seen) => safety.windowMs(context),
  testTtl: ({ context }: Seen) => context.testTtlMs,
  reconfigure: replication.reconfigureMs,
  remove: replication.removeMs,
  removeAgain: replication.removeAgainMs,
  backoff: replication.backoffMs,
  prune: replication.pruneMs,
  tick: ({ context }: Seen) => tickDelayMs(context),
  askAgain: replication.askAgainMs,
  unobserved: replication.observeStableMs * replication.observationsMissedMax,
};
