/** Colour and symbols: on a terminal only, never the only carrier of a meaning. */
import type { Terminal } from './terminal.ts';

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36, inverse: 7 } as const;
export type Ink = keyof typeof codes;

/** How a thing is doing, as far as a colour or a symbol can tell. */
export type Mood = 'good' | 'changing' | 'bad' | 'idle';

export interface Style {
  /** True when the stream is a terminal that can move its cursor. */
  readonly live: boolean;
  /** True when tables may carry symbols: people read them, scripts do not. */
  readonly decorated: boolean;
  paint(ink: Ink, text: string): string;
  symbol(mood: Mood): string;
}

const inkOf: Readonly<Record<Mood, Ink>> = {
  good: 'green',
  changing: 'yellow',
  bad: 'red',
  idle: 'dim',
};
const symbols: Readonly<Record<Mood, string>> = { good: '●', changing: '◐', bad: '✖', idle: '○' };
const asciiSymbols: Readonly<Record<Mood, string>> = {
  good: '*',
  changing: '~',
  bad: 'x',
  idle: 'o',
};

/**
 * Style for one stream. Order of say: `--color`, `NO_COLOR`, `FORCE_COLOR`/`CLICOLOR_FORCE`, `TERM=dumb`, then whether
 * the stream is a terminal.
 */
export function styleFor(
  terminal: Terminal,
  stream: 'out' | 'err',
  wish: 'auto' | 'always' | 'never' = 'auto',
): Style {
  const isTty = stream === 'out' ? terminal.outIsTty : terminal.errIsTty;
  const dumb = terminal.env['TERM'] === 'dumb';
  const coloured = wantsColour(terminal.env, isTty && !dumb, wish);
  const shapes = speaksUnicode(terminal.env) && !dumb ? symbols : asciiSymbols;
  const paint = (ink: Ink, text: string): string =>
    coloured && text !== '' ? `\u001b[${codes[ink]}m${text}\u001b[0m` : text;
  return {
    live: isTty && !dumb,
    decorated: isTty,
    paint,
    symbol: (mood) => paint(inkOf[mood], shapes[mood]),
  };
}

function wantsColour(env: Terminal['env'], able: boolean, wish: string): boolean {
  if (wish !== 'auto') return wish === 'always';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const forced = env['FORCE_COLOR'] ?? env['CLICOLOR_FORCE'] ?? '';
  if (forced !== '') return forced !== '0' && forced !== 'false';
  return able;
}

export function speaksUnicode(env: Terminal['env']): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((each) => (each ?? '') !== '');
  return /utf-?8/i.test(locale ?? '');
}
