/** Keys out of what a terminal sends in raw mode. */

/** A character as typed, or the name of a key. */
export type Key = string;

const escape = String.fromCharCode(27);
const sequence = new RegExp(`^${escape}(?:\\[([0-9;]*[A-Za-z~])|O([A-Za-z]))`);
/** It may go on: nothing or only the start of a sequence is behind it. */
const beginning = new RegExp(`^${escape}(?:\\[[0-9;]*|O)?$`);

const bySequence: Readonly<Record<string, Key>> = {
  ...{ A: 'up', B: 'down', C: 'right', D: 'left', H: 'home', F: 'end' },
  ...{ '1~': 'home', '4~': 'end', '7~': 'home', '8~': 'end', '5~': 'pageUp', '6~': 'pageDown' },
};
const byCode: Readonly<Record<number, Key>> = {
  ...{ 2: 'pageUp', 3: 'ctrl-c', 6: 'pageDown', 8: 'backspace', 10: 'enter', 13: 'enter' },
  ...{ 21: 'ctrl-u', 127: 'backspace' },
};

/** Keys that are not known are left out. `rest` begins a key whose end has not come yet. */
export function keysOf(text: string): { readonly keys: readonly Key[]; readonly rest: string } {
  const keys: Key[] = [];
  let rest = text;
  while (rest !== '') {
    if (beginning.test(rest)) break;
    const found = sequence.exec(rest);
    if (found) {
      const key = bySequence[found[1] ?? found[2] ?? ''];
      if (key !== undefined) keys.push(key);
      rest = rest.slice(found[0].length);
      continue;
    }
    const [char = ''] = rest;
    const key = keyOf(char);
    if (key !== undefined) keys.push(key);
    rest = rest.slice(char.length);
  }
  return { keys, rest };
}

function keyOf(char: string): Key | undefined {
  if (char === escape) return 'escape';
  const code = char.codePointAt(0) ?? 0;
  return code < 32 || code === 127 ? byCode[code] : char;
}

/** Puts together what comes in pieces, as over a slow line; a lone escape is a key after a while. */
export class KeyReader {
  readonly #hear: (key: Key) => void;
  readonly #escapeMs: number;
  #rest = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(hear: (key: Key) => void, escapeMs: number) {
    this.#hear = hear;
    this.#escapeMs = escapeMs;
  }

  push(text: string): void {
    clearTimeout(this.#timer);
    const { keys, rest } = keysOf(this.#rest + text);
    this.#rest = rest;
    for (const key of keys) this.#hear(key);
    if (rest === '') return;
    this.#timer = setTimeout(() => {
      this.#rest = '';
      this.#hear('escape');
    }, this.#escapeMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
