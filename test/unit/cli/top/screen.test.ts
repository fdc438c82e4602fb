/** A terminal taken whole is given back, however the process ends. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { takeScreen } from '../../../../src/cli/screen.ts';
import type { ScreenProcess } from '../../../../src/cli/screen.ts';

class FakeProcess extends EventEmitter {
  readonly pid = 42;
  readonly killed: string[] = [];
  readonly written: string[] = [];
  raw: boolean[] = [];
  readonly stdin = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => void this.raw.push(isRaw),
    ...{ setEncoding: () => undefined, resume: () => undefined, pause: () => undefined },
  });
  readonly stdout = Object.assign(new EventEmitter(), {
    write: (text: string) => this.written.push(text) > 0,
  });

  kill(pid: number, signal: string): void {
    this.killed.push(`${pid} ${signal}`);
  }
}

function taken() {
  const host = new FakeProcess();
  const heard: string[] = [];
  const screen = takeScreen(host as unknown as ScreenProcess, {
    typed: (text) => void heard.push(text),
    resized: () => void heard.push('resized'),
  });
  const listeners = () =>
    [host, host.stdin, host.stdout].flatMap((each) => each.eventNames()).length;
  return { host, heard, screen, listeners };
}

describe('a screen', () => {
  it('writes the lines that changed only', () => {
    const { host, screen } = taken();
    host.written.length = 0;
    screen.draw(['a', 'b', 'c']);
    screen.draw(['a', 'B', 'c']);
    screen.draw(['a', 'B', 'c']);
    screen.draw(['a']);
    expect(host.written.map((text) => text.replaceAll('\u001b[', '^'))).toEqual([
      '^1;1Ha^K^2;1Hb^K^3;1Hc^K',
      '^2;1HB^K',
      '^2;1H^J',
    ]);
    host.stdout.emit('resize');
    screen.draw(['a']);
    expect(host.written.at(-1)).toContain('a');
  });

  it('hears keys, a new size, and the end of the keys as Ctrl-C', () => {
    const { host, heard } = taken();
    host.stdin.emit('data', 'jj');
    host.stdout.emit('resize');
    host.stdin.emit('end');
    expect(heard).toEqual(['jj', 'resized', '\u0003']);
  });

  it('is given back once, with nothing left listening', () => {
    const { host, screen, listeners } = taken();
    screen.release();
    screen.release();
    expect(host.raw).toEqual([true, false]);
    expect(host.written.filter((text) => text.includes('?1049l'))).toHaveLength(1);
    expect(listeners()).toBe(0);
    screen.draw(['late']);
    expect(host.written.join('')).not.toContain('late');
  });

  it.each(['SIGTERM', 'SIGHUP'])('is given back before %s ends the process', (signal) => {
    const { host, listeners } = taken();
    host.emit(signal, signal);
    expect(host.written.at(-1)).toContain('?1049l');
    expect([host.killed, listeners()]).toEqual([[`42 ${signal}`], 0]);
  });

  it('is given back when the process ends by an error', () => {
    const { host } = taken();
    host.emit('exit', 1);
    expect(host.written.at(-1)).toContain('?25h');
    expect(host.raw).toEqual([true, false]);
  });
});
