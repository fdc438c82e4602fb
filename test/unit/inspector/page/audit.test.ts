import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../../src/inspector/api.ts';
import { eventWords } from '../../../../src/inspector/page/views/audit/event-words.ts';
import { GAP_MS, blocksOf } from '../../../../src/inspector/page/views/audit/timeline.ts';
import {
  ENTRIES_MAX,
  isWanted,
  wantedOf,
} from '../../../../src/inspector/page/views/audit/wanted.ts';

const entry = (
  atMs: number,
  correlationId: string,
  more: Partial<AuditEntry> = {},
): AuditEntry => ({
  ...{ atMs, correlationId, actor: 'cluster/prod/one', what: 'step', name: 'changed', text: '' },
  ...{ isFailure: false, importance: 'change' },
  ...more,
});
const tick = (atMs: number, actor = 'cluster/prod/one'): AuditEntry =>
  entry(atMs, `tick ${atMs}`, { importance: 'tick', name: 'PROBED', actor });
const newestFirst = (entries: readonly AuditEntry[]): readonly AuditEntry[] =>
  entries.toSorted((left, right) => right.atMs - left.atMs);
const kindsOf = (blocks: readonly { readonly kind: string }[]): string[] =>
  blocks.map(({ kind }) => kind);

describe('the timeline of the audit', () => {
  it('tells nothing of nothing', () => {
    expect(blocksOf([], 5)).toEqual([]);
  });

  it('puts all of one correlation id into one group, oldest first, below its command', () => {
    const entries = [
      entry(1_000, 'a', { what: 'command', name: 'scale', by: 'ana', importance: 'command' }),
      entry(1_500, 'b', { what: 'command', name: 'pause', importance: 'command' }),
      entry(2_000, 'a', { what: 'call', name: 'RunInstances', ms: 900, isFailure: true }),
      entry(3_000, 'a', { what: 'event', name: 'phaseChanged' }),
    ];
    const [first, second] = blocksOf(newestFirst(entries), 3_000);
    expect(first).toMatchObject({
      ...{ kind: 'group', correlationId: 'a', count: 3, failures: 1, fromMs: 1_000, toMs: 3_000 },
      head: { name: 'scale', by: 'ana' },
    });
    const names = first?.kind === 'group' ? first.lines : [];
    expect(names.map((line) => (line.kind === 'entry' ? line.entry.name : line.kind))).toEqual([
      ...['scale', 'RunInstances', 'phaseChanged'],
    ]);
    expect(second).toMatchObject({ kind: 'group', correlationId: 'b', count: 1 });
  });

  it('has the command as head also when a step of the same moment was answered before it', () => {
    const entries = [
      entry(1_000, 'a', { what: 'command', name: 'scale', importance: 'command' }),
      entry(1_000, 'a', { what: 'call', name: 'RunInstances' }),
    ];
    expect(blocksOf(entries, 1_000)[0]).toMatchObject({ head: { name: 'scale' } });
  });

  it('keeps entries without an id apart', () => {
    expect(kindsOf(blocksOf([entry(2_000, ''), entry(1_000, '')], 2_000))).toEqual([
      ...['group', 'group'],
    ]);
  });

  it('makes one line of ticks in a row, with their count by actor', () => {
    const entries = [tick(1_000), tick(2_000, 'cluster/prod/two'), tick(3_000), tick(4_000)];
    expect(blocksOf(newestFirst(entries), 4_000)).toMatchObject([
      {
        ...{ kind: 'ticks', count: 4, fromMs: 1_000, toMs: 4_000 },
        actors: [
          { count: 3, entry: { actor: 'cluster/prod/one', atMs: 4_000 } },
          { count: 1, entry: { actor: 'cluster/prod/two' } },
        ],
      },
    ]);
  });

  it('ends a line of ticks where something happened', () => {
    const entries = [tick(1_000), entry(2_000, 'a'), tick(3_000)];
    expect(kindsOf(blocksOf(newestFirst(entries), 3_000))).toEqual(['ticks', 'group', 'ticks']);
  });

  it('keeps the ticks of a command within its group', () => {
    const entries = [
      entry(1_000, 'a', { what: 'command', importance: 'command' }),
      entry(2_000, 'a', { importance: 'tick' }),
      entry(3_000, 'a', { importance: 'tick' }),
      entry(4_000, 'a'),
    ];
    const [group, ...others] = blocksOf(newestFirst(entries), 4_000);
    expect(others).toEqual([]);
    expect(group?.kind === 'group' && kindsOf(group.lines)).toEqual(['entry', 'ticks', 'entry']);
  });

  it('tells of time in which nothing happened, between blocks, within them, and until now', () => {
    const entries = [
      entry(0, 'a', { what: 'command' }),
      entry(GAP_MS, 'a'),
      entry(5 * GAP_MS, 'b'),
    ];
    const blocks = blocksOf(newestFirst(entries), 6 * GAP_MS);
    expect(blocks).toMatchObject([
      { kind: 'gap', ms: GAP_MS },
      { kind: 'group', correlationId: 'b' },
      { kind: 'gap', ms: 4 * GAP_MS },
      { kind: 'group', correlationId: 'a' },
    ]);
    const last = blocks.at(-1);
    expect(last?.kind === 'group' && kindsOf(last.lines)).toEqual(['entry', 'gap', 'entry']);
  });

  it('tells of no rest that is shorter, nor of one that a longer group covers', () => {
    const entries = [
      entry(0, 'long', { what: 'command' }),
      entry(3 * GAP_MS, 'short'),
      entry(6 * GAP_MS, 'long'),
    ];
    expect(kindsOf(blocksOf(newestFirst(entries), 7 * GAP_MS - 1))).toEqual(['group', 'group']);
  });

  it('makes two lines of ticks with a long rest between them', () => {
    expect(kindsOf(blocksOf([tick(2 * GAP_MS), tick(0)], 2 * GAP_MS))).toEqual([
      ...['ticks', 'gap', 'ticks'],
    ]);
  });
});

describe('what is asked of the audit', () => {
  const now = Date.UTC(2026, 0, 2);
  const asked = (text: string) => wantedOf(new URLSearchParams(text), now);
  const sent = (text: string) =>
    Object.fromEntries(new URL(asked(text).path, 'http://host').searchParams);

  it('lets the host filter by text, kind, failure and correlation', () => {
    expect(sent('q=ana&kind=cluster&failed=1&correlation=c1&other=x')).toEqual({
      ...{ q: 'ana', kind: 'cluster', failed: '1', correlation: 'c1' },
      limit: String(ENTRIES_MAX),
    });
  });

  it('asks the same for a span, so that every second is no new question', () => {
    expect(sent('since=1h')).toEqual({ limit: String(ENTRIES_MAX) });
    expect(asked('since=1h').sinceMs).toBe(now - 3_600_000);
    expect(isWanted(entry(now - 3_600_001, 'a'), asked('since=1h'))).toBe(false);
    expect(isWanted(entry(now - 3_599_999, 'a'), asked('since=1h'))).toBe(true);
  });

  it('hands a time of its own to the host', () => {
    expect(sent('since=2026-01-01T00:00:00Z')).toMatchObject({ since: '2026-01-01T00:00:00Z' });
  });

  it('looks for a pattern itself, in all words of an entry', () => {
    const wanted = asked(`q=${encodeURIComponent('/run.*ces|bo$/')}`);
    expect(wanted.path).not.toContain('q=');
    expect(isWanted(entry(1, 'a', { name: 'RunInstances' }), wanted)).toBe(true);
    expect(isWanted(entry(1, 'a', { name: 'CreateTags' }), wanted)).toBe(false);
  });

  it('says what is wrong with a pattern', () => {
    expect(asked(`q=${encodeURIComponent('/[a/')}`)).toMatchObject({
      pattern: undefined,
      problem: expect.stringContaining('Correct the pattern') as string,
    });
  });
});

describe('names of events', () => {
  it.each([
    ['xstate.done.actor.launch', 'done launch'],
    ['xstate.error.actor.launch', 'error launch'],
    ['xstate.after.bootDeadline.node.booting', 'after bootDeadline'],
    ['node.drained', 'node.drained'],
  ])('%s reads %s', (name, words) => {
    expect(eventWords(name)).toBe(words);
  });
});
