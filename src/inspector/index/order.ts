/** Orders of the list. Every one of them is total: the actor's name decides at last. */
import type { Severity } from '../../../actors/steps/step.ts';
import type { Sort } from '../api.ts';
import type { Entry } from './entry.ts';

type Compare = (left: Entry, right: Entry) => number;

/** What needs a look comes first; nobody knows whether an unknown one does. */
const urgency: Readonly<Record<Severity, number>> = {
  failing: 0,
  unknown: 1,
  changing: 2,
  healthy: 3,
};

const byText = (left: string, right: string): number => (left < right ? -1 : Number(left > right));
const byActor: Compare = ({ row: left }, { row: right }) => byText(left.actor, right.actor);
/** Newest first. */
const bySince: Compare = (left, right) =>
  right.row.sinceMs - left.row.sinceMs || byActor(left, right);

export const orders: Readonly<Record<Sort, Compare>> = {
  severity: (left, right) =>
    urgency[left.row.severity] - urgency[right.row.severity] || bySince(left, right),
  name: (left, right) => byText(left.name, right.name) || byActor(left, right),
  since: bySince,
  state: (left, right) => byText(left.row.state, right.row.state) || bySince(left, right),
};
