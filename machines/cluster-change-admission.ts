/** May the numbers of this cluster change now? Rules of scale, stop, start, restart and cancel. Pure. */
import { accepted, refused, unchanged } from './refusal.ts';
import type { Admission } from './refusal.ts';
import { serverPool, specOf } from './cluster-context.ts';
import { resource } from './cluster-context.ts';
import type { ClusterContext, ClusterEvent } from './cluster-context.ts';
import { editedSpec } from './cluster-orders.ts';
import { entries, nameOf, servers } from './cluster-plan.ts';
import { countsOf } from './cluster-slots.ts';
import { bounds } from './limits.ts';
import { quorumOf } from './quorum.ts';
import type { ClusterSpec } from './specs.ts';

type Event<T extends ClusterEvent['type']> = Extract<ClusterEvent, { type: T }>;

const making = /^(pending\.planning|provisioning|installing|configuring)/;

const notNow = (context: ClusterContext, verb: string, because: string): Admission =>
  refused({
    code: 'transition.notAllowed',
    message: `${resource(context)} is ${context.phase}: ${verb} is not possible now.`,
    because: [because],
  });

const problem = (
  path: string,
  code: string,
  got: unknown,
  message: string,
  allowed?: unknown[],
) => ({
  path,
  code,
  got,
  message: `${path} is ${String(got)}: ${message}`,
  ...(allowed !== undefined && { allowed }),
});

export function admitScale(context: ClusterContext, event: Event<'cluster.scale'>): Admission {
  const { pool, count } = event;
  if (context.spec === null) return notNow(context, 'scale', 'apply a manifest first');
  const names = [serverPool, ...context.spec.agentPools.map(({ name }) => name)];
  const problems = [
    ...(names.includes(pool)
      ? []
      : [problem('arguments.pool', 'manifest.badValue', pool, 'no pool has this name', names)]),
    ...(pool === serverPool && ![1, 3, 5, 7].includes(count)
      ? [
          problem(
            'arguments.count',
            count % 2 === 0 ? 'manifest.serverCountEven' : 'manifest.serverCountRange',
            count,
            'an etcd cluster has an odd number of members; use 1, 3, 5 or 7',
            [1, 3, 5, 7],
          ),
        ]
      : []),
  ];
  const total = totalAfter(context, event);
  if (problems.length === 0 && total > bounds.nodesMax)
    problems.push(
      problem(
        'arguments.count',
        'manifest.tooManyNodes',
        count,
        `${total} nodes in all is more than ${bounds.nodesMax}; make several clusters`,
      ),
    );
  if (problems.length > 0)
    return refused({
      code: 'command.malformed',
      message: `${resource(context)} was not scaled: ${problems[0]?.message ?? ''}`,
      problems,
    });
  const spec = editedSpec(context, event);
  return spec === undefined ? unchanged : admitCounts(context, spec);
}

function totalAfter(context: ClusterContext, event: ClusterEvent): number {
  const spec = editedSpec(context, event);
  if (spec === undefined) return 0;
  const { servers: count, pools } = countsOf(spec);
  return Object.values(pools).reduce((sum, each) => sum + each, count);
}

/** During another change the order is taken too, and carried out at that change's next edge: the last one wins. */
export function admitCounts(context: ClusterContext, spec: ClusterSpec): Admission {
  const before = countsOf(specOf(context));
  const after = countsOf(spec);
  if (JSON.stringify(before) === JSON.stringify(after) && !context.isHalted) return unchanged;
  if (!context.phase.startsWith('running'))
    return notNow(
      context,
      'a change of its numbers',
      making.test(context.phase)
        ? 'wait until it runs, or cancel its creation'
        : 'numbers change while it runs: start it, or wait until it does',
    );
  if (after.servers === before.servers) return accepted;
  const { members, voters } = quorumOf(servers(context).map(([, entry]) => entry));
  if (after.servers > before.servers && voters < members && context.change === null)
    return refused({
      code: 'transition.notAllowed',
      message: `${resource(context)} was not scaled: ${voters} of ${members} servers are healthy.`,
      because: [
        'a server joins only while every other one is healthy; scale down the lost ones first',
      ],
    });
  return accepted;
}

export function admitPower(context: ClusterContext, wanted: 'running' | 'stopped'): Admission {
  const verb = wanted === 'stopped' ? 'stop' : 'start';
  if (context.spec?.desiredState === wanted) return unchanged;
  if (/^(running|stopping|stopped|starting)/.test(context.phase)) return accepted;
  return notNow(context, verb, 'wait until it runs; what is half made can be cancelled or deleted');
}

export function admitRestart(context: ClusterContext, event: Event<'cluster.restart'>): Admission {
  const { pool, nodes = [] } = event;
  const pools = [serverPool, ...(context.spec?.agentPools.map(({ name }) => name) ?? [])];
  const names = entries(context).map(([, entry]) => nameOf(context, entry));
  const problems = [
    ...(pool === undefined || pools.includes(pool)
      ? []
      : [problem('arguments.pool', 'manifest.badValue', pool, 'no pool has this name', pools)]),
    ...nodes.flatMap((name, index) =>
      names.includes(name)
        ? []
        : [
            problem(
              `arguments.nodes[${index}]`,
              'manifest.badValue',
              name,
              'no node has this name',
            ),
          ],
    ),
  ];
  if (problems.length > 0)
    return refused({
      code: 'command.malformed',
      message: `${resource(context)} was not restarted: ${problems[0]?.message ?? ''}`,
      problems,
    });
  if (context.phase !== 'running.steady')
    return notNow(context, 'restart', 'wait until nothing else is under way, or cancel that');
  return accepted;
}

export function admitCancel(context: ClusterContext): Admission {
  if (context.isCancelled) return unchanged;
  if (context.change !== null || making.test(context.phase)) return accepted;
  return notNow(context, 'cancel', 'nothing is under way');
}

export const hasFailedNode = (context: ClusterContext): boolean =>
  entries(context).some(([, { phase }]) => phase === 'failed');
