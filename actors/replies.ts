/** What a caller is told, and how a settled message leaves the stream. */
import { keyText } from '../machines/ids.ts';
import { hosting } from '../machines/limits.ts';
import type { Command } from './envelope.ts';
import { messageOf, problem } from './faults.ts';
import type { Problem } from './faults.ts';
import { pause } from './heap-clock.ts';
import type { WorkWatch } from './household.ts';
import type { Bus, Clock, CommandDelivery, QueryAnswer, QueryRequest, Telemetry } from './ports.ts';
import { acceptedCode } from './seen.ts';
import type { SeenEntry } from './seen.ts';

export type Reply =
  | { readonly ok: true; readonly body: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: Problem };

/** The stored decision as an answer; the same one every time, `repeated` aside. */
export function replyOf(entry: SeenEntry, actor: string, isRepeat: boolean): Reply {
  const { id, code, correlationId, state, revision, by } = entry;
  if (code === acceptedCode)
    return {
      ok: true,
      body: {
        ...entry.fields,
        ...{ accepted: true, commandId: id, correlationId, revision, state },
        ...(entry.unchanged && { unchanged: true }),
        ...(by !== undefined && { by }),
        ...(isRepeat && { repeated: true }),
      },
    };
  return {
    ok: false,
    problem: problem(code, {
      ...{ actor, correlationId, message: entry.message ?? '' },
      ...(state !== undefined && { state }),
      ...(entry.problems && { problems: entry.problems }),
      ...(entry.because && { because: entry.because }),
      ...(entry.allowedNext && { allowedNext: entry.allowedNext }),
      ...(isRepeat && { reason: 'repeated' }),
    }),
  };
}

export interface Post {
  readonly ports: { readonly bus: Bus; readonly telemetry: Telemetry };
  readonly clock: Clock;
  /** False once this host must not settle anything any more. */
  readonly owned: () => boolean;
  readonly watch?: WorkWatch;
}

export type Told = Pick<Command, 'commandId' | 'correlationId' | 'claimedBy'> & {
  readonly replyTo?: string | undefined;
};

/** The decision is in a record: acknowledge and answer. */
export function settle(post: Post, delivery: CommandDelivery, told: Told, reply: Reply): void {
  if (!post.owned()) return;
  delivery.ack();
  answer(post, delivery, told, reply);
}

/**
 * No record holds this refusal. The whole problem is dead-lettered, the message removed for certain, then the caller told:
 * were it still in the stream, a crash could redeliver and execute what was called refused. A host that is gone between the
 * two leaves a letter, which `wasRefused` finds. Waits while NATS is away.
 * @param isFinal  true when it would be refused at any other time too, so that it may be terminated with its reason
 */
export async function refuse(
  post: Post,
  delivery: CommandDelivery,
  told: Told,
  refusal: Problem,
  isFinal = false,
): Promise<void> {
  const { commandId } = told;
  const letter = { delivery, commandId, problem: refusal };
  const isStored = await persist(post, () => post.ports.bus.publishDeadLetter(letter));
  if (!isStored) return;
  post.ports.telemetry.count('fairlead_dead_letters_total', { code: refusal.code });
  const remove = () => (isFinal ? delivery.terminate(refusal.code) : delivery.ackConfirmed());
  if (await persist(post, remove)) answer(post, delivery, told, { ok: false, problem: refusal });
}

/** As `refuse`, at the door: nobody has asked yet whether an earlier owner refused it. */
export async function turnAway(...refused: Parameters<typeof refuse>): Promise<void> {
  const [post, delivery, told] = refused;
  if (!(await wasRefused(post, delivery, told))) await refuse(...refused);
}

/**
 * True when nothing is left to decide: an earlier owner has dead-lettered this very message, which is settled as it was
 * then, or the message is no longer ours. Asks only about what somebody may have had before; waits while NATS is away.
 */
export async function wasRefused(
  post: Post,
  delivery: CommandDelivery,
  told: Told,
): Promise<boolean> {
  if (!delivery.wasWaiting) return false;
  const { bus } = post.ports;
  const found = await persist(post, () => bus.letterOf(delivery, told.commandId));
  if (found === undefined) return true;
  const letter = found.value as Problem | undefined;
  // Held for inspection is what that host made of the record, perhaps one that had lost it: this one reads it for itself.
  if (letter === undefined || letter.code === 'actor.quarantined') return false;
  const refusal = { ...letter, reason: 'repeated' };
  if (await persist(post, () => delivery.ackConfirmed()))
    answer(post, delivery, told, { ok: false, problem: refusal });
  return true;
}

function answer(post: Post, delivery: CommandDelivery, told: Told, reply: Reply): void {
  const { kind, namespace, name, verb } = delivery;
  const { telemetry, bus } = post.ports;
  const code = reply.ok ? 'ok' : reply.problem.code;
  telemetry.count('fairlead_commands_total', { kind, verb, code });
  const nowMs = post.clock.monotonicMs();
  const status = reply.ok ? 200 : reply.problem.status;
  const ms = nowMs - (delivery.takenMs ?? nowMs);
  post.watch?.answered({ code, status, ms });
  post.watch?.reported?.(
    { kind, namespace, name },
    { by: 'command', ms, correlationId: told.correlationId, ...(!reply.ok && { code }) },
  );
  const fields = {
    actor: `${kind}/${namespace}/${name}`,
    ...{
      kind,
      event: `${kind}.${verb}`,
      verb,
      commandId: told.commandId,
      correlationId: told.correlationId,
      by: told.claimedBy,
    },
  };
  const isRepeated = reply.ok
    ? reply.body['repeated'] === true
    : reply.problem.reason === 'repeated';
  if (isRepeated) telemetry.count('fairlead_idempotency_duplicates_total', { result: 'folded' });
  if (reply.ok) {
    const { state, revision, repeated } = reply.body;
    telemetry.log('info', { ...fields, state, revision, repeated }, 'command committed');
  } else {
    const { state, message } = reply.problem;
    const told = { ...fields, state, code, status, reason: message };
    telemetry.log('warn', told, 'command refused');
  }
  if (told.replyTo === undefined) return;
  if (reply.ok) {
    bus.reply(told.replyTo, reply.body);
    return;
  }
  bus.reply(told.replyTo, reply.problem, { status, text: reply.problem.message });
}

/** Tries until it is done; undefined when ownership ended first. */
async function persist<T>(
  post: Post,
  run: () => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  let waitMs: number = hosting.storeRetryFirstMs;
  while (post.owned()) {
    try {
      return { value: await run() };
    } catch (thrown) {
      const fields = { reason: messageOf(thrown), waitMs, correlationId: '' };
      post.ports.telemetry.log(
        'warn',
        fields,
        'a refusal was not filed or not looked up; it is tried again',
      );
      await pause(post.clock, waitMs);
      waitMs = Math.min(waitMs * 2, hosting.storeRetryMaxMs);
    }
  }
  return undefined;
}

/** Queries are cheap to repeat: whoever asks too often is told when to come again. */
export function tooMany(
  { kind, namespace, name }: QueryRequest,
  retryAfterMs: number,
): QueryAnswer {
  const told = problem('service.busy', {
    ...{ actor: keyText({ kind, namespace, name }), correlationId: '', retryAfterMs },
    message: 'This host is asked more than it answers in time.',
  });
  return { body: told, error: { status: told.status, text: told.message } };
}
