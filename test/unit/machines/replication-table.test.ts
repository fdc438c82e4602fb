/** Every pair of public states of an endpoint: taken or refused as the table says, and refused in its words. */
import { describe, expect, it } from 'vitest';
import {
  allowedNext,
  isAllowed,
  publicStates,
  refuseTransition,
  transitionTable,
} from '../../../machines/replication-table.ts';

/** Written out once more: the table is what users were promised. */
const edges = [
  ...['absent → replica', 'absent → source'],
  ...['replica → promoting', 'replica → syncing'],
  ...['promoting → source', 'promoting → failed'],
  ...['source → demoting'],
  ...['demoting → replica', 'demoting → failed'],
  ...['syncing → replica', 'syncing → failed'],
  ...['failed → syncing', 'failed → replica'],
];

describe('the table of public states', () => {
  it('has thirteen edges and no others [U-04] [U-35]', () => {
    const listed = publicStates.flatMap((from) =>
      transitionTable[from].map((to) => `${from} → ${to}`),
    );
    expect(listed).toEqual(edges);
  });

  for (const from of publicStates)
    for (const to of publicStates) {
      const edge = `${from} → ${to}`;
      if (from === to || edges.includes(edge))
        it(`allows ${edge}`, () => {
          expect(isAllowed(from, to)).toBe(true);
        });
      else
        it(`refuses ${edge} and lists what is allowed`, () => {
          expect(isAllowed(from, to)).toBe(false);
          const phase = `${from}.somewhere`;
          const refusal = refuseTransition('prod/db-1', 'away', { from, to, phase });
          expect(refusal.code).toBe('transition.notAllowed');
          expect(refusal.allowedNext).toEqual(allowedNext(from));
          expect(refusal.message).toContain(
            `replication "prod/db-1", away: ${edge} is not allowed (phase somewhere). ` +
              `Allowed next: ${transitionTable[from].join(', ')}. `,
          );
          expect(refusal.message).toMatch(/\b(Use|use) \w+/);
        });
    }

  it('names the verb that leads there in the end', () => {
    const { message } = refuseTransition('prod/db-1', 'away', {
      ...{ from: 'source', to: 'replica', phase: 'source.protected' },
    });
    expect(message).toBe(
      'replication "prod/db-1", away: source → replica is not allowed (phase protected). ' +
        'Allowed next: demoting. Use demote; it becomes replica by itself.',
    );
  });
});
