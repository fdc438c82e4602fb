/** What a group's transitions ask of a look at its members, or of their answers. Pure. */
import type { Barrier } from './replication-group-mark.ts';
import { groupAnswerOf, groupStampOf } from './replication-group-context.ts';
import type { GroupContext } from './replication-group-context.ts';
import type { MemberFact } from './replication-group-effects.ts';
import { commonWriter, isAt, isOnItsWay, isSource } from './replication-group-facts.ts';
import { group } from './replication-group-limits.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

type Context = GroupContext;

export const factsIn = (event: object): readonly MemberFact[] | undefined =>
  groupAnswerOf(event, 'group.look')?.members;

/** Side that is to write: of a relocation it follows from who writes now. */
export function endpointIn({ operation }: Context, facts: readonly MemberFact[]): Side | undefined {
  if (operation === null) return undefined;
  if (operation.endpoint !== null) return operation.endpoint;
  const writer = commonWriter(facts);
  return writer && peerOf(writer);
}

export const staying = (facts: readonly MemberFact[], side: Side): readonly MemberFact[] =>
  facts.filter((fact) => !isSource(fact, side));

const isMoving = ({ operation }: Context, { name }: MemberFact): boolean =>
  operation?.moving.includes(name) === true;

/** Neither on its way by this order any more, nor there. */
function hasFallen({ name: ours, operation }: Context, fact: MemberFact): boolean {
  if (operation?.endpoint === undefined || operation.endpoint === null) return false;
  return !isOnItsWay(fact, ours, operation.number) && !isSource(fact, operation.endpoint);
}

export const fallenIn = (context: Context, event: object): readonly MemberFact[] =>
  (factsIn(event) ?? []).filter((fact) => isMoving(context, fact) && hasFallen(context, fact));

/** The member that was let past the last barrier and is not settled. */
export const nextOf = ({ operation }: Context): string | undefined =>
  operation?.moving.find((name) => !operation.settled.includes(name));

const nextIn = (context: Context, event: object): MemberFact | undefined =>
  factsIn(event)?.find(({ name }) => name === nextOf(context));

export const hasLooked = (event: object): boolean => factsIn(event) !== undefined;

export function isAllThere(context: Context, event: object): boolean {
  const facts = factsIn(event) ?? [];
  const side = endpointIn(context, facts);
  return side !== undefined && facts.length > 0 && staying(facts, side).length === 0;
}

export function allAdmit(context: Context, event: object): boolean {
  const facts = factsIn(event) ?? [];
  const side = endpointIn(context, facts);
  return (
    side !== undefined && staying(facts, side).every((fact) => fact.against[side].length === 0)
  );
}

const needsResync = (fact: MemberFact): boolean =>
  !isSource(fact, 'home') && (fact.against.home.length > 0 || !fact.home.startsWith('replica.'));

/** A way home may begin with overwriting homes; whatever else stands against it is said by the members. */
export function mayResync({ operation }: Context, event: object): boolean {
  const facts = factsIn(event) ?? [];
  return (
    operation?.verb === 'failback' &&
    facts.filter(needsResync).every((fact) => isSource(fact, 'away') && fact.operation === null)
  );
}

/** Members whose home has to be overwritten first. */
export const toResync = ({ members }: Context): readonly string[] =>
  members.filter(needsResync).map(({ name }) => name);

/** Of those that were ordered to resync, one rests without having got there. */
export const hasResyncFailed = (event: object): boolean =>
  (factsIn(event) ?? []).some((fact) => needsResync(fact) && fact.operation === null);

export const allTook = (event: object): boolean =>
  groupAnswerOf(event, 'group.order')?.answers.every(({ outcome }) => outcome !== 'refused') ===
  true;

export const someFell = (context: Context, event: object): boolean =>
  fallenIn(context, event).length > 0;

export const allAt = (context: Context, event: object, barrier: Barrier): boolean => {
  const facts = (factsIn(event) ?? []).filter((fact) => isMoving(context, fact));
  return (
    facts.length > 0 && facts.every((fact) => !hasFallen(context, fact) && isAt(fact, barrier))
  );
};

export const isNextThere = (context: Context, event: object): boolean => {
  const fact = nextIn(context, event);
  const side = context.operation?.endpoint;
  return fact !== undefined && side !== undefined && side !== null && isSource(fact, side);
};

export const hasNextFallen = (context: Context, event: object): boolean => {
  const fact = nextIn(context, event);
  return fact !== undefined && hasFallen(context, fact);
};

export const isKeepDue = ({ operation }: Context, event: object): boolean =>
  operation !== null &&
  hasLooked(event) &&
  groupStampOf(event, operation.keptAtMs) - operation.keptAtMs >= group.keepMs;

/** None of its members is on its way by this order any more. */
export const isAllSettled = ({ name, operation }: Context, event: object): boolean => {
  const facts = factsIn(event);
  return (
    facts !== undefined && !facts.some((fact) => isOnItsWay(fact, name, operation?.number ?? 0))
  );
};

/** On their way by this order, and not told to end it. */
export const toCallOff = (
  { name, operation }: Context,
  facts: readonly MemberFact[],
): readonly string[] =>
  facts
    .filter((fact) => isOnItsWay(fact, name, operation?.number ?? 0))
    .map((fact) => fact.name)
    .filter((each) => operation?.calledOff.includes(each) !== true);

export const hasToCallOff = (context: Context, event: object): boolean =>
  toCallOff(context, factsIn(event) ?? []).length > 0;
