/** Who gets what, decided from one look at the others. */
import { describe, expect, it } from 'vitest';
import { planPlacement } from '../../../actors/placement-plan.ts';
import type { PlacementView } from '../../../actors/placement-plan.ts';

const alive = (...names: string[]) => names.map((host) => ({ host, isDraining: false }));
const heldBy = (host: string, from: number, until: number): [number, string][] =>
  Array.from({ length: until - from }, (_, each) => [from + each, host]);
const range = (from: number, until: number): number[] =>
  heldBy('', from, until).map(([each]) => each);

const plan = (more: Partial<PlacementView> = {}) =>
  planPlacement({
    waiting: [],
    ...{ host: 'h1', isDraining: false, hosts: alive('h1'), partitions: new Map() },
    ...{ held: [], leaving: [] },
    ...more,
  });

describe('a host', () => {
  it('takes all at once when it is alone', () => {
    const { share, take, pass } = plan();
    expect([share, take.length, pass]).toEqual([64, 64, []]);
    expect(new Set(take).size).toBe(64);
  });

  it('begins to look in another place than the next host', () => {
    const first = (host: string) => plan({ host, hosts: alive('h1', 'h2', 'h3') }).take[0];
    expect(new Set(['h1', 'h2', 'h3'].map(first)).size).toBe(3);
  });

  it('takes its share and leaves the rest, rounded up', () => {
    expect(plan({ hosts: alive('h1', 'h2', 'h3') })).toMatchObject({ share: 22 });
    expect(plan({ hosts: alive('h1', 'h2', 'h3') }).take).toHaveLength(22);
  });

  it('counts itself whether the look found it or not', () => {
    expect(plan({ hosts: alive('h2') }).share).toBe(32);
  });

  it('takes nothing that another host holds', () => {
    const partitions = new Map(heldBy('h2', 0, 60));
    expect([...plan({ hosts: alive('h1', 'h2'), partitions }).take].sort()).toEqual([
      60, 61, 62, 63,
    ]);
  });

  it('takes what an earlier process of its own left first', () => {
    const partitions = new Map([...heldBy('h1', 40, 50), ...heldBy('h2', 0, 32)]);
    const { take } = plan({ hosts: alive('h1', 'h2'), partitions });
    expect([...take.slice(0, 10)].sort()).toEqual(range(40, 50));
    expect(take).toHaveLength(32);
  });

  it('takes neither what it is about to have nor what is on its way out', () => {
    const partitions = new Map(heldBy('h1', 0, 64));
    const { take } = plan({ partitions, held: range(0, 60), leaving: [60, 61] });
    expect([...take].sort()).toEqual([62, 63]);
  });

  it('passes four at a time when a third one joins, and none below its share', () => {
    const hosts = alive('h1', 'h2', 'h3');
    const partitions = new Map([...heldBy('h1', 0, 32), ...heldBy('h2', 32, 64)]);
    expect(plan({ hosts, partitions, held: range(0, 32) }).pass).toHaveLength(4);
    expect(plan({ hosts, partitions, held: range(0, 24) }).pass).toHaveLength(2);
    expect(plan({ hosts, partitions, held: range(0, 22) })).toMatchObject({ take: [], pass: [] });
  });

  it('gives all away when it drains, and takes none', () => {
    const hosts = alive('h1', 'h2');
    const partitions = new Map(heldBy('h1', 0, 40));
    const draining = plan({ isDraining: true, hosts, partitions, held: range(0, 40) });
    expect(draining).toMatchObject({ share: 0, take: [] });
    expect(draining.pass).toHaveLength(4);
  });

  it('keeps what it has while nobody is there to take it', () => {
    const hosts = [...alive('h1'), { host: 'h2', isDraining: true }];
    const partitions = new Map(heldBy('h1', 0, 64));
    expect(plan({ isDraining: true, hosts, partitions, held: range(0, 64) }).pass).toEqual([]);
  });

  it('does not count those that drain', () => {
    const hosts = [...alive('h1', 'h2'), { host: 'h3', isDraining: true }];
    expect(plan({ hosts }).share).toBe(32);
  });
});
