/** Keys of `fairlead top`: what a terminal sends, and what each does. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyReader, keysOf } from '../../../../src/cli/top/keys.ts';
import { keyPressed } from '../../../../src/cli/top/pressed.ts';
import { selectedRow, withBoard, withDetail } from '../../../../src/cli/top/state.ts';
import type { Detail, TopState } from '../../../../src/cli/top/state.ts';
import { boardOf, fleet, shown } from './made-top.ts';

const escape = '\u001b';

describe('what a terminal sends', () => {
  it.each([
    ['j', ['j']],
    [`${escape}[A${escape}[B`, ['up', 'down']],
    [`${escape}OA`, ['up']],
    [`${escape}[5~${escape}[6~${escape}[H${escape}[4~`, ['pageUp', 'pageDown', 'home', 'end']],
    ['\r\n\u007f\b\u0003\u0015', ['enter', 'enter', 'backspace', 'backspace', 'ctrl-c', 'ctrl-u']],
    ['ü漢🚀', ['ü', '漢', '🚀']],
    [`${escape}[15~\u001ax`, ['x']],
    [`${escape}q`, ['escape', 'q']],
  ])('%j is read as keys', (text, keys) => {
    expect(keysOf(text)).toEqual({ keys, rest: '' });
  });

  describe('in pieces', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it('is put together, and an escape alone is Esc after a while', () => {
      const heard: string[] = [];
      const reader = new KeyReader((key) => void heard.push(key), 50);
      for (const piece of [escape, '[', 'A', 'x']) reader.push(piece);
      expect(heard).toEqual(['up', 'x']);
      reader.push(escape);
      vi.advanceTimersByTime(49);
      expect(heard).toEqual(['up', 'x']);
      vi.advanceTimersByTime(1);
      expect(heard).toEqual(['up', 'x', 'escape']);
      reader.push(escape);
      reader.stop();
      vi.advanceTimersByTime(100);
      expect(heard).toHaveLength(3);
    });
  });
});

/** Presses one after the other and reads the fleet again after each, as the runner does. */
const press = (state: TopState, ...keys: readonly string[]): TopState =>
  keys.reduce((now, key) => {
    const next = keyPressed(now, key, 2);
    return withBoard(next, boardOf(fleet, next));
  }, state);
const selected = (state: TopState): string | undefined => selectedRow(state)?.actor;
const typed = (text: string): readonly string[] => ['/', ...Array.from(text)];

describe('the selection', () => {
  it('moves by line and page, and stops at the ends', () => {
    const at = (...keys: string[]) => press(shown(), ...keys).at;
    expect([at('down'), at('j', 'j'), at('up'), at('k')]).toEqual([1, 2, 0, 0]);
    expect([at('pageDown'), at('G'), at('end', 'pageUp'), at('end', 'g')]).toEqual([2, 3, 1, 0]);
    expect(at('end', 'down')).toBe(3);
  });

  it('stays on its resource when the order changes, and on its line when that has gone', () => {
    const state = press(shown(), 'down', 'down');
    expect(selected(state)).toBe('cluster/prod/shop');
    const byName = press(state, 's', 's');
    expect([byName.sort, byName.at, selected(byName)]).toEqual(['name', 2, 'cluster/prod/shop']);
    const without = fleet.filter(({ actor }) => actor !== 'cluster/prod/shop');
    expect(selected(withBoard(state, boardOf(without, state)))).toBe('cluster/prod/web');
  });

  it('is the first line as long as nobody chose', () => {
    expect(selected(press(shown(), 's'))).toBe('cluster/prod/shop');
    expect(selected(press(shown([]), 'p'))).toBe('cluster/test/c-9');
    expect(keyPressed(shown([]), 'down', 2).at).toBe(0);
    expect(keyPressed(shown([]), 'enter', 2).view).toBe('list');
  });
});

describe('the filter', () => {
  it('takes the language of the lists, and holds with Enter', () => {
    const state = press(shown(), ...typed('kind:replication'), 'enter');
    expect([state.query, state.typed]).toEqual(['kind:replication', undefined]);
    expect(state.board.entries.map(({ name }) => name)).toEqual(['db-1']);
    expect(state.board.total).toBe(4);
    const none = press(state, '/', 'ctrl-u', 'enter');
    expect(none.board.entries).toHaveLength(4);
  });

  it('says what is wrong while it is typed, and holds nothing wrong', () => {
    const wrong = press(shown(), ...typed('since:20m'), 'enter');
    expect(wrong.typed).toBe('since:20m');
    expect(wrong.problem).toMatch(/^column 7: got "20m"/);
    expect(wrong.query).toBe('');
    const better = press(
      wrong,
      ...Array.from('20m', () => 'backspace'),
      ...Array.from('>1h'),
      'enter',
    );
    expect([better.problem, better.query]).toEqual(['', 'since:>1h']);
    const left = press(wrong, 'escape');
    expect([left.typed, left.problem, left.query, left.end]).toEqual([
      undefined,
      '',
      '',
      undefined,
    ]);
  });

  it('takes the letters that are keys elsewhere', () => {
    const state = press(shown(), ...typed('qsp?j'));
    expect([state.typed, state.end, state.view, state.isPaused]).toEqual([
      'qsp?j',
      undefined,
      'list',
      false,
    ]);
    expect(press(state, 'up', 'pageDown').typed).toBe('qsp?j');
    expect(press(state, 'ctrl-c').end).toBe('interrupted');
  });
});

describe('panes', () => {
  it('open with Enter and close with Esc, which ends in the list only', () => {
    const open = press(shown(), 'down', 'enter');
    expect([open.view, open.chosen]).toEqual(['detail', 'replication/prod/db-1']);
    expect(open.board.focus?.actor).toBe('replication/prod/db-1');
    const back = press(open, 'escape');
    expect([back.view, back.end]).toEqual(['list', undefined]);
    expect(press(back, 'escape').end).toBe('quit');
    expect(press(open, 'q').end).toBe('quit');
    const help = press(shown(), '?');
    expect([help.view, press(help, '?').view, press(help, 'escape').view]).toEqual([
      'help',
      'list',
      'list',
    ]);
  });

  it('scroll within what they hold, and take no answer for another resource', () => {
    const detail: Detail = {
      ...{ actor: 'cluster/test/c-9', seq: 3, commands: [], problems: [] },
      outline: Array.from({ length: 10 }, (_, at) => `${at}`),
    };
    const open = withDetail(press(shown(), 'enter'), detail);
    expect(open.detail).toBe(detail);
    expect(press(open, 'down', 'j').scrolled).toBe(2);
    expect(press(open, 'up').scrolled).toBe(0);
    expect(press(open, 'end').scrolled).toBe(13);
    expect(withDetail(open, { ...detail, actor: 'cluster/a/b' }).detail).toBe(detail);
    expect(withDetail(shown(), detail).detail).toBeUndefined();
  });
});

describe('pause', () => {
  it('is a switch', () => {
    expect(press(shown(), 'p').isPaused).toBe(true);
    expect(press(shown(), 'p', 'p').isPaused).toBe(false);
  });
});
