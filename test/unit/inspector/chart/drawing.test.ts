import { describe, expect, it } from 'vitest';
import { activeIdsOf } from '../../../../src/inspector/chart/active.ts';
import { dotOf } from '../../../../src/inspector/chart/dot.ts';
import { roundedPath } from '../../../../src/inspector/chart/geometry.ts';
import { mermaidOf } from '../../../../src/inspector/chart/mermaid.ts';
import { outlineOf, outlineOfValue } from '../../../../src/inspector/chart/outline.ts';
import { storedCharts } from '../../../../src/inspector/chart/stored.ts';
import type { DrawnChart } from '../../../../src/inspector/chart/stored.ts';
import { svgOf } from '../../../../src/inspector/chart/svg.ts';

const all = Object.values(storedCharts());
const each = all.map((drawn) => [drawn.chart.id, drawn] as const);

function drawnOf(id: string): DrawnChart {
  const found = all.find(({ chart }) => chart.id === id);
  if (found === undefined) throw new Error(`no chart of ${id}`);
  return found;
}

describe('an SVG', () => {
  it.each(each)('of %s is one well-formed document with every state and pill in it', (_, drawn) => {
    const svg = svgOf(drawn);
    expect(unclosed(svg)).toEqual([]);
    expect(svg.match(/<g class="node/g)).toHaveLength(drawn.chart.nodes.length);
    expect(svg.match(/<g class="pill/g) ?? []).toHaveLength(Object.keys(drawn.layout.edges).length);
    expect(svg).not.toMatch(/NaN|undefined|null|https?:\/\/(?!www\.w3\.org)/);
  });

  it('marks what is active and what was taken', () => {
    const { chart, layout } = drawnOf('breaker');
    const taken = chart.edges
      .filter(({ source }) => source === 'breaker.closed')
      .map(({ id }) => id);
    const svg = svgOf({ chart, layout, activeIds: activeIdsOf(chart, 'open'), takenEdges: taken });
    expect(svg.match(/class="node [a-z ]*active"/g)).toHaveLength(1);
    expect(svg.match(/class="node [a-z ]*entered"/g)).toHaveLength(1);
    expect(svg).toContain('class="edge taken"');
    expect(svgOf({ chart, layout })).not.toMatch(
      /class="(node|row|edge|pill)[^"]* (active|entered|taken)\b/,
    );
  });

  it('follows the system unless a theme is asked for', () => {
    const drawn = drawnOf('guard');
    expect(svgOf(drawn)).toContain('prefers-color-scheme:dark');
    expect(svgOf({ ...drawn, theme: 'dark' })).not.toContain('prefers-color-scheme');
  });
});

/** Names of elements that are opened and not closed, or closed and not opened. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  for (const [, close, name = '', attributes = ''] of svg.matchAll(
    /<(\/?)([a-z]+)((?:[^<>"]|"[^"<]*")*)>/g,
  )) {
    if (close === '/' && open.pop() !== name) return [name];
    if (close === '' && !attributes.endsWith('/')) open.push(name);
  }
  return open;
}

describe('a rounded path', () => {
  it('cuts corners by 8, or by half of a short segment', () => {
    expect(
      roundedPath([
        [0, 0],
        [0, 40],
        [40, 40],
      ]),
    ).toBe('M0 0L0 32Q0 40 8 40L40 40');
    expect(
      roundedPath([
        [0, 0],
        [0, 6],
        [40, 6],
      ]),
    ).toBe('M0 0L0 3Q0 6 3 6L40 6');
    expect(roundedPath([])).toBe('');
  });
});

describe('mermaid', () => {
  it.each(each)(
    'of %s has every state once, balanced braces, and no edge out of its parent',
    (_, { chart }) => {
      const text = mermaidOf(chart);
      const lines = text.split('\n').map((line) => line.trim());
      expect(lines[0]).toBe('stateDiagram-v2');
      expect(text.match(/state "[^"]+" as s\d+/g)).toHaveLength(chart.nodes.length);
      expect(lines.filter((line) => line.endsWith('{')).length).toBe(
        lines.filter((line) => line === '}').length,
      );
      const parents = new Map(chart.nodes.map(({ parent }, index) => [`s${index}`, parent]));
      for (const [, from = '', to = ''] of text.matchAll(/(s\d+) --> (s\d+)/g))
        expect(parents.get(from)).toBe(parents.get(to));
      // Everything else is a state, a description, a note or a separator.
      const known =
        /^(stateDiagram-v2|state "[^"]+" as s\d+( \{)?|\}|--|\[\*\] --> s\d+|s\d+ --> (s\d+ : [^:;#{}<>]+|\[\*\])|s\d+ : [^:;#{}<>]+|note right of s\d+|end note|)$/;
      expect(withoutNotes(lines).filter((line) => !known.test(line))).toEqual([]);
    },
  );
});

function withoutNotes(lines: readonly string[]): string[] {
  let isNote = false;
  return lines.filter((line) => {
    if (line === 'end note') isNote = false;
    const keep = !isNote;
    if (line.startsWith('note ')) isNote = true;
    return keep;
  });
}

describe('dot', () => {
  it.each(each)(
    'of %s has balanced braces and quotes, and an arrow for every edge',
    (_, { chart }) => {
      const text = dotOf(chart);
      const bare = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, 'q');
      expect(bare).not.toContain('"');
      expect(bare.match(/\{/g)?.length).toBe(bare.match(/\}/g)?.length);
      const initials = chart.nodes.filter(({ initial }) => initial !== undefined).length;
      expect(bare.match(/q -> q/g)).toHaveLength(chart.edges.length + initials);
    },
  );
});

describe('an outline', () => {
  it('shows where an actor is, and folds the rest', () => {
    const { chart } = drawnOf('cluster');
    const activeIds = activeIdsOf(chart, {
      lifecycle: { configuring: { verify: 'waiting' } },
      control: 'active',
    });
    const lines = outlineOf(chart, { activeIds }).split('\n');
    expect(lines[0]).toBe('◉ cluster  (parallel)');
    expect(lines).toContain('│  │  ├─ ◉ verify');
    expect(lines).toContain('│  │  │  ├─ ● waiting');
    expect(lines).toContain('│  │  │  │     after verifyAgain → observing');
    expect(lines).toContain('│  │  │  └─ ○ observing');
    expect(lines).toContain('   └─ ○ paused');
    expect(lines.length).toBeLessThan(40);
  });

  it('shows every state and edge of a kind', () => {
    for (const { chart } of all) {
      const lines = outlineOf(chart).trimEnd().split('\n');
      expect(lines).toHaveLength(chart.nodes.length + chart.edges.length);
    }
  });

  it('needs no more than ASCII where there is no more', () => {
    const { chart } = drawnOf('breaker');
    const text = outlineOf(chart, { isAscii: true, activeIds: activeIdsOf(chart, 'open') });
    expect(text).toMatch(/^[\n -~]+$/);
    expect(text).toContain('@ breaker');
    expect(text).toContain('* open');
  });

  it('of a value alone shows the states in it', () => {
    expect(outlineOfValue('cluster', { lifecycle: { running: 'steady' }, control: 'active' })).toBe(
      [
        '◉ cluster',
        '├─ ◉ lifecycle',
        '│  └─ ◉ running',
        '│     └─ ● steady',
        '└─ ◉ control',
        '   └─ ● active',
        '',
      ].join('\n'),
    );
  });
});
