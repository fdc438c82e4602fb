/** Queries over the fleet: what they select, and what is said about those that cannot be read. */
import { describe, expect, it } from 'vitest';
import { FleetIndex } from '../../../../src/inspector/index/fleet-index.ts';
import { exactTerm, parseQuery } from '../../../../src/inspector/index/query.ts';
import { QueryProblem } from '../../../../src/inspector/index/query-problem.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';
import { rowOf, startMs, stepOf } from '../made-fleet.ts';

const minuteMs = 60_000;
const fleet = [
  rowOf('cluster/prod/web', 1, { state: 'running.upgrading.agents', severity: 'changing' }),
  rowOf('cluster/prod/db', 1, {
    ...{ state: 'failed', severity: 'failing', reason: 'Quorum lost (1 of 3)' },
    ...{ sinceMs: startMs - 30 * minuteMs, region: 'eu-west-1', host: 'host-b' },
  }),
  rowOf('replication/dev/db', 1, { state: 'source', region: 'us-east-1', expectedMs: minuteMs }),
  rowOf('guard/dev/web', 1, { state: 'open', severity: 'unknown', region: '' }),
];

function selected(q: string): string[] {
  const index = new FleetIndex(new ManualClock(startMs + minuteMs));
  for (const row of fleet) index.take(stepOf(row));
  return index.page({ q, sort: 'name', offset: 0, limit: 200 }).rows.map(({ actor }) => actor);
}

const [web, db, pair, guard] = fleet.map(({ actor }) => actor);

describe('a query', () => {
  it.each([
    ['', [db, pair, web, guard]],
    ['kind:cluster', [db, web]],
    ['kind:cluster,guard ns:prod,dev -name:db', [web, guard]],
    ['-kind:guard', [db, pair, web]],
    ['namespace:prod', [db, web]],
    ['state:upgrading', [web]],
    ['state:running.upgrading', [web]],
    ['state:upgr', []],
    ['state:*upgr*', [web]],
    ['region:eu-*', [db, web]],
    ['region:""', [guard]],
    ['severity:failing,unknown', [db, guard]],
    ['host:HOST-B', [db]],
    ['since:>20m', [db]],
    ['since:<20m', [pair, web, guard]],
    ['-since:>20m kind:cluster', [web]],
    ['quorum', [db]],
    ['"lost (1 of 3)"', [db]],
    ['lost quorum', [db]],
    ['-quorum db', [pair]],
    ['reason:quorum', [db]],
    ['reason:"quorum lost (1 of 3)"', [db]],
    ['name:*b kind:*a*i*n', [pair]],
  ])('%s selects what it says', (q, actors) => {
    expect(selected(q)).toEqual(actors);
  });

  it.each([
    ['ns:prod severty:failing', 9, 'the key "severty"', 'write severity:'],
    ['time:12', 1, 'the key "time"', 'find it as text: "time:12"'],
    ['severity:faling', 10, '"faling"', 'write severity:failing'],
    ['kind:', 6, 'nothing', 'kind:""'],
    ['kind:a,,b', 8, 'nothing', 'kind:""'],
    ['since:20m', 7, '"20m"', 'since:>20m'],
    ['since:>soon', 7, '">soon"', 'since:>20m'],
    ['is:broken', 4, '"broken"', 'is:stuck'],
    ['web "no end', 5, 'a quote that does not end', 'close it'],
    ['"a"b', 4, '"b"', 'put a blank'],
    ['web - db', 6, 'nothing', '-kind:guard'],
    ['x'.repeat(501), 501, '501 characters', 'leave terms out'],
    [Array(31).fill('x').join(' '), 61, '31 terms', 'join values'],
  ])('%s is refused with its column and what to do', (q, column, got, doThis) => {
    const problem = problemOf(q);
    expect(problem).toMatchObject({ code: 'inspector.badQuery', column, got });
    expect(problem?.['doThis']).toContain(doThis);
    expect(problem?.message).toContain(`column ${column}: got ${got}, expected `);
  });

  it('names the key that was probably meant', () => {
    expect(problemOf('regoin:eu')).toMatchObject({ didYouMean: 'region' });
  });

  it('of many stars is answered in no time', () => {
    const from = performance.now();
    expect(selected(`reason:${'*u'.repeat(200)}x`)).toEqual([]);
    expect(performance.now() - from).toBeLessThan(200);
  });

  it('that means one value exactly survives quotes and backslashes in it', () => {
    const [term] = parseQuery(exactTerm('host', 'a "b" \\c')).terms;
    expect(term?.test.is === 'text' && term.test.matches('a "b" \\c')).toBe(true);
  });
});

function problemOf(q: string) {
  try {
    parseQuery(q);
    return undefined;
  } catch (error) {
    if (error instanceof QueryProblem) return error.problem;
    throw error;
  }
}

describe('an actor that takes more than twice its usual time', () => {
  it('says so before its reason, and is:stuck finds it', () => {
    const clock = new ManualClock(startMs);
    const index = new FleetIndex(clock);
    index.take(stepOf(rowOf('cluster/prod/web', 1, { expectedMs: minuteMs, reason: 'boots' })));
    expect(index.row('cluster/prod/web')?.reason).toBe('boots');
    const wanted = { q: 'is:stuck', sort: 'name', offset: 0, limit: 1 } as const;
    expect(index.page(wanted).total).toBe(0);
    clock.freeze(2 * minuteMs + 1);
    const { rows } = index.page(wanted);
    expect(rows[0]?.reason).toBe('takes more than twice its usual 1m0s; boots');
    expect(rows[0]).toBe(index.row('cluster/prod/web'));
    expect(index.rows()[0]?.reason).toBe('boots');
  });
});
