/** The Grafana dashboard: made from the registry of metrics, and the copy in the repository is what the command prints. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { metrics } from '../../actors/metric-names.ts';
import { grafanaDashboard } from '../../src/dashboard/grafana.ts';
import { rows } from '../../src/dashboard/panels.ts';
import { packageRoot } from '../../src/package-root.ts';

const read = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8');
const panels = rows().flatMap((row) => row.panels);
const expressions = panels.flatMap(({ queries }) => queries.map(({ expr }) => expr));

describe('the Grafana dashboard', () => {
  it('shows every registered metric, and none that is not registered [G-60] [G-35] [G-36]', () => {
    const shown = new Set(
      expressions
        .flatMap((expr) => [...expr.matchAll(/\b(?:fairlead|unified_replication)_[a-z0-9_]+/g)])
        .map(([name]) => name),
    );
    const known = Object.entries(metrics).flatMap(([name, { type }]) =>
      type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
    );
    expect([...shown].sort()).toEqual(known.sort());
  });

  it('watches replications: failing and slow turns, lag, breakers, discoveries, how many, each with its bounds [U-41] [U-42] [U-55]', () => {
    const { panels: tiles = [] } = rows().find(({ title }) => title.includes('at a glance')) ?? {};
    const shown = tiles.map(({ title, thresholds, queries }) => ({
      ...{ title, thresholds, expr: queries.map(({ expr }) => expr).join() },
    }));
    expect(shown).toMatchObject([
      { title: 'Turns that fail', thresholds: [0.05, 0.2] },
      { title: 'Turns p95', thresholds: [1, 5] },
      { title: 'Worst lag', thresholds: [2, 3] },
      { title: 'Breakers not closed', thresholds: [1, 2] },
      { title: 'Discoveries that ask', thresholds: [0.2, 0.5] },
      { title: 'Replications' },
    ]);
    const [failing, slow] = shown;
    expect(failing?.expr).toContain('unified_replication_reconcile_total{result="error"}[5m]');
    expect(slow?.expr).toMatch(/^histogram_quantile\(0\.95, sum by \(le\) \(rate\(.*\[5m\]\)\)\)$/);
    // Those of the earlier dashboard: share of failures, 95th percentile, by back end and state, calls per breaker.
    for (const name of ['by_backend', 'state', 'state_transitions_total', 'circuit_breaker_state'])
      expect(expressions.some((expr) => expr.includes(`unified_replication_${name}`))).toBe(true);
  });

  it('uses recording rules that exist', () => {
    const recorded = read('deploy/prometheus/fairlead-recording.yaml');
    const used = expressions.flatMap((expr) => [...expr.matchAll(/\bfairlead:[a-z0-9_:]+/g)]);
    expect(used.length).toBeGreaterThan(3);
    for (const [name] of used) expect(recorded).toContain(`record: ${name}\n`);
  });

  it('lies in deploy/grafana as `fairlead dashboard` prints it', () => {
    expect(JSON.parse(read('deploy/grafana/fairlead.json'))).toEqual(grafanaDashboard());
  });

  it('has panels that lie beside each other', () => {
    const { panels: placed } = grafanaDashboard() as {
      panels: { gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    const cells = placed.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});
