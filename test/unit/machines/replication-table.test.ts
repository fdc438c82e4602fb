/** Every pair of public states of an endpoint: taken or refused as the table says, and refused in its words. */
import { describe, expect, it } from 'vitest';
import {
  allowedNext,
  completionOf,
  isAllowed,
  isTransient,
  peerOf,
  publicStates,
  refuseTransition,
  transitionTable,
  verbFor,
} from '../../../machines/replication-table.ts';
import type { PublicState } from '../../../machines/replication-table.ts';

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

/** Edges that somebody can ask for; the others are taken by themselves. */
const verbs = {
  ...{ 'absent → replica': 'apply', 'absent → source': 'apply' },
  ...{ 'replica → promoting': 'promote', 'replica → syncing': 'resync' },
  ...{ 'promoting → failed': 'cancel', 'demoting → failed': 'cancel' },
  ...{ 'source → demoting': 'demote', 'syncing → failed': 'cancel' },
  ...{ 'failed → syncing': 'resync', 'failed → replica': 'recover' },
};

/** What a refusal ends with, unless a verb's completion is what was wanted. */
const waysOut: Readonly<Record<PublicState, string>> = {
  absent: 'Use apply.',
  replica: 'Use promote or resync.',
  promoting: 'It becomes source by itself; use cancel to give it up.',
  source: 'Use demote.',
  demoting: 'It becomes replica by itself; use cancel to give it up.',
  syncing: 'It becomes replica by itself; use cancel to give it up.',
  failed: 'Use resync or recover.',
};
const roads: Readonly<Record<string, string>> = {
  'replica → source': 'Use promote; it becomes source by itself.',
  'source → replica': 'Use demote; it becomes replica by itself.',
};

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
          expect(refusal.because).toEqual([`away is ${from} (phase somewhere)`]);
          expect(refusal.message).toBe(
            `replication "prod/db-1", away: ${edge} is not allowed (phase somewhere). ` +
              `Allowed next: ${transitionTable[from].join(', ')}. ${roads[edge] ?? waysOut[from]}`,
          );
        });
    }

  it('has a verb for each edge that somebody can ask for', () => {
    const asked = publicStates.flatMap((from) =>
      allowedNext(from).map((to) => [`${from} → ${to}`, verbFor(from, to)] as const),
    );
    expect(Object.fromEntries(asked.filter(([, verb]) => verb !== undefined))).toEqual(verbs);
  });

  it('knows which states end by themselves, and in what', () => {
    const ends = { promoting: 'source', demoting: 'replica', syncing: 'replica' };
    const known = publicStates.map((state) => [state, completionOf(state)] as const);
    expect(Object.fromEntries(known.filter(([, end]) => end !== undefined))).toEqual(ends);
    expect(publicStates.filter(isTransient)).toEqual(Object.keys(ends));
  });

  it('has two sides, each the peer of the other', () => {
    expect([peerOf('home'), peerOf('away')]).toEqual(['away', 'home']);
  });
});
