/** What a wait is for, by kind; and what absence means for it. */
import { clusterGoalOf, clusterGoalText, judgeCluster } from './cluster-goal.ts';
import { groupGoal } from './group-view.ts';
import { pluralOf } from './kinds.ts';
import type { StoredKind } from './kinds.ts';
import { replicationGoal } from './replication-goal.ts';
import type { Goal, Verdict } from './verdict.ts';
import type { ResourceView } from './view.ts';

/** @throws Failure `cli.usage` when the text is no goal of that kind */
export function goalOf(kind: StoredKind, text: string): Goal {
  if (kind === 'replication') return replicationGoal(text);
  if (kind === 'replicationgroup') return groupGoal(text);
  const goal = clusterGoalOf(text);
  return {
    text: clusterGoalText(goal),
    isAbsence: goal.kind === 'deleted',
    judge: (seen) => judgeCluster(goal, seen),
  };
}

/** Judges one look; `gone` means that the service knows no such resource, or knows it was deleted. */
export function judge(kind: StoredKind, goal: Goal, seen: ResourceView | 'gone'): Verdict {
  if (seen !== 'gone') return goal.judge(seen);
  if (goal.isAbsence) return { kind: 'reached' };
  return { kind: 'unreachable', why: 'it is gone', tries: [`fairlead get ${pluralOf(kind)} -A`] };
}
