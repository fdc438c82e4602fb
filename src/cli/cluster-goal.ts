/** What a wait for a cluster is for, and whether it is reached, still possible, or out of reach. */
import { usage } from './failure.ts';
import type { Verdict } from './verdict.ts';
import { isIn, moodOf, reasonOf, stateOf } from './view.ts';
import type { ClusterView } from './view.ts';

export type ClusterGoal =
  | { readonly kind: 'state'; readonly state: string }
  /** Running with no change under way. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'condition'; readonly type: string; readonly status: string };

/** First words of the states a cluster can be in. */
const states = [
  ...['pending', 'provisioning', 'installing', 'configuring', 'running', 'stopping', 'stopped'],
  ...['starting', 'failed', 'rollingBack', 'deleting'],
];

/** @throws Failure `cli.usage` when the text is no goal. */
export function clusterGoalOf(text: string): ClusterGoal {
  const wish = text.replace(/^state=/, '');
  if (wish === 'deleted') return { kind: 'deleted' };
  if (wish === 'done') return { kind: 'settled' };
  const condition = /^condition=([A-Za-z]+)(?:=(True|False|Unknown))?$/.exec(wish);
  if (condition !== null)
    return { kind: 'condition', type: condition[1] ?? '', status: condition[2] ?? 'True' };
  if (!states.includes(wish.split('.')[0] ?? ''))
    throw usage(`${text} is nothing to wait for`, {
      allowed: [...states, 'deleted', 'condition=<type>[=<status>]'],
    });
  return { kind: 'state', state: wish };
}

export function clusterGoalText(goal: ClusterGoal): string {
  switch (goal.kind) {
    case 'state':
      return goal.state;
    case 'settled':
      return 'running';
    case 'deleted':
      return 'deleted';
    case 'condition':
      return `${goal.type}=${goal.status}`;
  }
}

/** Judges one look at a cluster. */
export function judgeCluster(goal: ClusterGoal, seen: ClusterView): Verdict {
  const state = stateOf(seen);
  if (hasGivenUp(goal, seen, state)) return givenUp(seen);
  if (isMet(goal, seen, state)) return { kind: 'reached' };
  if (goal.kind === 'deleted') return { kind: 'pending' };
  const target = `cluster ${seen.metadata.name} -n ${seen.metadata.namespace}`;
  if (isIn(state, 'deleting') || isIn(state, 'deleted'))
    return {
      kind: 'unreachable',
      why: 'it is being deleted',
      tries: [`fairlead describe ${target}`],
    };
  if (needsPerson(seen, state))
    return {
      kind: 'unreachable',
      why:
        [reasonOf(seen), seen.status?.lastError?.hint].filter(Boolean).join('; ') ||
        `${state} needs somebody to act`,
      tries: [`fairlead describe ${target}`, `fairlead retry ${target}`],
    };
  return { kind: 'pending' };
}

const resting = ['running', 'running.steady', 'stopped'];

/** The last change ended otherwise than it was meant to, and nothing goes on with it. */
function hasGivenUp(goal: ClusterGoal, seen: ClusterView, state: string): boolean {
  const outcome = seen.status?.lastOperation?.outcome;
  if (outcome === undefined || outcome === 'finished' || !resting.includes(state)) return false;
  return goal.kind === 'settled' || (goal.kind === 'state' && !isIn(state, goal.state));
}

function givenUp(seen: ClusterView): Verdict {
  const { lastOperation, lastError } = seen.status ?? {};
  const { name, namespace } = seen.metadata;
  return {
    kind: 'unreachable',
    why: [
      `${lastOperation?.opId ?? 'the change'} ${lastOperation?.outcome ?? ''}`,
      lastError?.message,
    ]
      .filter(Boolean)
      .join(': '),
    tries: [`fairlead describe cluster ${name} -n ${namespace}`],
  };
}

function isMet(goal: ClusterGoal, seen: ClusterView, state: string): boolean {
  switch (goal.kind) {
    case 'state':
      return isIn(state, goal.state);
    case 'settled':
      return resting.includes(state);
    case 'deleted':
      return isIn(state, 'deleted');
    case 'condition':
      return (seen.status?.conditions ?? []).some(
        (each) => each.type === goal.type && each.status === goal.status,
      );
  }
}

/** True when the cluster rests in trouble and will not try again by itself, as `failed.retryable` does for a while. */
function needsPerson(seen: ClusterView, state: string): boolean {
  if (moodOf(seen) !== 'bad') return false;
  if (!isIn(state, 'failed.retryable')) return true;
  const { operation } = seen.status ?? {};
  return operation !== undefined && operation.nextRetryAt === undefined;
}
