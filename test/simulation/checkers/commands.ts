/** Commands: each decided once, in order, in a record before it leaves the stream; none lost, none left, all answered. */
import { keyText } from '../../../machines/ids.ts';
import type { NewChecker } from '../ground.ts';

export const commands: NewChecker = (ground, accuse) => {
  /** Command id → how often some record took it up. */
  const decided = new Map<string, number>();
  /** Command id → as what it stands in the record that took it up last: `ok`, or the code of a refusal. */
  const codes = new Map<string, string>();
  /** Actor → sequence of the newest command that was decided. */
  const newest = new Map<string, number>();
  /** Removed from the stream, by sequence. */
  const removed = new Map<number, string>();
  const bySequence = (sequence: number) =>
    ground.parts.sent.find(({ sequences }) => sequences.includes(sequence));

  const noteDecision = (actor: string, id: string): void => {
    const times = (decided.get(id) ?? 0) + 1;
    decided.set(id, times);
    if (times > 1) accuse(`${actor} took ${id} up ${times} times`);
    // A copy that was refused where no record could hold it has left the stream: a later one is decided anew.
    const copies = ground.parts.sent.find((each) => each.id === id)?.sequences ?? [];
    const first = copies.find((sequence) => !removed.has(sequence)) ?? copies.at(-1);
    if (first === undefined) return;
    const before = newest.get(actor) ?? 0;
    if (first < before) accuse(`${actor} took ${id} (${first}) up behind ${before}`);
    newest.set(actor, Math.max(first, before));
  };

  return {
    written: ({ actor, before, after }) => {
      const known = new Set(before?.seen.map(({ id }) => id) ?? []);
      const now = new Set(after.seen.map(({ id }) => id));
      for (const id of known)
        if (!now.has(id)) accuse(`${actor} has forgotten that it decided ${id}`);
      for (const id of now) if (!known.has(id)) noteDecision(actor, id);
      for (const { id, code } of after.seen) codes.set(id, code);
    },
    left: ({ queued, how, by }) => {
      const { sequence, command } = queued;
      removed.set(sequence, how);
      if (how !== 'ack') return;
      const actor = keyText(command);
      const isStored = ground.records.get(actor)?.seen.some(({ id }) => id === command.id) ?? false;
      if (!isStored) accuse(`${by} acknowledged ${command.id}, and no record of ${actor} has it`);
    },
    ended: () => {
      for (const { sequence, command } of ground.parts.stream.waiting())
        accuse(
          `${command.id} (${sequence}, ${command.verb} of ${keyText(command)}) is left in the stream`,
        );
      judgeLetters();
      for (const sent of ground.parts.sent) {
        if (sent.sequences.length === 0) continue;
        for (const sequence of sent.sequences)
          if (!removed.has(sequence) && bySequence(sequence) === sent && !isWaiting(sequence))
            accuse(`${sent.id} (${sequence}) is nowhere`);
        judgeAnswer(sent.id);
      }
    },
  };

  function isWaiting(sequence: number): boolean {
    return ground.parts.stream.waiting().some((each) => each.sequence === sequence);
  }

  /** What was filed as refused stays refused: each message is decided once, in a record or by its dead letter. */
  function judgeLetters(): void {
    const filed = new Map<number, string>();
    for (const { delivery, commandId, problem } of ground.parts.outlets.letters) {
      const { sequence } = delivery;
      const code = String(problem['code']);
      const what = `${commandId} (${sequence}) is dead-lettered as ${code}`;
      const before = filed.get(sequence) ?? code;
      if (before !== code) accuse(`${what} and as ${before}`);
      filed.set(sequence, code);
      // Of several copies the record does not tell which one it took up.
      const isOnlyCopy = bySequence(sequence)?.sequences.length === 1;
      const decision = codes.get(commandId) ?? code;
      if (isOnlyCopy && decision !== code) accuse(`${what}, and a record has it as ${decision}`);
    }
  }

  /** By a reply, or else by the query for the outcome. */
  function judgeAnswer(id: string): void {
    const { outlets, sent } = ground.parts;
    const order = sent.find((each) => each.id === id);
    if (order === undefined) return;
    const replies = outlets.replies.filter(({ inbox }) => inbox.endsWith(`.${id}`));
    // The outcome of a refused order is told as that refusal; 404 says that nothing is known of it.
    const status = order.outcome?.error?.status ?? 200;
    const isKnown = order.outcome !== undefined && status < 500 && status !== 404;
    const isTold = replies.length > 0 || isKnown;
    // A refusal that no record holds is told by its dead letter.
    const isFiled = outlets.letters.some(({ commandId }) => commandId === id);
    if (!isTold && !isFiled)
      accuse(`${id} (${order.verb} of ${keyText(order.key)}) was never answered`);
    const accepted = replies.filter(
      ({ error, body }) => error === undefined && body['accepted'] === true,
    );
    if (accepted.length > 0 && !decided.has(id))
      accuse(`${id} was answered as accepted, and no record ever took it up`);
    const kinds = new Set(replies.map(({ error }) => error === undefined));
    // One copy was refused where no record could hold it, and a later one decided anew: both answers are true.
    const isOfTwo = isFiled && order.sequences.length > 1;
    if (kinds.size > 1 && decided.has(id) && !isOfTwo)
      accuse(`${id} was answered as accepted and as refused`);
  }
};
