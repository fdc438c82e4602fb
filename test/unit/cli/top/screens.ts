/** A terminal that `top` can take whole: keeps what is drawn, and types. */
import type { Screen, ScreenHearing } from '../../../../src/cli/screen.ts';
import { fakeTerminal } from '../fake-terminal.ts';
import type { FakeTerminal, TerminalOptions } from '../fake-terminal.ts';

export interface FakeScreen extends FakeTerminal {
  /** What is drawn now. */
  readonly picture: () => string;
  readonly type: (text: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  readonly isTaken: () => boolean;
  readonly releases: () => number;
  /** From now on drawing fails with this. */
  readonly breakWith: (error: Error) => void;
}

export function fakeScreen(options: TerminalOptions = {}): FakeScreen {
  let lines: readonly string[] = [];
  let hearing: ScreenHearing | undefined;
  let size = { columns: 100, rows: 24 };
  let released = 0;
  let broken: Error | undefined;
  const takeScreen = (hears: ScreenHearing): Screen => {
    hearing = hears;
    return {
      draw: (drawn) => {
        if (broken !== undefined) throw broken;
        lines = drawn;
      },
      release: () => {
        hearing = undefined;
        released += 1;
      },
    };
  };
  const env = { LANG: 'C.UTF-8', NO_COLOR: '1', ...options.env };
  return {
    ...fakeTerminal({ ...options, isTty: true, env }),
    ...{ takeScreen, columns: () => size.columns, rows: () => size.rows },
    picture: () => lines.join('\n'),
    type: (text) => hearing?.typed(text),
    resize: (columns, rows) => {
      size = { columns, rows };
      hearing?.resized();
    },
    isTaken: () => hearing !== undefined,
    releases: () => released,
    breakWith: (error) => (broken = error),
  };
}
