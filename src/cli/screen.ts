/** The whole screen of a terminal, with keys as they are typed; given back however the process ends. */

export interface ScreenHearing {
  /** As the terminal sends them; several keys may come at once. */
  typed(text: string): void;
  resized(): void;
}

export interface Screen {
  /** Lines from the top; only those that changed are written. */
  draw(lines: readonly string[]): void;
  /** The terminal as it was before. Doing it again does nothing. */
  release(): void;
}

/** What of a process is used. */
export interface ScreenProcess extends Pick<NodeJS.EventEmitter, 'on' | 'off'> {
  readonly pid: number;
  readonly stdin: Pick<
    NodeJS.ReadStream,
    'isTTY' | 'setRawMode' | 'setEncoding' | 'resume' | 'pause'
  > &
    Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  readonly stdout: Pick<NodeJS.WriteStream, 'write'> & Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

const escape = '\u001b[';
/** Another screen, no cursor. */
const enter = `${escape}?1049h${escape}?25l${escape}H${escape}2J`;
const leave = `${escape}0m${escape}?25h${escape}?1049l`;
const signals = ['SIGTERM', 'SIGHUP'] as const;
const ctrlC = '\u0003';

export function takeScreen(host: ScreenProcess, hearing: ScreenHearing): Screen {
  const { stdin, stdout } = host;
  const hasKeys = stdin.isTTY;
  let shown: readonly string[] = [];
  let isReleased = false;

  const typed = (text: string): void => hearing.typed(text);
  // Nobody can type any more: the same as Ctrl-C.
  const ended = (): void => hearing.typed(ctrlC);
  const resized = (): void => {
    shown = [];
    stdout.write(`${escape}2J`);
    hearing.resized();
  };
  const terminated = (signal: NodeJS.Signals): void => {
    release();
    // Without our listener the signal does what it always does.
    host.kill(host.pid, signal);
  };
  const release = (): void => {
    if (isReleased) return;
    isReleased = true;
    for (const signal of signals) host.off(signal, terminated);
    host.off('exit', release);
    stdout.off('resize', resized);
    stdin.off('data', typed);
    stdin.off('end', ended);
    if (hasKeys) {
      stdin.setRawMode(false);
      stdin.pause();
    }
    stdout.write(leave);
  };

  // An error that nobody catches ends in `exit` too.
  host.on('exit', release);
  for (const signal of signals) host.on(signal, terminated);
  stdout.on('resize', resized);
  if (hasKeys) {
    stdin.setRawMode(true);
    stdin.setEncoding('utf8');
    stdin.on('data', typed);
    stdin.on('end', ended);
    stdin.resume();
  }
  stdout.write(enter);
  return {
    draw(lines) {
      if (isReleased) return;
      const changed = lines.flatMap((line, at) =>
        line === shown[at] ? [] : [`${escape}${at + 1};1H${line}${escape}K`],
      );
      const rest = lines.length < shown.length ? [`${escape}${lines.length + 1};1H${escape}J`] : [];
      shown = lines;
      if (changed.length + rest.length > 0) stdout.write([...changed, ...rest].join(''));
    },
    release,
  };
}
