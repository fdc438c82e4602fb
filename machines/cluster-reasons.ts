/** What an order to a cluster rests on, one condition after the other, and which way leads to where it is taken. Pure. */
import { check, judged } from './because.ts';
import type { Because, Check } from './because.ts';
import { admitCluster } from './cluster-admission.ts';
import type { ClusterContext, ClusterEvent } from './cluster-context.ts';
import { servers } from './cluster-plan.ts';
import { quorumOf } from './quorum.ts';

type Context = ClusterContext;

export function clusterReasons(context: Context, event: ClusterEvent): readonly Because[] {
  const isDeleting = context.phase.startsWith('deleting');
  const general =
    event.type === 'cluster.delete'
      ? []
      : [check('notDeleting', isDeleting && 'it is being deleted', 'it is not being deleted')];
  return judged([...general, ...checksByVerb(context, event)]);
}

function checksByVerb(context: Context, event: ClusterEvent): readonly Check[] {
  switch (event.type) {
    case 'cluster.delete':
      return [
        check(
          'protection',
          context.spec?.protection.delete === true && 'spec.protection.delete is true',
          'deletion protection is off',
        ),
        check(
          'notPaused',
          context.paused && !event.force && 'it is paused',
          context.paused ? 'forced: the pause is lifted' : 'it is not paused',
        ),
      ];
    case 'cluster.scale':
      return [running(context), healthy(context)];
    case 'cluster.restart':
      return [
        check(
          'nothingUnderWay',
          context.phase !== 'running.steady' && `it is ${context.phase}`,
          'it runs and nothing else is under way',
        ),
      ];
    case 'cluster.cancel':
      return [
        check(
          'somethingUnderWay',
          context.change === null && !making.test(context.phase) && 'nothing is under way',
          `${context.change?.kind ?? 'creation'} is under way`,
        ),
      ];
    case 'cluster.pause':
    case 'cluster.resume':
      return [check('pause', false, context.paused ? 'it is paused' : 'it is not paused')];
    default:
      return [];
  }
}

const making = /^(pending\.planning|provisioning|installing|configuring)/;

const running = ({ phase }: Context): Check =>
  check('runs', !phase.startsWith('running') && `it is ${phase}`, 'it runs');

function healthy(context: Context): Check {
  const { members, voters } = quorumOf(servers(context).map(([, entry]) => entry));
  const text = `${voters} of ${members} servers are healthy`;
  return check('servers', false, members > 0 ? text : '');
}

// ----------------------------------------------------------------------------------------- the way there

interface Place {
  readonly phase: string;
  readonly isPaused: boolean;
  readonly isProtected: boolean;
}

interface Step {
  readonly label: string;
  readonly to: Place;
}

/** Where every phase leads when all goes well: by itself, or by a command. A test walks the chart along these. */
const clusterWays: readonly {
  readonly from: RegExp;
  readonly label: string;
  readonly to: string;
}[] = [
  { from: /^pending\.undeclared/, label: 'apply', to: 'pending.planning' },
  { from: /^pending\.blocked/, label: 'retry', to: 'pending.planning' },
  { from: making, label: 'wait for running.steady', to: 'running.steady' },
  { from: making, label: 'cancel', to: 'failed.retryable' },
  { from: /^failed/, label: 'retry', to: 'provisioning' },
  { from: /^running\.(?!steady)/, label: 'wait for running.steady', to: 'running.steady' },
  { from: /^running/, label: 'stop', to: 'stopping' },
  { from: /^stopping/, label: 'wait for stopped', to: 'stopped' },
  { from: /^stop/, label: 'start', to: 'starting' },
  { from: /^starting/, label: 'wait for running.steady', to: 'running.steady' },
  { from: /^deleting\.stuck/, label: 'retry', to: 'deleting.sweeping' },
  { from: /^deleting(?!\.stuck)/, label: 'wait for deleted', to: 'deleted' },
];

/** Commands and waits, the order itself last; empty where none is known, and where it is taken now. */
export function wayToCluster(context: Context, event: ClusterEvent): readonly string[] {
  const verb = event.type.slice('cluster.'.length);
  const isMaking = verb === 'create' || verb === 'apply';
  if (verb === 'create' && !context.phase.startsWith('deleting')) return ['apply'];
  const first: Place = {
    phase: context.phase,
    isPaused: context.paused,
    isProtected: context.spec?.protection.delete === true,
  };
  const queue: { readonly place: Place; readonly way: readonly string[] }[] = [
    { place: first, way: [] },
  ];
  const seen = new Set([JSON.stringify(first)]);
  for (const { place, way } of queue) {
    if (way.length > 0 && isTaken(context, event, place, isMaking)) return [...way, verb];
    for (const { label, to } of stepsFrom(place)) {
      const key = JSON.stringify(to);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push({ place: to, way: [...way, label] });
    }
  }
  return [];
}

function stepsFrom(place: Place): readonly Step[] {
  const { phase, isPaused, isProtected } = place;
  return [
    ...(isPaused ? [{ label: 'resume', to: { ...place, isPaused: false } }] : []),
    ...(isProtected
      ? [
          {
            label: 'apply with spec.protection.delete: false',
            to: { ...place, isProtected: false },
          },
        ]
      : []),
    // Nothing goes on by itself while it is paused.
    ...clusterWays
      .filter(({ from, label }) => from.test(phase) && !(isPaused && label.startsWith('wait')))
      .map(({ label, to }) => ({ label, to: { ...place, phase: to } })),
  ];
}

/** Asked of the cluster as it would be there. */
function isTaken(context: Context, event: ClusterEvent, place: Place, isMaking: boolean): boolean {
  if (place.phase === 'deleted') return isMaking;
  return admitCluster(placed(context, place), event).kind === 'accepted';
}

function placed(context: Context, { phase, isPaused, isProtected }: Place): Context {
  const { spec } = context;
  const desiredState = /^(stopped|stopping)/.test(phase) ? 'stopped' : 'running';
  return {
    ...context,
    ...{ phase, paused: isPaused, change: null, isCancelled: false, isHalted: false },
    ...(spec !== null && {
      spec: { ...spec, desiredState, protection: { ...spec.protection, delete: isProtected } },
    }),
  };
}
