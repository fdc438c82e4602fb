/**
 * What pages may show of each machine's context, key by key; a key that is not listed is never shown. `hash` tells only
 * whether two values are the same. The compiler refuses a context with a key that is missing here.
 */
import type { BreakerContext } from './breaker.ts';
import type { ClusterContext } from './cluster-context.ts';
import type { FleetContext } from './guard-fleet.ts';
import type { GuardContext } from './guard.ts';
import type { NodeContext } from './node-context.ts';
import type { OperationContext } from './operation-context.ts';
import type { ReplicationContext } from './replication-context.ts';
import type { GroupContext } from './replication-group-context.ts';

export type InspectRule = 'show' | 'hash' | 'hide';
export type ContextRules = Readonly<Record<string, InspectRule>>;
/** By the name under which a machine hangs in the tree: the kind at the root, the source below. */
export type InspectRules = Readonly<Record<string, ContextRules>>;

type RulesOf<Context> = Readonly<Record<keyof Context, InspectRule>>;

const cluster: RulesOf<ClusterContext> = {
  uid: 'show',
  namespace: 'show',
  name: 'show',
  atMs: 'show',
  labels: 'show',
  annotations: 'show',
  spec: 'show',
  generation: 'show',
  createdAtMs: 'show',
  correlationId: 'show',
  paused: 'show',
  phase: 'show',
  sinceMs: 'show',
  planNumber: 'show',
  plan: 'show',
  groups: 'show',
  // Names of parameters, not what is in them; still nobody's business.
  secrets: 'hash',
  nodes: 'show',
  initGrant: 'show',
  initIncarnation: 'show',
  caHash: 'show',
  access: 'show',
  verifyRuns: 'show',
  hasTouchedCloud: 'show',
  cleanSweeps: 'show',
  autoRetries: 'show',
  quotaChecks: 'show',
  waiting: 'show',
  lastError: 'show',
  retired: 'show',
  settled: 'show',
  change: 'show',
  changesBegun: 'show',
  lastChange: 'show',
  restart: 'show',
  isCancelled: 'show',
  isHalted: 'show',
  by: 'show',
};

const node: RulesOf<NodeContext> = {
  slot: 'show',
  incarnation: 'show',
  preset: 'show',
  paused: 'show',
  atMs: 'show',
  correlationId: 'show',
  order: 'show',
  token: 'show',
  instanceId: 'show',
  privateIp: 'show',
  instanceState: 'show',
  agentOnline: 'show',
  script: 'show',
  progress: 'show',
  replacements: 'show',
  isRemoval: 'show',
  reason: 'show',
  fault: 'show',
  resume: 'show',
  looks: 'show',
  looksBefore: 'show',
  bootId: 'show',
  isHalted: 'show',
  isCordoned: 'show',
  mayStartLate: 'show',
};

const operation: RulesOf<OperationContext> = {
  effect: 'show',
  // Of a script: whatever its caller put into it.
  input: 'hash',
  token: 'show',
  preset: 'show',
  correlationId: 'show',
  atMs: 'show',
  paused: 'show',
  attempt: 'show',
  starts: 'show',
  isUncertain: 'show',
  delayMs: 'show',
  deadlineAtMs: 'show',
  waitsSinceMs: 'show',
  circuitWaits: 'show',
  firstFault: 'show',
  lastFault: 'show',
  // Faults are shown besides; the value of a success is what a provider or a node said.
  result: 'hash',
};

const replication: RulesOf<ReplicationContext> = {
  uid: 'show',
  namespace: 'show',
  name: 'show',
  atMs: 'show',
  safety: 'show',
  labels: 'show',
  annotations: 'show',
  specGeneration: 'show',
  createdAtMs: 'show',
  spec: 'show',
  settings: 'show',
  epoch: 'show',
  writer: 'show',
  writerEpoch: 'show',
  home: 'show',
  away: 'show',
  fence: 'show',
  riskAccepted: 'show',
  operation: 'show',
  ordersBegun: 'show',
  points: 'show',
  pointSeq: 'show',
  pointSeqs: 'show',
  lastSyncMs: 'show',
  loss: 'show',
  lagRatio: 'show',
  protection: 'show',
  schedule: 'show',
  isPaused: 'show',
  pausedAtMs: 'show',
  usesSsm: 'show',
  isDeleteOrdered: 'show',
  isForcedDelete: 'show',
  lifecycle: 'show',
  testTtlMs: 'show',
  testPoint: 'show',
  reason: 'show',
  because: 'show',
  lastFault: 'show',
  lastFaultAtMs: 'show',
  waiting: 'show',
  correlationId: 'show',
  requestId: 'show',
  history: 'show',
  historySeq: 'show',
};

const replicationgroup: RulesOf<GroupContext> = {
  uid: 'show',
  namespace: 'show',
  name: 'show',
  atMs: 'show',
  labels: 'show',
  annotations: 'show',
  specGeneration: 'show',
  createdAtMs: 'show',
  spec: 'show',
  phase: 'show',
  sinceMs: 'show',
  ordersBegun: 'show',
  operation: 'show',
  members: 'show',
  lookedAtMs: 'show',
  lastFault: 'show',
  waiting: 'show',
  correlationId: 'show',
  outcomes: 'show',
};

/** Two machines go by this name: the fleet's orders and one host's breakers. */
const guard: RulesOf<FleetContext & GuardContext> = {
  standing: 'show',
  drained: 'show',
  slots: 'show',
};

const breaker: RulesOf<BreakerContext> = {
  key: 'show',
  policy: 'show',
  epoch: 'show',
  entered: 'show',
  tripsInRow: 'show',
  closedAtMs: 'show',
  openedAtMs: 'show',
  openUntilMs: 'show',
  lastTrip: 'show',
  probesOk: 'show',
  isolation: 'show',
  wouldHaveTripped: 'show',
  orderId: 'show',
};

export const inspectRules: InspectRules = {
  ...{ cluster, node, operation, replication, replicationgroup, guard, breaker },
};
