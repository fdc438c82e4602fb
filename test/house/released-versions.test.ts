/** Whoever raises the version of a chart has records of the former one to awaken, and brings them to today. */
import { expect, it } from 'vitest';
import { guardFleetKind } from '../../machines/guard-kinds.ts';
import { machineVersions } from '../../machines/kinds.ts';
import { storedFixtures } from '../fixtures/fixture.ts';

const versions = { ...machineVersions, guard: guardFleetKind.version };
const stored = storedFixtures().map(({ record }) => ({
  kind: record.key.split('/')[0] ?? '',
  version: record.machineVersion,
}));

/** Each version from the first to today's. */
const due = Object.entries(versions).flatMap(([kind, today]) =>
  Array.from({ length: today }, (_, index) => [kind, index + 1] as const),
);

it.each(due)('there is a record of %s version %i to be awakened', (kind, version) => {
  const advice = `none of ${kind} ${version}: check out the release that had it and run npm run fixtures there`;
  expect(stored, advice).toContainEqual({ kind, version });
});
