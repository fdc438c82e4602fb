/** The page on resilience says whose ideas it uses, and what was taken from each. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it.each(['Martin Fowler', 'jitter', 'Site Reliability Engineering', 'Prometheus'])(
  'docs/resilience.md cites %s [D-46]',
  (source) => {
    const [, cited = ''] = readFileSync('docs/resilience.md', 'utf8').split(/^## Where the ideas/m);
    expect(cited).toContain(source);
  },
);
