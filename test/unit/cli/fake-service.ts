/** A service in memory: clusters by name, each with the views that successive looks show. */
import type { Order, Session } from '../../../src/cli/session.ts';
import type { GroupView } from '../../../src/cli/group-view.ts';
import type { ReplicationView } from '../../../src/cli/replication-view.ts';
import type { ClusterView } from '../../../src/cli/view.ts';
import { ClientProblem } from '../../../src/nats/problem.ts';
import { clientProblem } from '../../../src/nats/problem.ts';
import type { Problem } from '../../../src/nats/problem.ts';
import type { StepHearing } from '../../../src/nats/step-feed.ts';
import type { Step } from '../../../actors/steps/step.ts';

type ResourceView = ClusterView | ReplicationView | GroupView;

export interface FakeService {
  readonly session: Session;
  /** Orders as they came. */
  readonly orders: readonly Order[];
  /** Refuses the next orders, in turn. */
  refuse(problem: Problem): void;
  /** Later looks at the cluster show these, the last one for ever; `gone` answers 404. */
  show(name: string, ...views: (ResourceView | 'gone' | 'away')[]): void;
  /** Stored events by cluster name. */
  readonly past: Map<string, Readonly<Record<string, unknown>>[]>;
  /** Publishes to whoever follows events now. */
  publish(event: Readonly<Record<string, unknown>>): void;
  /** What each host answers to a survey of this kind: `{host, items, …}`. */
  readonly answers: Map<string, Readonly<Record<string, unknown>>[]>;
  /** Tells a step to whoever follows them, now or later. */
  step(step: Step): void;
  /** How many follow steps now. */
  readonly stepFollowers: () => number;
  readonly closed: () => boolean;
}

const notFound = (name: string): ClientProblem =>
  new ClientProblem(
    clientProblem(404, 'resource.notFound', `there is no cluster ${name}`, {
      actor: `cluster/default/${name}`,
    }),
  );

export function fakeService(...views: readonly ResourceView[]): FakeService {
  const shown = new Map<string, (ResourceView | 'gone' | 'away')[]>();
  const past = new Map<string, Readonly<Record<string, unknown>>[]>();
  const answers: FakeService['answers'] = new Map();
  const orders: Order[] = [];
  const refusals: Problem[] = [];
  const listeners = new Set<(event: Readonly<Record<string, unknown>>) => void>();
  const steps: Step[] = [];
  const stepListeners = new Set<StepHearing>();
  let closed = false;
  for (const view of views) shown.set(view.metadata.name, [view]);

  const look = (name: string): ResourceView => {
    const queue = shown.get(name) ?? ['gone' as const];
    const seen = queue.length > 1 ? queue.shift() : queue[0];
    if (seen === 'away')
      throw new ClientProblem(clientProblem(503, 'service.unavailable', 'no host answers'));
    if (seen === undefined || seen === 'gone') throw notFound(name);
    return seen;
  };
  const present = (): ResourceView[] =>
    [...shown.values()].flatMap((queue) => {
      const [first] = queue;
      return first === undefined || first === 'gone' || first === 'away' ? [] : [first];
    });

  const session: Session = {
    command: async (order) => {
      orders.push(order);
      const commandId = order.commandId ?? `id-${orders.length}`;
      const problem = refusals.shift();
      if (problem !== undefined) return { ok: false, commandId, problem };
      return { ok: true, accepted: true, commandId, revision: 5, state: 'pending.planning' };
    },
    query: async ({ verb, kind, name, namespace, arguments: given }) => {
      const asked = (given ?? {}) as { allNamespaces?: boolean; limit?: number };
      switch (verb) {
        case 'get':
          return { ...look(name) };
        case 'list':
          return {
            items: present()
              .filter((view) => (view.kind ?? kind).toLowerCase() === kind)
              .filter(
                (view) => asked.allNamespaces === true || view.metadata.namespace === namespace,
              ),
            asOf: new Date().toISOString(),
          };
        case 'history':
          return { items: (past.get(name) ?? []).slice(-(asked.limit ?? 100)) };
        case 'outcome':
          return { accepted: true, commandId: 'id-1', revision: 5, state: 'running.steady' };
        case 'dry-run':
          return { state: 'pending.planning' };
        case 'why': {
          const { verb: command } = given as { verb: string };
          const actor = `${kind}/${namespace}/${name}`;
          return {
            ...{ command, actor, allowed: 'yes', unchanged: false, state: 'replica.following' },
            ...{ code: '', message: '', status: 200, because: [], needs: [], allowedNext: [] },
            path: [],
          };
        }
        default:
          throw new Error(`the fake service knows no query ${verb}`);
      }
    },
    survey: async ({ kind, arguments: given }) => {
      const { names, after = '' } = (given ?? {}) as { names?: string[]; after?: string };
      return (answers.get(kind) ?? [{ host: 'h1', items: [] }]).map((answer) => ({
        ...answer,
        items: ((answer['items'] ?? []) as { name?: string }[]).filter(
          ({ name = '' }) => (name === '' || name > after) && (names?.includes(name) ?? true),
        ),
      }));
    },
    events: (_filter, { signal }) => ({
      ready: Promise.resolve(),
      async *[Symbol.asyncIterator]() {
        const queue: Readonly<Record<string, unknown>>[] = [];
        let wake = (): void => undefined;
        const listener = (event: Readonly<Record<string, unknown>>): void => {
          queue.push(event);
          wake();
        };
        listeners.add(listener);
        try {
          while (!signal.aborted) {
            const event = queue.shift();
            if (event !== undefined) yield event;
            else
              await new Promise<void>((resolve) => {
                wake = resolve;
                signal.addEventListener('abort', () => resolve(), { once: true });
              });
          }
        } finally {
          listeners.delete(listener);
        }
      },
    }),
    steps: (hearing) => {
      const state = { status: 'live', sinceMs: 0, lag: 0 } as const;
      for (const [at, step] of steps.entries()) hearing.step(step, at + 1);
      hearing.state?.(state);
      stepListeners.add(hearing);
      return {
        ready: Promise.resolve(),
        state: () => state,
        stop: async () => void stepListeners.delete(hearing),
      };
    },
    server: () => ({ name: 'fake', version: '2.10.27' }),
    close: async () => void (closed = true),
  };
  return {
    session,
    orders,
    refuse: (problem) => void refusals.push(problem),
    show: (name, ...later) => void shown.set(name, later),
    ...{ past, answers },
    publish: (event) => {
      for (const listener of listeners) listener(event);
    },
    step: (step) => {
      steps.push(step);
      for (const { step: hear } of stepListeners) hear(step, steps.length);
    },
    stepFollowers: () => stepListeners.size,
    closed: () => closed,
  };
}
