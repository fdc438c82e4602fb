import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { retryPresets } from '../../machines/limits.ts';
import { packageRoot } from '../../src/package-root.ts';
import { othersVariables, variableName, variablesFor } from '../../src/config/variables.ts';

const read = (file: string): string => readFileSync(path.join(packageRoot(), file), 'utf8');
const variables = variablesFor(Object.keys(retryPresets));
const narrowed = /^BREAKER_[A-Z0-9]+_(FAILURE_THRESHOLD|OPEN_TIME|PROBES_MAX|SUCCESS_THRESHOLD)$/;

describe('docs/reference/settings.md', () => {
  const rows = [
    ...read('docs/reference/settings.md').matchAll(/^\| `(FAIRLEAD_\w+)` \| (.*?) \|/gm),
  ];

  it('has a row for every variable with its other spellings, and none besides', () => {
    const told = rows.map(([, name = '', spellings = '']) => [
      name,
      [...spellings.matchAll(/`(\w+)`/g)].map(([, spelling]) => spelling),
    ]);
    const known = variables
      .filter(({ id }) => !narrowed.test(id))
      .map(({ id, aliases }) => [variableName(id), aliases.map((each) => variableName(each.id))]);
    expect(told).toEqual(known);
  });
});

it('a variable that some program here reads is known to a host that meets it', () => {
  const files = ['src', 'test'].flatMap((folder) =>
    readdirSync(path.join(packageRoot(), folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .map((file) => path.join(folder, file)),
  );
  const readHere = files.flatMap((file) =>
    [...read(file).matchAll(/\benv(?:ironment)?\[?,? ?['"](FAIRLEAD_[A-Z_]+)['"]/g)].map(
      ([, name = '']) => name,
    ),
  );
  expect(readHere.length).toBeGreaterThan(5);
  expect(readHere.filter((name) => !othersVariables.includes(name))).toEqual([]);
});
