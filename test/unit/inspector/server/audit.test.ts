/** Lines of the audit, from messages of every sort. */
import { expect, it } from 'vitest';
import { entryOfEvent } from '../../../../src/inspector/server/audit-entries.ts';

const event = (time: string) => ({
  ...{ subject: 'fairlead.v1.evt.test.cluster.one.failed', atMs: 1_000, headers: {} },
  body: { source: '/fairlead/i/cluster/test/one', type: 'fairlead.cluster.failed.v1', time },
});

it('an event without a readable time stands where it was stored', () => {
  expect(entryOfEvent(event('1970-01-01T00:00:02Z'))).toMatchObject({ atMs: 2_000 });
  expect(entryOfEvent(event('yesterday'))).toMatchObject({ atMs: 1_000, isFailure: true });
});
