/** One cluster: every order while it is made, runs, changes, stops, starts and goes, with nodes that answer what they are told. */
import { isWaiting } from '../../../../machines/cluster-context.ts';
import type { ClusterContext, NodeEntry } from '../../../../machines/cluster-context.ts';
import { buildClusterMachine } from '../../../../machines/cluster.ts';
import { clusterKind } from '../../../../machines/kinds.ts';
import { bounds } from '../../../../machines/limits.ts';
import type { EffectFault } from '../../../../machines/messages.ts';
import type { NodePhase } from '../../../../machines/node-context.ts';
import { buildNodeMachine } from '../../../../machines/node.ts';
import { operationMachine } from '../../../../machines/operation.ts';
import { manifest } from '../../../unit/machines/cloud-double.ts';
import { answers, command, elapsed, fault, nowMs, told } from '../asked.ts';
import type { Asked } from '../asked.ts';
import type { Exploration, Model, Snapshot } from '../model.ts';
import { inputOf, standIn } from '../stand-in.ts';

const machine = buildClusterMachine({
  operation: operationMachine,
  node: buildNodeMachine(operationMachine, 1),
  scale: 1,
}).provide({ actors: { operation: standIn as never, node: standIn as never } });

const labelled = (whole: ReturnType<typeof manifest>) => ({
  ...whole,
  metadata: { ...whole.metadata, labels: { team: 'shop' } },
});

const offers = ['a', 'b'].map((letter) => ({
  ...{ instanceType: 'm6g.large', zone: letter, subnetId: letter, imageId: 'ami-1' },
}));
const planOf = (number: number) => ({
  ...{ number, version: 'v1.31.4+k3s1', vpcId: 'vpc-1', rootDevice: '/dev/xvda' },
  ...{ architecture: 'arm64', zones: ['a', 'b'], offers: { server: offers, web: offers } },
});

const ok = (label: string, value: unknown): Asked => answers('op', label, { value });
const fails = (type: EffectFault['type']): Asked => answers('op', `fails: ${type}`, fault(type));
const script = (label: string, facts: object, more: object = {}): Asked =>
  ok(label, { ok: true, running: false, code: 'ok', progress: 100, hint: '', facts, ...more });

const whole = { readyz: true, ready: 9, voters: 9, total: 9 };
const scripts: readonly Asked[] = [
  script('works', whole),
  script('sees too few', { readyz: false, ready: 0, voters: 0 }),
  script('goes on', {}, { running: true }),
  script('says no', {}, { ok: false, code: 'script.failed' }),
];
const known: Readonly<Record<string, (context: ClusterContext) => readonly Asked[]>> = {
  'cluster.plan': ({ planNumber }) => [ok('plans', planOf(planNumber))],
  'network.ensure': () => [ok('makes groups', { servers: 'sg-1', nodes: 'sg-2' })],
  'secrets.ensure': () => [ok('makes secrets', { server: '/s', agent: '/a' })],
  'node.script': () => scripts,
  'cluster.sweep': () => [ok('finds none', { alive: 0 }), ok('finds some', { alive: 1 })],
  'network.delete': () => [ok('deletes', { deleted: 2 }), fails('Conflict')],
  'secrets.delete': () => [ok('deletes', { deleted: 2 })],
};
const failuresOf = (effect: string): readonly Asked[] => [
  fails('Timeout'),
  ...(effect === 'node.script' ? [] : [fails('Unauthorized'), fails('QuotaExceeded')]),
];

/** Where a node may be next, as far as its cluster hears of it. */
const nextOf: Readonly<Partial<Record<NodePhase, readonly NodePhase[]>>> = {
  launching: ['registered', 'failed', 'waiting'],
  staging: ['staged', 'failed'],
  joining: ['ready', 'failed'],
  ready: ['lost', 'stopped'],
  draining: ['drained', 'undrained'],
  uncordoning: ['ready'],
  leaving: ['left', 'undrained', 'drained'],
  left: ['deregistering'],
  deregistering: ['gone', 'left'],
  rebooting: ['ready', 'rebooted', 'failed'],
  stopping: ['stopped', 'lost'],
  stopped: ['ready'],
  starting: ['ready', 'failed'],
};

const dead: EffectFault = fault('ProviderError', { code: 'node.instanceTerminated' });

function reports(slot: string, entry: NodeEntry): Asked[] {
  const report = (phase: NodePhase, why: EffectFault | null = null, label = ''): Asked =>
    told(
      {
        ...{ type: 'node.changed', slot, atMs: nowMs, phase, incarnation: entry.incarnation },
        ...{ instanceId: phase === 'waiting' ? '' : `i-${slot}`, privateIp: '10.0.0.1' },
        ...{ progress: 0, reason: why?.code ?? '', fault: why, facts: {} },
      },
      `${slot} ${phase}${label}`,
    );
  // First of all it says that it was told.
  if (entry.pending === 'grant') return [report(entry.phase)];
  const next = nextOf[entry.phase] ?? [];
  return [
    ...next.map((phase) => report(phase, phase === 'failed' ? fault('Timeout') : null)),
    ...(next.includes('failed') ? [report('failed', dead, ', dead')] : []),
    ...(entry.pending === 'retry' ? [report('registered')] : []),
    ...(entry.pending === 'remove' ? [report('gone')] : []),
  ];
}

const waiting = {
  ...{ effect: 'cluster.plan', attempt: 1, maxAttempts: 3, waitingFor: 'backoff' },
  ...{ nextAtMs: nowMs, because: 'x' },
};
const waits = [
  told({ type: 'operation.changed', waiting }, 'waits'),
  told({ type: 'node.waiting', slot: 's0', waiting }, 'waits'),
  told({ type: 'facts.observed', instances: [] }),
];

/** @param isOver  where only a retry is asked any more */
function asksOf(
  orders: readonly Asked[],
  isOver: (context: ClusterContext) => boolean = () => false,
) {
  return ({ children, context }: Snapshot): readonly Asked[] => {
    const of = context as ClusterContext;
    if (isOver(of)) return orders.filter(({ type }) => type === 'order retry');
    const { op } = children;
    const effect = op === undefined ? '' : (inputOf(op) as { effect: string }).effect;
    const hasRefused = Object.values(of.nodes).some(({ awaitsCapacity }) => awaitsCapacity);
    return [
      ...orders,
      ...(op === undefined ? [] : [...(known[effect]?.(of) ?? []), ...failuresOf(effect)]),
      ...Object.entries(of.nodes).flatMap(([slot, entry]) => reports(slot, entry)),
      ...(hasRefused ? [elapsed('capacity.waited', 'capacity')] : []),
    ];
  };
}

/** State, where each node is, and what guards read of the rest before it is overwritten. */
function key({ value, context }: Snapshot): string {
  const of = context as ClusterContext;
  const { phase } = of;
  const isRunning = phase.startsWith('running');
  return JSON.stringify([
    ...[value, of.spec?.desiredState, of.spec?.servers.count, of.change?.kind, of.isCancelled],
    ...[of.spec?.agentPools.map(({ count }) => count), of.isHalted, of.restart.length],
    phase.startsWith('failed') && [of.lastError?.type, of.autoRetries >= bounds.autoRetriesMax],
    ...[of.groups === null, of.secrets === null, of.access === null, of.hasTouchedCloud],
    ...[of.plan?.number === of.planNumber, of.initGrant === null, isWaiting(of)],
    phase.startsWith('deleting') && Math.min(of.cleanSweeps, bounds.sweepsCleanMin),
    Object.entries(of.nodes).map(([slot, entry]) => [
      ...[slot, entry.phase, isRunning && entry.task, entry.isExhausted],
      phase === 'provisioning.nodes' && [entry.offer, entry.awaitsCapacity],
      entry.pending !== '' && entry.pending,
    ]),
  ]);
}

const orders = (...verbs: string[]): Asked[] =>
  verbs.map((verb) => command(verb, argumentsOf(verb)));
const argumentsOf = (verb: string): object => (verb === 'delete' ? { force: false } : {});
const scale = (pool: string, count: number): Asked =>
  command('scale', { pool, count }, `${pool} ${count}`);
const byForce = command('delete', { force: true }, 'by force');

const apply = (servers: number, agents: number, extra: object = {}): Asked =>
  command('apply', { manifest: manifest(servers, agents, extra) }, `${servers} ${agents}`);
const applyLabelled = (servers: number, agents: number): Asked =>
  command('apply', { manifest: labelled(manifest(servers, agents)) }, 'with labels');

const report = (slot: string, phase: NodePhase): Asked =>
  told(
    {
      ...{ type: 'node.changed', slot, atMs: nowMs, phase, incarnation: 1, progress: 0 },
      ...{ instanceId: `i-${slot}`, privateIp: '10.0.0.1', reason: '', fault: null, facts: {} },
    },
    `${slot} ${phase}`,
  );
const slotsOf = (servers: number, agents: number): string[] => [
  ...Array.from({ length: servers }, (_, index) => `s${index}`),
  ...Array.from({ length: agents }, (_, index) => `a${index}`),
];
const plainly = { snapshots: { beforeStop: false } };
/** Declared, made, and running with nothing to do. */
const steady = (servers: number, agents: number, extra: object = plainly): readonly Asked[] => {
  const all = slotsOf(servers, agents);
  return [
    ...[apply(servers, agents, extra), ok('plans', planOf(1))],
    ok('makes groups', { servers: 'sg-1', nodes: 'sg-2' }),
    ok('makes secrets', { server: '/s', agent: '/a' }),
    ...(['launching', 'registered', 'staging', 'staged'] as const).flatMap((phase) =>
      all.map((slot) => report(slot, phase)),
    ),
    ...all.flatMap((slot) => [report(slot, 'joining'), report(slot, 'ready')]),
    ...[scripts[0], scripts[0]].flatMap((each) => each ?? []),
  ];
};

const limit = 100_000;
/** One change has ended, and nothing is left of it to do. */
const hasChanged = ({ phase, lastChange }: ClusterContext): boolean =>
  phase === 'running.steady' && lastChange !== null;

const explorations: readonly Exploration[] = [
  // Made, alone: everything that may hold it up, and its end at any time.
  {
    walk: [],
    asks: asksOf([
      ...[apply(1, 0), applyLabelled(1, 0), command('create', { manifest: manifest(1, 0) })],
      ...[...orders('cancel', 'retry', 'delete', 'pause', 'resume'), byForce, ...waits],
    ]),
    ...{ key, limit },
  },
  // Changes of one that runs, each alone; the node machines answer as they would.
  {
    walk: steady(1, 1),
    asks: asksOf([scale('web', 2), ...orders('cancel')], hasChanged),
    key,
    limit,
  },
  {
    walk: steady(1, 1),
    asks: asksOf([scale('web', 0), ...orders('cancel')], hasChanged),
    key,
    limit,
  },
  { walk: steady(1, 0), asks: asksOf([scale('server', 3)], hasChanged), key, limit },
  { walk: steady(1, 1), asks: asksOf(orders('restart', 'retry'), hasChanged), key, limit },
  // Stopped and started: with nobody to spare, with a majority, and with a snapshot before.
  { walk: steady(1, 1), asks: asksOf(orders('stop', 'start', 'cancel')), key, limit },
  { walk: [...steady(3, 0), ...orders('stop')], asks: asksOf(orders('start')), key, limit },
  {
    walk: steady(1, 0, { snapshots: { beforeStop: true } }),
    asks: asksOf([...orders('stop', 'start'), applyLabelled(1, 0)]),
    ...{ key, limit },
  },
  {
    walk: [...steady(1, 0), ...orders('delete')],
    asks: asksOf(orders('delete', 'retry')),
    ...{ key, limit },
  },
];

export const clusterModel: Model = {
  id: 'cluster',
  machine,
  part: ({ value }) => value,
  input: { kind: 'cluster', uid: 'U'.repeat(26), namespace: 'prod', name: 'it', atMs: nowMs },
  kind: clusterKind(machine),
  explorations,
};
