/** What a wait for a replication is for: a state of a side, who writes, a condition, its end. */
import { usage } from './failure.ts';
import { phaseOf, publicOf, replicationReason, sides } from './replication-view.ts';
import type { ReplicationView, Side } from './replication-view.ts';
import type { Goal, Verdict } from './verdict.ts';

const states = ['replica', 'promoting', 'source', 'demoting', 'syncing', 'failed'];
const spellings = [
  ...states,
  ...['home=<state>', 'away=<state>', 'writer=home|away|none', 'condition=<type>[=<status>]'],
  ...['done', 'deleted'],
];

/**
 * A bare state is the one of the recovery side, away; `done` is a first recovery point.
 * @param ordered  True after a command: then nothing under way means that it came to nothing.
 * @throws Failure `cli.usage` when the text is no goal
 */
export function replicationGoal(text: string, ordered = false): Goal {
  const isMet = conditionOf(text);
  const told = text === 'done' ? 'a committed recovery point' : text;
  return {
    text: told,
    isAbsence: text === 'deleted',
    judge: (seen) => verdict(seen, isMet, ordered && text !== 'deleted' && text !== 'done'),
  };
}

type Test = (view: ReplicationView) => boolean;

function conditionOf(text: string): Test {
  if (text === 'deleted') return () => false;
  if (text === 'done') return hasCondition('Protected', 'True');
  const condition = /^condition=([A-Za-z]+)(?:=(True|False|Unknown))?$/.exec(text);
  if (condition !== null) return hasCondition(condition[1] ?? '', condition[2] ?? 'True');
  const writer = /^writer=(home|away|none)$/.exec(text);
  if (writer !== null) return ({ status }) => status?.writer === writer[1];
  const [, where, wish = ''] = /^(?:(home|away|state)=)?(.+)$/.exec(text) ?? [];
  if (!states.includes(publicOf(wish)))
    throw usage(`${text} is nothing to wait for`, { allowed: spellings });
  const side: Side = where === 'home' ? 'home' : 'away';
  return (view) => {
    const phase = phaseOf(view, side);
    return phase === wish || phase.startsWith(`${wish}.`);
  };
}

const hasCondition =
  (type: string, status: string): Test =>
  (view) =>
    (view.status?.conditions ?? []).some((each) => each.type === type && each.status === status);

function verdict(view: ReplicationView, isMet: Test, ordered: boolean): Verdict {
  if (isMet(view)) return { kind: 'reached' };
  const { name, namespace } = view.metadata;
  const target = `replication ${name} -n ${namespace}`;
  const isIdle = (view.status?.operation ?? null) === null && !sides.some(isPassing(view));
  const failed = sides.filter((side) => publicOf(phaseOf(view, side)) === 'failed');
  if (isIdle && failed.length > 0)
    return {
      kind: 'unreachable',
      why: [failed.map((side) => `${side} is ${phaseOf(view, side)}`).join(', '), told(view)]
        .filter((part) => part !== '')
        .join(': '),
      tries: [`fairlead describe ${target}`, `fairlead next ${target}`],
    };
  if (ordered && isIdle)
    return {
      kind: 'unreachable',
      why: told(view) || 'nothing is under way any more',
      tries: [`fairlead next ${target}`],
    };
  return { kind: 'pending' };
}

/** Goes on by itself although no order is under way: a rehearsal that ends, a change that the back end takes. */
const isPassing = (view: ReplicationView) => (side: Side) =>
  /\.(testing|reconfiguring)$/.test(phaseOf(view, side));

const told = (view: ReplicationView): string => replicationReason(view);
