/** What went wrong, in the one shape that people and scripts see: error, reason, allowed, try; and the exit code. */
import { exitOfStatus, exits } from './exit-codes.ts';
import type { Exit } from './exit-codes.ts';
import type { Style } from './style.ts';

export interface ProblemItem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly got?: unknown;
  readonly allowed?: readonly unknown[];
  /** `file:line:column`, when the problem is in a manifest file. */
  readonly at?: string;
}

/** The problem object of the service, and of the CLI itself. Absent fields are unknown. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly reason?: string;
  readonly problems?: readonly ProblemItem[];
  readonly actor?: string;
  readonly state?: string;
  readonly allowedNext?: readonly string[];
  readonly because?: readonly unknown[];
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly correlationId?: string;
  readonly traceId?: string;
  readonly status?: number;
  /** What the caller should do, from the registry of faults. */
  readonly remedy?: string;
}

/** Ends a verb. `tries` are command lines that help; none of them is run. */
export class Failure extends Error {
  readonly problem: Problem;
  readonly exit: Exit;
  readonly tries: readonly string[];

  constructor(problem: Problem, exit: Exit, tries: readonly string[] = []) {
    super(problem.message);
    this.name = 'Failure';
    this.problem = problem;
    this.exit = exit;
    this.tries = tries;
  }
}

/** Wrong usage of the CLI itself: exit 2, nothing sent. */
export function usage(
  message: string,
  more: { allowed?: readonly string[]; tries?: readonly string[]; reason?: string } = {},
): Failure {
  const problem: Problem = {
    code: 'cli.usage',
    message,
    retryable: false,
    ...(more.reason === undefined ? {} : { reason: more.reason }),
    ...(more.allowed === undefined ? {} : { allowedNext: more.allowed }),
  };
  return new Failure(problem, exits.usage, more.tries ?? []);
}

/** A problem object of the service as a failure. */
export function refused(problem: Problem, tries: readonly string[] = []): Failure {
  return new Failure(problem, exitOfStatus(problem.status ?? 500), tries);
}

/** Recognises what the NATS client rejects with. */
export function problemIn(thrown: unknown): Problem | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('problem' in thrown)) return undefined;
  const { problem } = thrown;
  const shaped =
    typeof problem === 'object' && problem !== null && 'code' in problem && 'message' in problem;
  return shaped ? (problem as Problem) : undefined;
}

/** Whatever a verb threw, as a failure; bugs keep their message and say that they are bugs. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const problem = problemIn(thrown);
  if (problem !== undefined) return refused(problem, hintsFor(problem));
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new Failure(
    { code: 'cli.unexpected', message, reason: 'this is a fault of the CLI', retryable: false },
    exits.failed,
    ['fairlead doctor'],
  );
}

/** Command lines that help with a problem of the service. */
export function hintsFor(problem: Problem): readonly string[] {
  const [kind, namespace, name] = (problem.actor ?? '').split('/');
  const target = name === undefined ? undefined : `${kind} ${name} -n ${namespace}`;
  const many = kind?.startsWith('replication') === true ? `${kind}s` : 'clusters';
  const describing = describingOf(kind, target);
  switch (problem.code) {
    case 'resource.notFound':
      return [
        namespace === undefined
          ? `fairlead get ${many} -A`
          : `fairlead get ${many} -n ${namespace}`,
      ];
    case 'resource.deleted':
      return [`fairlead get ${many} -A`, 'fairlead apply -f <file>'];
    case 'transition.notAllowed':
    case 'precondition.failed':
    case 'operation.conflict':
      if (kind === 'replication' && target !== undefined)
        return [`fairlead next ${target}`, `fairlead describe ${target}`];
      return describing;
    case 'service.unavailable':
      return ['npm start', 'fairlead doctor'];
    case 'mailbox.full':
      return ['the same again in a moment'];
    default:
      return describing;
  }
}

/** Guards are no resources: the CLI shows the breakers and the hosts that they are about. */
const describingOf = (kind: string | undefined, target: string | undefined): readonly string[] =>
  target === undefined || kind === 'guard' ? [] : [`fairlead describe ${target}`];

/** Text for stderr: one labelled line per part, problems indented below the error. */
export function failureText(failure: Failure, style: Style): string {
  const { problem } = failure;
  const label = (word: string): string => `${word}:`.padEnd(9);
  const head = [
    problem.message,
    problem.code,
    problem.actor,
    problem.state && `in ${problem.state}`,
  ];
  const lines = [style.paint('red', label('error')) + head.filter(Boolean).join('   ')];
  for (const item of problem.problems ?? []) lines.push(`  ${itemText(item)}`);
  const reasons = [problem.reason, ...(problem.because ?? []).map(becauseText)].filter(Boolean);
  if (reasons.length > 0) lines.push(label('reason') + reasons.join('; '));
  if (problem.remedy !== undefined) lines.push(label('remedy') + problem.remedy);
  if ((problem.allowedNext ?? []).length > 0)
    lines.push(label('allowed') + (problem.allowedNext ?? []).join(', '));
  for (const [index, line] of failure.tries.entries())
    lines.push((index === 0 ? label('try') : ' '.repeat(9)) + line);
  return lines.map((line) => `${line}\n`).join('');
}

function itemText(item: ProblemItem): string {
  const text = item.message.startsWith(item.path) ? item.message : `${item.path} ${item.message}`;
  return item.at === undefined ? text : `${item.at}  ${text}`;
}

function becauseText(entry: unknown): string {
  if (typeof entry === 'string') return entry;
  if (typeof entry === 'object' && entry !== null && 'text' in entry) return String(entry.text);
  return JSON.stringify(entry);
}

/** The one JSON object on stderr of `-o json`. */
export function failureJson(failure: Failure): string {
  const { status: _status, ...error } = failure.problem;
  const exit = { exitCode: failure.exit };
  const tries = failure.tries.length > 0 ? { try: failure.tries } : {};
  return `${JSON.stringify({ error: { ...error, ...tries, ...exit } })}\n`;
}
