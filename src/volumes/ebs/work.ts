/** One call of an effect: its relationship, its time, its waits; and the two ways of calling EC2 for it. */
import type { Attempt, Clock, Telemetry } from '../../../actors/ports.ts';
import { ebs } from '../../../machines/limits-ebs.ts';
import { replication } from '../../../machines/replication-limits.ts';
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import type { CallName, Ec2, Input, Output } from './ec2.ts';
import { expired } from './faults.ts';
import { hold as holdFor } from '../hold.ts';

export interface Tools {
  readonly ec2: Ec2;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'log'>;
  /** Divides polls and other pacing; 1 with the real AWS. */
  readonly scale: number;
}

export interface Work {
  readonly tools: Tools;
  readonly of: ReplicationFacts;
  readonly attempt: Attempt;
  /** Empty for what only looks. */
  readonly opId: string;
  /** Wall time after which nothing new is begun; null for what only looks or only takes away. */
  readonly issueBeforeMs: number | null;
  /** The same by the clock that nobody sets. */
  readonly issueBeforeMonotonicMs: number;
  /** Monotonic time at which slow work is answered with its progress. */
  readonly followUntilMs: number;
}

export function begin(
  tools: Tools,
  of: ReplicationFacts,
  attempt: Attempt,
  order: { readonly opId?: string; readonly issueBeforeMs?: number },
): Work {
  const { opId = '', issueBeforeMs = null } = order;
  const { clock } = tools;
  const startMs = clock.monotonicMs();
  const leftMs = issueBeforeMs === null ? Infinity : issueBeforeMs - clock.nowMs();
  const times = {
    issueBeforeMonotonicMs: startMs + leftMs,
    followUntilMs: startMs + replication.followMs,
  };
  return { tools, of, attempt, opId, issueBeforeMs, ...times };
}

const scopeOf = ({ of, attempt }: Work, side: Side) => {
  const { account, region } = of.spec.endpoints[side];
  return { account, region, ...attempt };
};

/** Looks, or takes away: may be begun at any time. */
export const call = <Name extends CallName>(
  work: Work,
  side: Side,
  name: Name,
  input: Input<Name>,
): Promise<Output<Name>> => work.tools.ec2(scopeOf(work, side), name, input);

/**
 * Makes something. The time is looked at right before the call is handed over; waiting for its turn and its attempt
 * together are ended one attempt after that time, so that nothing of it leaves this process when a window counts on it.
 * @throws VolumeFault `call.issueExpired`
 */
export async function act<Name extends CallName>(
  work: Work,
  side: Side,
  name: Name,
  input: Input<Name>,
): Promise<Output<Name>> {
  const lateMs = lateBy(work);
  if (lateMs > 0) throw expired(lateMs);
  if (lateMs === -Infinity) return call(work, side, name, input);
  const { clock } = work.tools;
  const { signal } = work.attempt;
  const controller = new AbortController();
  const end = (): void => {
    controller.abort(signal.reason);
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  const cancel = clock.after(work.of.safety.attemptTimeoutMs - lateMs, () => {
    const over = new Error('the time in which this call may be made is over');
    controller.abort(Object.assign(over, { name: 'TimeoutError' }));
  });
  const attempt = { ...work.attempt, signal: controller.signal };
  try {
    return await call({ ...work, attempt }, side, name, input);
  } finally {
    cancel();
    signal.removeEventListener('abort', end);
  }
}

/** How long ago the time to begin was over, by the clock on which it came sooner; negative before. */
function lateBy({ tools, issueBeforeMs, issueBeforeMonotonicMs }: Work): number {
  if (issueBeforeMs === null) return -Infinity;
  const { clock } = tools;
  return Math.max(clock.nowMs() - issueBeforeMs, clock.monotonicMs() - issueBeforeMonotonicMs);
}

/** True when slow work may begin nothing more in this call: it is answered with its progress, and asked again with a new time. */
export const mustBeAskedAgain = (work: Work): boolean => lateBy(work) > 0;

/** True once slow work has been followed long enough for one call. */
export const isFollowed = ({ tools, followUntilMs }: Work): boolean =>
  tools.clock.monotonicMs() >= followUntilMs;

/** Milliseconds of pacing, as they are waited here. */
export const paced = ({ tools }: Work, ms: number): number => ms / tools.scale;

/** Waits by the pacing of polls. */
export const pause = (work: Work, pacingMs: number): Promise<void> =>
  hold(work, paced(work, pacingMs));

/** Waits so long, whatever the scale: for safety windows. Ends at once when the attempt does. */
export const hold = ({ tools, attempt }: Work, ms: number): Promise<void> =>
  holdFor(tools.clock, attempt, ms);

/** Looks again and again until it sees something; undefined when the time is over. */
export async function within<T>(
  work: Work,
  pacingMs: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const { clock } = work.tools;
  const endMs = clock.monotonicMs() + Math.max(paced(work, pacingMs), ebs.rungFloorMs);
  for (;;) {
    const seen = await look();
    if (seen !== undefined || clock.monotonicMs() >= endMs) return seen;
    await pause(work, ebs.pollMs);
  }
}

/** One line for whoever looks after it later. */
export const tell = (
  work: Work,
  message: string,
  fields: Readonly<Record<string, unknown>>,
): void => {
  const { of, attempt, tools } = work;
  const { namespace, name } = of;
  tools.telemetry.log(
    'warn',
    { correlationId: attempt.correlationId, replication: `${namespace}/${name}`, ...fields },
    message,
  );
};
