/** Pure parts of the page: lines to copy, words of fields, what is lit in a chart, and where it stands. */
import { describe, expect, it } from 'vitest';
import { storedCharts } from '../../../../src/inspector/chart/stored.ts';
import { marksOf } from '../../../../src/inspector/page/chart/marks.ts';
import { begun, fitted, isVisible, zoomed } from '../../../../src/inspector/page/chart/viewport.ts';
import { cliLine, natsLine } from '../../../../src/inspector/page/commands/lines.ts';
import { fieldKind, givenOf, missingOf } from '../../../../src/inspector/page/commands/schema.ts';
import { span, wholeSpan } from '../../../../src/inspector/page/time.ts';
import { firstValue } from '../../../page/chart-walk.ts';

describe('lines to copy', () => {
  const target = { kind: 'cluster', namespace: 'prod', name: 'c-1', verb: 'scale' };

  it('of the CLI carry arguments as flags, quoted for the shell', () => {
    const values = { pool: 'agents', count: 5, reason: "it's due" };
    expect(cliLine(target, values)).toBe(
      `fairlead cluster scale c-1 -n prod --pool=agents --count=5 --reason='it'\\''s due'`,
    );
  });

  it('leave out what is off', () => {
    expect(cliLine({ ...target, verb: 'delete' }, { force: false })).toBe(
      'fairlead cluster delete c-1 -n prod',
    );
  });

  it('over NATS name the subject of the command', () => {
    expect(natsLine(target, { count: 5 })).toBe(
      `nats req fairlead.v1.cmd.prod.cluster.c-1.scale '{"count":5}'`,
    );
  });
});

describe('fields', () => {
  it('are of the kind their schema says', () => {
    expect(fieldKind({ type: 'string' })).toBe('text');
    expect(fieldKind({ type: 'string', enum: ['a'] })).toBe('choice');
    expect(fieldKind({ type: 'integer' })).toBe('number');
    expect(fieldKind({ type: 'boolean' })).toBe('switch');
    expect(fieldKind({ type: 'array' })).toBe('json');
    expect(fieldKind({ type: 'object', properties: { a: { type: 'object' } } })).toBe('json');
  });

  it('that are needed are missing until they are filled in; those with a default are not', () => {
    const schema = { required: ['a', 'b'], properties: { a: {}, b: { default: 1 } } };
    expect(missingOf(schema, { a: '' })).toEqual(['a']);
    expect(missingOf(schema, { a: 0 })).toEqual([]);
    expect(givenOf({ a: '', b: false })).toEqual({ b: false });
  });
});

describe('a chart', () => {
  const found = Object.values(storedCharts()).find(({ chart }) => chart.id === 'cluster');
  if (found === undefined) throw new Error('no chart of clusters; run: npm run layouts');
  const { chart, layout } = found;
  const value = firstValue(chart);

  it('lights active states and says which commands can be sent from them', () => {
    const marks = marksOf(chart, { value, taken: [], allowed: ['apply'] });
    expect(marks.active).toContain('cluster');
    expect(marks.leaves.size).toBe(2);
    for (const [id, sign] of marks.commands) {
      const edge = chart.edges.find((each) => each.id === id);
      expect(marks.active).toContain(edge?.source);
      expect(sign).toBe(edge?.eventType === 'cluster.apply' ? 'enabled' : 'blocked');
    }
    expect([...marks.commands.values()]).toEqual(expect.arrayContaining(['enabled', 'blocked']));
  });

  it('shows no signs of commands in the past', () => {
    expect(marksOf(chart, { value, taken: [], allowed: undefined }).commands.size).toBe(0);
  });

  it('that is too large to be read whole begins at its active state', () => {
    const pane = { width: 800, height: 600 };
    const [leaf = ''] = marksOf(chart, { value, taken: [], allowed: [] }).leaves;
    const box = layout.nodes[leaf];
    if (box === undefined) throw new Error(`no box of ${leaf}`);
    expect(fitted(layout, pane).k).toBeLessThan(0.55);
    expect(isVisible(begun(layout, pane, box, undefined), pane, box)).toBe(true);
  });

  it('keeps the point under the pointer when it is zoomed', () => {
    const at = { x: 120, y: 80 };
    const before = { x: 10, y: 20, k: 0.5 };
    const after = zoomed(before, 2, at);
    expect(after.k).toBe(1);
    expect((at.x - after.x) / after.k).toBeCloseTo((at.x - before.x) / before.k);
    expect((at.y - after.y) / after.k).toBeCloseTo((at.y - before.y) / before.k);
  });
});

describe('times', () => {
  it.each([
    [400, '0.4 s', '0 s'],
    [12_300, '12 s', '12 s'],
    [200_000, '3 m', '3 m'],
    [7_300_000, '2 h', '2 h'],
    [400_000_000, '4 d', '4 d'],
    [-5, '0.0 s', '0 s'],
  ])('%i ms are said as %s, on one line', (ms, ...words) => {
    expect([span(ms), wholeSpan(ms)]).toEqual(words.map((each) => each.replace(' ', '\u00a0')));
  });
});
