/** What contributors are promised: the guide and its licence, tests for each part, and how to run one. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';

const root = packageRoot();
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const { scripts, license } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  license: string;
};

describe('CONTRIBUTING.md', () => {
  const guide = read('CONTRIBUTING.md');

  it('asks for tests, docs, compatibility and performance, and lies beside the licence of the package [G-63] [P-46] [D-45]', () => {
    const rules = [...guide.matchAll(/^\d\. \*\*(\w+)\.\*\*/gm)].map(([, name]) => name);
    expect(rules).toEqual(['Tests', 'Docs', 'Compatibility', 'Performance', 'Rings']);
    expect(license).toBe('Apache-2.0');
    expect(read('LICENSE')).toMatch(/Apache License\s+Version 2\.0/);
  });

  it('names files and scripts that exist', () => {
    const files = [...guide.matchAll(/`((?:docs|test|machines|actors)\/[\w./-]+)`/g)];
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter(([, file = '']) => !existsSync(join(root, file)))).toEqual([]);
    const named = [...guide.matchAll(/`npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named).toContain('bench');
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

describe('tests', () => {
  const tested = readdirSync(join(root, 'test/unit'), { recursive: true, encoding: 'utf8' });

  it('exist for each part by its name: circuit, idempotency, retries, parallel work, batches [G-45]', () => {
    const parts = ['breaker', 'guard', 'idempotency', 'retry', 'operation', 'fan-out', 'batch'];
    const rest = ['bulkhead', 'token-bucket', 'slo', 'probes', 'pipeline', 'effect-registry'];
    const without = [...parts, ...rest].filter(
      (part) => !tested.some((file) => file.endsWith(`/${part}.test.ts`)),
    );
    expect(without).toEqual([]);
  });

  it('run all, or those of one word and told one by one, as npm test hands words on [D-29] [U-43]', () => {
    expect(scripts['test']).toMatch(/ && vitest run --project quick --project real$/);
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const words = ['run', 'test/unit/policies/token-bucket.test.ts', '-t', 'long run'];
    const env = { PATH: process.env['PATH'], NO_COLOR: '1' };
    const told = execFileSync(process.execPath, [vitest, ...words, '--reporter', 'verbose'], {
      ...{ cwd: root, env, encoding: 'utf8' },
    });
    expect(told).toMatch(/✓ .*token-bucket.* > lets through exactly its rate in the long run/);
    expect(told).toMatch(/Tests +1 passed \| \d+ skipped/);
  }, 60_000);
});
