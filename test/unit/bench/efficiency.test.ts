/** The arithmetic behind `cluster.efficiency.10`, on creations small enough to check by hand. */
import { describe, expect, it } from 'vitest';
import { efficiencyOf, floorShareOf } from '../../bench/efficiency.ts';
import type { NodeTimes } from '../../bench/efficiency.ts';

const node = (
  role: NodeTimes['role'],
  [launchAtMs, stagedAtMs, joinAtMs, readyAtMs]: readonly [number, number, number, number],
): NodeTimes => ({ role, launchAtMs, stagedAtMs, joinAtMs, readyAtMs });

describe('efficiency of a creation', () => {
  it('is the share of the lanes that was busy: ten equal joins in two rounds of eight lanes are 62.5 %', () => {
    const nodes = Array.from({ length: 10 }, (_, index) =>
      node('agent', index < 8 ? [0, 0, 0, 5] : [0, 0, 5, 10]),
    );
    expect(efficiencyOf(nodes, 8)).toBe(0.625);
  });

  it('leaves the waiting for a turn out of a node’s own time', () => {
    const nodes = [node('server', [0, 10, 10, 20]), node('agent', [0, 10, 20, 30])];
    expect(efficiencyOf(nodes, 1)).toBeCloseTo(40 / 30);
  });
});

describe('floor of a creation', () => {
  it('is reached when servers join back to back and agents fill the lanes', () => {
    const nodes = [
      node('server', [0, 10, 10, 15]),
      node('server', [0, 10, 15, 20]),
      node('agent', [0, 10, 20, 25]),
      node('agent', [0, 10, 20, 25]),
      node('agent', [0, 10, 25, 30]),
    ];
    expect(floorShareOf(nodes, 2)).toBe(1);
  });

  it('counts what passes between the steps against us', () => {
    const nodes = [node('server', [0, 10, 20, 30]), node('agent', [0, 10, 35, 40])];
    expect(floorShareOf(nodes, 1)).toBe(25 / 40);
  });

  it('needs no agents', () => {
    expect(floorShareOf([node('server', [0, 10, 10, 20])], 5)).toBe(1);
  });
});
