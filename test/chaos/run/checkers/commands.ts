/** Every command that the stream took is decided once, in order, or is a dead letter that its caller was told of. */
import type { Complaints, DeadLetter, Sent } from './books.ts';
import type { Life } from './records.ts';

export interface CommandTally {
  readonly sent: number;
  readonly accepted: number;
  /** Not taken by the stream, and its caller was told. */
  readonly refusedAtDoor: number;
  readonly unknown: number;
  readonly decided: number;
  readonly deadLettered: number;
  readonly answered: number;
}

export interface CommandBooks {
  readonly sent: ReadonlyMap<string, Sent>;
  readonly lives: ReadonlyMap<string, Life>;
  readonly deadLetters: readonly DeadLetter[];
  /** Commands left in the stream. */
  readonly left: number;
}

export function judgeCommands(books: CommandBooks, complaints: Complaints): CommandTally {
  const letters = new Map<string, DeadLetter[]>();
  for (const letter of books.deadLetters)
    letters.set(letter.commandId, [...(letters.get(letter.commandId) ?? []), letter]);
  let decided = 0;
  for (const sent of books.sent.values()) {
    const code = books.lives.get(sent.actor)?.codes.get(sent.id);
    if (code !== undefined) decided += 1;
    const row = { sent, decided: code, letters: letters.get(sent.id) ?? [] };
    judgeOne(row, books, complaints);
  }
  for (const life of books.lives.values()) judgeOrder(life, books.sent, complaints);
  for (const id of letters.keys())
    if (!books.sent.has(id)) complaints.note('deadLetter', `nobody sent ${id}`);
  if (books.left > 0) complaints.note('lost', `${books.left} commands are left in the stream`);
  const all = [...books.sent.values()];
  const having = (fate: Sent['fate']): number => all.filter((sent) => sent.fate === fate).length;
  return {
    sent: all.length,
    ...{ accepted: having('stored'), refusedAtDoor: having('refused'), unknown: having('unknown') },
    ...{ decided, deadLettered: books.deadLetters.length },
    answered: all.filter(({ answers }) => answers !== undefined).length,
  };
}

interface Row {
  readonly sent: Sent;
  /** Code in the record. */
  readonly decided: string | undefined;
  readonly letters: readonly DeadLetter[];
}

function judgeOne(
  { sent, decided, letters }: Row,
  books: CommandBooks,
  complaints: Complaints,
): void {
  const what = `${sent.id} (${sent.verb} of ${sent.actor})`;
  const [letter] = letters;
  if (letters.length > 1) complaints.note('doubled', `${what} has ${letters.length} dead letters`);
  if (decided !== undefined && letter !== undefined)
    complaints.note(
      'doubled',
      `${what} is decided (${decided}) and a dead letter (${letter.code})`,
    );
  const isNowhere = decided === undefined && letter === undefined;
  if (sent.fate === 'stored' && isNowhere) complaints.note('lost', `${what} was taken, no more`);
  if (sent.fate === 'refused' && !isNowhere)
    complaints.note('doubled', `${what} was refused by the stream, and is there`);
  if (sent.isPoison && decided !== undefined)
    complaints.note('poison', `${what} was decided: ${decided}`);
  if (letter !== undefined && !sent.isPoison && !isPlainRefusal(letter.code, sent, books))
    complaints.note('deadLetter', `${what} is no poison, and a dead letter: ${letter.code}`);
  for (const { code } of sent.answers ?? []) {
    const is = decided ?? letter?.code;
    if (is !== undefined && code !== is)
      complaints.note('contradicted', `${what} was told ${code}, and is ${is}`);
  }
}

/** A refusal that no record can hold: more than is taken, or nothing of that name. Whoever heard of it heard the same. */
function isPlainRefusal(code: string, sent: Sent, books: CommandBooks): boolean {
  const { answers = [] } = sent;
  const isRight = /^resource\.(notFound|deleted)$/.test(code)
    ? mayBeAbsent(sent, books)
    : /^(mailbox\.full|service\.(busy|degraded))$/.test(code);
  return isRight && answers.every((answer) => answer.code === code);
}

/** Its resource was never made, is gone or was for a while, or was made by a command behind this one. */
function mayBeAbsent({ actor, place = Infinity }: Sent, { lives, sent }: CommandBooks): boolean {
  const life = lives.get(actor);
  if (life === undefined || life.wasGone) return true;
  const [first = ''] = life.decided;
  return place < (sent.get(first)?.place ?? Infinity);
}

function judgeOrder(life: Life, sent: ReadonlyMap<string, Sent>, complaints: Complaints): void {
  let latest: Sent | undefined;
  for (const id of life.decided) {
    const command = sent.get(id);
    if (command?.place === undefined) continue;
    if (latest?.place !== undefined && latest.place > command.place)
      complaints.note('reordered', `${life.actor}: ${id} after ${latest.id}`);
    else latest = command;
  }
}
