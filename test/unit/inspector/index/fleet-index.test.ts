/** The index kept from steps is the index made anew, whatever comes in which order. */
import { describe, expect, it } from 'vitest';
import { FleetIndex } from '../../../../src/inspector/index/fleet-index.ts';
import type { Sort } from '../../../../src/inspector/api.ts';
import { groupingOf, mapBytes, mapOf, Maps } from '../../../../src/inspector/index/map.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';
import { randomSteps, rollsOf, rowOf, seed, startMs, stepOf } from '../made-fleet.ts';

const sorts: readonly Sort[] = ['severity', 'name', 'since', 'state'];
const queries = ['', 'kind:cluster', 'severity:failing,unknown', 'quorum -ns:ns1', 'since:>20m'];

describe(`the index (seed ${seed})`, () => {
  it('kept from steps equals the one made anew at every look', () => {
    const roll = rollsOf(seed);
    let looks = 0;
    for (let round = 0; round < 3; round += 1) {
      const clock = new ManualClock(startMs);
      const kept = new FleetIndex(clock);
      for (const step of randomSteps(roll, 200, 60)) {
        kept.take(step);
        if (roll() < 0.9) continue;
        clock.freeze(Math.floor(roll() * 5_000));
        const made = new FleetIndex(clock);
        made.load(kept.rows(), kept.asOfMs);
        expect(kept.counts()).toEqual(made.counts());
        for (const q of queries.filter(() => roll() < 0.5))
          for (const sort of sorts) {
            const window = { q, sort, offset: Math.floor(roll() * 20), limit: 30 };
            // One that depends on the time of day may be a second old.
            if (q.includes('since')) clock.freeze(1_000);
            const [told, expected] = [kept.page(window), made.page(window)];
            // Texts are compared in no time; the objects only to show where they differ.
            if (JSON.stringify(told) !== JSON.stringify(expected))
              expect(told, `${q} by ${sort}`).toEqual(expected);
            looks += 1;
          }
      }
    }
    expect(looks).toBeGreaterThan(100);
  });

  it('drops an actor with its end, and takes its next life', () => {
    const index = new FleetIndex(new ManualClock());
    index.take(stepOf(rowOf('cluster/a/b', 3, { uid: '1' })));
    expect(index.take(stepOf(rowOf('cluster/a/b', 4, { uid: '1', isGone: true })))).toBe(true);
    expect(index.row('cluster/a/b')).toBeUndefined();
    expect(index.counts()).toMatchObject({ total: 0, byKind: {}, bySeverity: { healthy: 0 } });
    index.take(stepOf(rowOf('cluster/a/b', 1, { uid: '2' })));
    index.take(stepOf(rowOf('cluster/a/b', 4, { uid: '1', isGone: true })));
    expect(index.row('cluster/a/b')).toMatchObject({ uid: '2' });
  });

  it('leaves out steps it knows, and those before them', () => {
    const index = new FleetIndex(new ManualClock());
    expect(index.take(stepOf(rowOf('cluster/a/b', 2)))).toBe(true);
    const { version } = index;
    expect(index.take(stepOf(rowOf('cluster/a/b', 2)))).toBe(false);
    expect(index.take(stepOf(rowOf('cluster/a/b', 1, { state: 'creating' })))).toBe(false);
    expect(index.version).toBe(version);
  });

  it('leaves out a late step of an earlier life', () => {
    const index = new FleetIndex(new ManualClock());
    index.take(stepOf(rowOf('cluster/a/b', 1, { uid: '2' })));
    expect(index.take(stepOf(rowOf('cluster/a/b', 9, { uid: '1' })))).toBe(false);
    expect(index.row('cluster/a/b')).toMatchObject({ uid: '2' });
  });

  it('drops after a replay what the log told nothing of', () => {
    const index = new FleetIndex(new ManualClock());
    index.load([rowOf('cluster/a/old'), rowOf('cluster/a/known')], 1);
    index.beginReplay();
    index.take(stepOf(rowOf('cluster/a/known')));
    index.take(stepOf(rowOf('cluster/a/new')));
    expect(index.endReplay()).toBe(1);
    expect(index.rows().map(({ actor }) => actor)).toEqual(['cluster/a/known', 'cluster/a/new']);
  });

  it('puts what fails first, then the unknown, newest change first', () => {
    const index = new FleetIndex(new ManualClock());
    const rows = [
      rowOf('c/n/healthy'),
      rowOf('c/n/unknown', 1, { severity: 'unknown' }),
      rowOf('c/n/old', 1, { severity: 'failing', sinceMs: 1 }),
      rowOf('c/n/new', 1, { severity: 'failing', sinceMs: 2 }),
      rowOf('c/n/changing', 1, { severity: 'changing' }),
    ];
    for (const row of rows) index.take(stepOf(row));
    const { rows: listed } = index.page({ q: '', sort: 'severity', offset: 0, limit: 9 });
    const names = listed.map(({ actor }) => actor.slice(4));
    expect(names).toEqual(['new', 'old', 'unknown', 'changing', 'healthy']);
  });
});

describe('the map', () => {
  const clock = new ManualClock();
  const index = new FleetIndex(clock);
  for (const step of randomSteps(rollsOf(seed), 400, 90)) index.take(step);
  const grouping = groupingOf('region,kind') as readonly string[];
  const map = mapOf(index, grouping);

  it(`has one byte for every actor, where its group's query lists it (seed ${seed})`, () => {
    expect(map.head.total).toBe(index.size);
    let at = 0;
    for (const { q, count } of map.head.groups) {
      const { total, rows } = index.page({ q, sort: 'name', offset: 0, limit: 200 });
      expect(total).toBe(count);
      const severities = ['failing', 'changing', 'healthy', 'unknown'];
      const told = [...map.cells.slice(at, at + count)].map((code) => severities[code]);
      expect(told).toEqual(rows.map(({ severity }) => severity));
      at += count;
    }
    expect(at).toBe(index.size);
  });

  it('in its binary form is a JSON line and the cells', () => {
    const bytes = mapBytes(map);
    const end = bytes.indexOf(10);
    expect(JSON.parse(Buffer.from(bytes.subarray(0, end)).toString())).toEqual(map.head);
    expect([...bytes.subarray(end + 1)]).toEqual([...map.cells]);
  });

  it('keeps its tag until a cell changes, and is made once a second', () => {
    const maps = new Maps(index, clock);
    const { etag } = maps.read(grouping);
    const row = index.rows()[0];
    if (!row) throw new Error('the fleet is empty');
    index.take(stepOf({ ...row, seq: row.seq + 1, reason: 'probe tick' }));
    clock.freeze(1_000);
    expect(maps.read(grouping).etag).toBe(etag);
    const severity = row.severity === 'failing' ? 'healthy' : 'failing';
    index.take(stepOf({ ...row, seq: row.seq + 2, severity }));
    expect(maps.read(grouping).etag).toBe(etag);
    clock.freeze(1_000);
    expect(maps.read(grouping).etag).not.toBe(etag);
  });

  it('says which groups there are when asked for another', () => {
    expect(groupingOf('regoin')).toMatchObject({
      code: 'inspector.badGroup',
      didYouMean: 'region',
    });
    expect(groupingOf('')).toEqual([]);
  });
});
