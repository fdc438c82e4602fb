/** The alert and recording rules we ship: right by Prometheus' own checker, about metrics that exist, each with its runbook section. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { metrics } from '../../actors/metric-names.ts';
import { packageRoot } from '../../src/package-root.ts';

const root = packageRoot();
const read = (...at: string[]): string => readFileSync(join(root, ...at), 'utf8');
const ruleFiles = ['fairlead-recording.yaml', 'fairlead-alerts.yaml'];
const testFiles = readdirSync(join(root, 'test/rules')).filter((name) => name.endsWith('.yaml'));

const rule = z.looseObject({
  alert: z.string().optional(),
  record: z.string().optional(),
  expr: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const ruleFile = z.object({ groups: z.array(z.object({ rules: z.array(rule) })) });
const rules = ruleFiles.flatMap((name) =>
  ruleFile.parse(parse(read('deploy/prometheus', name))).groups.flatMap((group) => group.rules),
);
const alerts = rules.filter(({ alert }) => alert !== undefined);

const setup = join(root, '.fairlead/setup.json');
const noted = z.object({ promtool: z.object({ path: z.string() }).optional() });
const promtool = existsSync(setup)
  ? noted.parse(JSON.parse(readFileSync(setup, 'utf8'))).promtool?.path
  : undefined;

interface Use {
  readonly metric: string;
  readonly labels: readonly string[];
  /** Alternatives that a matcher of `outcome` or `result` names. */
  readonly outcomes: readonly string[];
}

/** Metric names of an expression or a series with the labels it matches. */
function usesOf(expr: string): Use[] {
  return [...expr.matchAll(/\b((?:fairlead|unified_replication)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', matchers = '']) => {
      const pairs = [...matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)"([^"]*)"/g)];
      return {
        metric: name.replace(/_(bucket|sum|count)$/, ''),
        labels: pairs.map(([, label = '']) => label),
        outcomes: pairs
          .filter(([, label]) => label === 'outcome' || label === 'result')
          .flatMap(([, , values = '']) => values.split('|')),
      };
    },
  );
}

describe('alert and recording rules', () => {
  it.skipIf(promtool === undefined)(
    `pass promtool and fire on the numbers they should${promtool === undefined ? ' (not run: set-up found no promtool)' : ''} [R-23] [D-37] [D-38]`,
    () => {
      const files = ruleFiles.map((name) => join(root, 'deploy/prometheus', name));
      const config = join(root, 'deploy/prometheus/prometheus.yaml');
      const tests = testFiles.map((name) => join(root, 'test/rules', name));
      for (const args of [
        ['check', 'rules', ...files],
        ['check', 'config', config],
        ['test', 'rules', ...tests],
      ]) {
        const told = spawnSync(promtool ?? '', args, { encoding: 'utf8' });
        expect(told.stdout + told.stderr).not.toMatch(/FAILED|error/);
        expect(told.status).toBe(0);
      }
    },
    180_000,
  );

  it('read registered metrics by labels and outcomes these have, and so do their tests [G-60] [G-54]', () => {
    const known: Record<string, { labels: readonly string[]; help: string }> = metrics;
    const series = testFiles.flatMap((name) => [
      ...read('test/rules', name).matchAll(/series:\s*'?((?:fairlead|unified_replication)_[^']*)/g),
    ]);
    const texts = [...rules.map(({ expr }) => expr), ...series.map(([, text = '']) => text)];
    expect(series.length).toBeGreaterThan(alerts.length);
    const wrong = texts.flatMap(usesOf).flatMap(({ metric, labels, outcomes }) => {
      const found = known[metric];
      if (found === undefined) return [`${metric} is no metric of ours`];
      // A scrape adds the host; the help of a metric names its outcomes where these are few.
      const scraped = [...found.labels, 'le', 'instance'];
      const isListed = /\bok\b|\bdone\b|\bfolded\b/.test(found.help);
      return [
        ...labels
          .filter((label) => !scraped.includes(label))
          .map((label) => `${metric} has no label ${label}`),
        ...outcomes
          .filter((outcome) => isListed && !new RegExp(`\\b${outcome}\\b`).test(found.help))
          .map((outcome) => `${metric} has no outcome ${outcome}`),
      ];
    });
    expect(wrong).toEqual([]);
  });

  it('each have a severity, a summary and a section in the runbook [G-58]', () => {
    const sections = [...read('docs/runbook.md').matchAll(/^### (\w+)/gm)].map(
      ([, name = '']) => `docs/runbook.md#${name.toLowerCase()}`,
    );
    for (const { alert, labels, annotations } of alerts) {
      expect(['page', 'warn', 'info'], alert).toContain(labels?.['severity']);
      expect(annotations?.['summary'], alert).toMatch(/^\S.{9,}/);
      expect(sections, alert).toContain(annotations?.['runbook']);
    }
    const linked = alerts.map(({ annotations }) => annotations?.['runbook']);
    expect(sections.filter((section) => !linked.includes(section))).toEqual([]);
  });

  it('each fire in a test', () => {
    const told = testFiles.map((name) => read('test/rules', name)).join('\n');
    const silent = alerts.filter(({ alert }) => !told.includes(`alertname="${alert ?? ''}"`));
    expect(silent.map(({ alert }) => alert)).toEqual([]);
  });
});
