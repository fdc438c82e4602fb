/** Why a command would be taken or not: by the very decision a turn makes, with everything that speaks for and against it. */
import type { AnyMachineSnapshot } from 'xstate';
import { keyText } from '../../machines/ids.ts';
import type { Situation } from '../admission.ts';
import { checkArguments, schemaFor } from '../envelope.ts';
import type { Command, Flaw } from '../envelope.ts';
import { faultStatus } from '../faults.ts';
import type { RefusalProblem } from '../kind.ts';
import { acceptedCode } from '../seen.ts';
import type { SeenEntry } from '../seen.ts';
import { decide, eventOf } from '../turn.ts';
import type { CommandEvent } from '../turn.ts';
import * as refusals from '../refusals.ts';
import type { Refusal } from '../refusals.ts';
import { guardReasons } from './guards.ts';
import type { Because, Why } from './shape.ts';
import { allowedIn, stateOf } from './subject.ts';
import type { Subject } from './subject.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** A command as its sender would write it. */
export interface Order {
  readonly verb: string;
  readonly arguments?: Arguments;
}

/** Its status follows from its code. */
type Judged = Omit<Why, 'status'>;

/** Nobody sends it. */
const ids = { commandId: 'dry-run', correlationId: 'dry-run' } as const;

/** @returns the flaw where its own form is wrong: there is no such verb */
export function whyOf(subject: Subject, order: Order): Flaw | Why {
  const found = judgement(subject, order);
  if (!('allowed' in found)) return found;
  return { ...found, status: found.allowed === 'yes' ? 200 : faultStatus(found.code) };
}

function judgement(subject: Subject, order: Order): Flaw | Judged {
  const opened = opening(subject, order);
  if ('flaw' in opened) {
    const needs = missingIn(opened.flaw);
    if (needs === undefined)
      return opened.flaw.problems ? malformed(subject, order, opened.flaw) : opened.flaw;
    return judgeBlind(subject, order, opened.flaw, needs);
  }
  return judge(subject, commandOf(subject, order.verb, opened.arguments));
}

/** The command that a turn would get; the flaw where there is none. */
export function commandIn(subject: Subject, order: Order): Flaw | Command {
  const opened = opening(subject, order);
  return 'flaw' in opened ? opened.flaw : commandOf(subject, order.verb, opened.arguments);
}

export const eventIn = ({ kind, nowMs }: Subject, command: Command): CommandEvent =>
  eventOf(kind, command, { atMs: nowMs, roll: 0 });

export function situationOf(subject: Subject, event: CommandEvent): Situation {
  const { snapshot, stored, nowMs } = subject;
  return {
    ...{ snapshot, nowMs, revision: stored?.revision ?? 0 },
    can: () => canTake(subject, event),
  };
}

/** A throwing guard counts as yes, for the turn will show it: as the owner has it. */
function canTake({ snapshot }: Subject, event: CommandEvent): boolean {
  try {
    return snapshot?.can(event) ?? true;
  } catch {
    return true;
  }
}

// -------------------------------------------------------------------------------------------- its form

function opening(
  { key, schemas }: Subject,
  { verb, arguments: given = {} }: Order,
): { readonly flaw: Flaw } | { readonly arguments: Arguments } {
  const found = schemaFor(schemas, key.kind, verb);
  if ('code' in found) return { flaw: found };
  const checked = checkArguments({ ...key, verb }, found.schema, given);
  return 'code' in checked ? { flaw: checked } : checked;
}

const commandOf = ({ key }: Subject, verb: string, given: Arguments): Command => ({
  ...ids,
  ...{ key, verb, arguments: given },
});

/** Paths leave the word for the whole manifest out. */
const nameOf = ({ path }: RefusalProblem): string => (path === '' ? 'manifest' : path);

/** Arguments that are missing; undefined where something else is wrong as well. */
function missingIn({ problems }: Flaw): readonly string[] | undefined {
  if (problems === undefined || problems.length === 0) return undefined;
  const isMissing = ({ code }: RefusalProblem): boolean => code === 'manifest.required';
  return problems.every(isMissing) ? problems.map(nameOf) : undefined;
}

function malformed(subject: Subject, { verb }: Order, flaw: Flaw): Judged {
  const { code, message, problems = [] } = flaw;
  return {
    ...plain(subject, verb),
    ...{ allowed: 'no', code, message },
    because: problems.map(({ path, message: text }) => ({ guard: path, is: 'no', text })),
    needs: problems.flatMap((each) => (each.code === 'manifest.required' ? [nameOf(each)] : [])),
  };
}

const plain = (subject: Subject, verb: string) => ({
  ...{ command: verb, actor: keyText(subject.key), state: stateOf(subject) },
  ...{ unchanged: false, code: '', message: '', because: [], needs: [], path: [] },
  allowedNext: allowedIn(subject),
});

// ----------------------------------------------------------------------------------------- the decision

/** What stands before any machine: hosting's own rules, and whether there is anybody to ask. */
export function standingOf(subject: Subject, verb: string): Refusal | undefined {
  const { kind, key, snapshot, tombstone } = subject;
  const held = subject.standing(verb);
  if (held !== undefined || snapshot !== undefined || kind.creating.has(verb)) return held;
  const name = keyText(key);
  return tombstone === undefined ? refusals.notFound(name) : refusals.deleted(name);
}

function held(subject: Subject, verb: string, { code, message, more }: Refusal): Judged {
  const { retryAfterMs } = more;
  return {
    ...plain(subject, verb),
    ...{ allowed: 'no', code, message },
    because: [{ guard: code, is: 'no', text: message }],
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function judge(subject: Subject, command: Command): Judged {
  const { verb } = command;
  const standing = standingOf(subject, verb);
  if (standing !== undefined) return held(subject, verb, standing);
  const event = eventIn(subject, command);
  const decision = decide(subject.kind, command, event, situationOf(subject, event));
  if (decision.kind === 'apply') return taken(subject, verb, event, false);
  const { entry } = decision;
  return entry.code === acceptedCode
    ? taken(subject, verb, event, entry.unchanged === true)
    : refused(subject, verb, event, entry);
}

function taken(subject: Subject, verb: string, event: CommandEvent, unchanged: boolean): Judged {
  const because = unchanged
    ? [{ guard: 'unchanged', is: 'yes', text: 'it is as asked for already' } as const]
    : reasonsIn(subject, event).filter(({ is }) => is === 'yes');
  return { ...plain(subject, verb), allowed: 'yes', unchanged, because };
}

function refused(subject: Subject, verb: string, event: CommandEvent, entry: SeenEntry): Judged {
  const { kind, snapshot } = subject;
  const { code, message = '' } = entry;
  const way = snapshot && kind.explains?.way(snapshot, event);
  return {
    ...plain(subject, verb),
    ...{ allowed: 'no', code, message },
    because: becauseOf(entry, reasonsIn(subject, event)),
    path: way ?? [],
  };
}

/** Reasons against it are those of the refusal, word for word; what holds stands below them. */
function becauseOf(entry: SeenEntry, reasons: readonly Because[]): readonly Because[] {
  const { code, message = '', problems = [], because = [] } = entry;
  const texts = because.length > 0 ? because : problems.map(({ message: text }) => text);
  const against = (texts.length > 0 ? texts : [message]).map((text): Because => {
    const named = reasons.find((each) => each.is === 'no' && each.text === text);
    return named ?? { guard: code, is: 'no', text };
  });
  return [...against, ...reasons.filter(({ is }) => is !== 'no')];
}

/** The kind's own conditions, then the guards on the edges that the command could take. */
function reasonsIn({ kind, snapshot }: Subject, event: CommandEvent): readonly Because[] {
  if (snapshot === undefined || kind.explains === undefined) return [];
  const own = kind.explains.reasons(snapshot, event);
  const machine = snapshot as unknown as AnyMachineSnapshot;
  const known = new Set(own.map(({ text }) => text));
  const guards = guardReasons(machine, event, kind.explains.sentences);
  return [...own, ...guards.filter(({ text }) => !known.has(text))];
}

/**
 * Arguments are missing. It is refused where the state alone refuses it, whatever they would be; otherwise nobody knows.
 */
function judgeBlind(subject: Subject, order: Order, flaw: Flaw, needs: readonly string[]): Judged {
  const { verb, arguments: given = {} } = order;
  const standing = standingOf(subject, verb);
  if (standing !== undefined) return { ...held(subject, verb, standing), needs };
  const unknown: Judged = {
    ...plain(subject, verb),
    ...{
      allowed: 'unknown',
      code: flaw.code,
      message: `${verb} needs ${needs.join(', ')}.`,
      needs,
    },
    because: needs.map((text) => ({ guard: text, is: 'unknown', text: `needs ${text}` })),
  };
  if (allowedIn(subject).includes(verb)) return unknown;
  const event = eventIn(subject, commandOf(subject, verb, given));
  const entry =
    blindly(subject, event, commandOf(subject, verb, given)) ?? byConditions(subject, verb, event);
  return entry === undefined ? unknown : { ...refused(subject, verb, event, entry), needs };
}

/** The refusal of a command whose arguments are not all there; undefined where it cannot be told. */
function blindly(subject: Subject, event: CommandEvent, command: Command): SeenEntry | undefined {
  try {
    const decision = decide(subject.kind, command, event, situationOf(subject, event));
    if (decision.kind === 'apply' || decision.entry.code === acceptedCode) return undefined;
    const { entry } = decision;
    const isOfArguments = /^(command|manifest|fence)\./.test(entry.code);
    if (isOfArguments) return undefined;
    // Its message may speak of what is not there.
    const reasons = entry.because ?? [];
    return reasons.length === 0
      ? entry
      : { ...entry, message: `${command.verb} is not possible now: ${reasons.join('; ')}.` };
  } catch {
    return undefined;
  }
}

/** Its conditions refuse it, though the decision stops at the arguments. */
function byConditions(subject: Subject, verb: string, event: CommandEvent): SeenEntry | undefined {
  const { kind, snapshot } = subject;
  const reasons = (snapshot && kind.explains?.reasons(snapshot, event)) ?? [];
  const because = reasons.filter(({ is }) => is === 'no').map(({ text }) => text);
  if (because.length === 0) return undefined;
  const message = `${verb} is not possible now: ${because.join('; ')}.`;
  return { id: '', correlationId: '', code: 'transition.notAllowed', message, because };
}
