/**
 * A world small enough to explore whole: per endpoint the epochs whose volumes can be written, and up to two calls that may
 * still land. Fencing detaches what is attached now and stops nothing that lands later, which is the worst a cloud can do.
 */
import type { Side } from '../../../machines/replication-table.ts';

/** A call that makes an endpoint writable and whose caller no longer waits for it. */
export interface Late {
  readonly side: Side;
  readonly epoch: number;
  /** Not sent yet: it sits in a process that sleeps between its check and its write. */
  readonly isHeld: boolean;
  /** Windows begun since it was issued, by the side that waits; none of them ends before it has landed or died. */
  readonly marks: number;
}

export interface World {
  /** Bit `e - 1` stands for the volumes of epoch `e`. */
  readonly home: number;
  readonly away: number;
  readonly late: readonly Late[];
}

/** Epochs and late calls explored. */
export const epochsMax = 3;
const lateMax = 2;

const bit = (epoch: number): number => 1 << (epoch - 1);
export const sideBit = { home: 1, away: 2 } as const;

export const isWritable = (world: World, side: Side): boolean => world[side] !== 0;
export const hasOlder = (world: World, side: Side, epoch: number): boolean =>
  (world[side] & (bit(epoch) - 1)) !== 0;

export const arm = (world: World, side: Side, epoch: number): World => ({
  ...world,
  [side]: world[side] | bit(epoch),
});
export const fence = (world: World, side: Side, olderThan: number): World => ({
  ...world,
  [side]: world[side] & ~(bit(olderThan) - 1),
});
export const disarm = (world: World, side: Side, epoch: number): World => ({
  ...world,
  [side]: world[side] & ~bit(epoch),
});

/** Beyond the bound the call dies at once. */
export const abandon = (world: World, side: Side, epoch: number, isHeld: boolean): World =>
  world.late.length >= lateMax
    ? world
    : { ...world, late: sorted([...world.late, { side, epoch, isHeld, marks: 0 }]) };
export const without = (world: World, gone: Late): World => ({
  ...world,
  late: world.late.filter((late) => late !== gone),
});
export const lands = (world: World, late: Late): World =>
  arm(without(world, late), late.side, late.epoch);
export const mark = (world: World, marks: (late: Late) => number): World =>
  world.late.length === 0
    ? world
    : { ...world, late: sorted(world.late.map((late) => ({ ...late, marks: marks(late) }))) };

const lateBits = 7;
const encodeLate = ({ side, epoch, isHeld, marks }: Late): number =>
  1 + (side === 'home' ? 0 : 2) + (isHeld ? 4 : 0) + ((epoch - 1) << 3) + (marks << 5);
const sorted = (late: readonly Late[]): Late[] =>
  [...late].sort((left, right) => encodeLate(left) - encodeLate(right));

/** Bits of `encode`. */
export const worldSize = 2 ** (2 * epochsMax + lateMax * lateBits);

export function encode(world: World): number {
  const late = world.late.reduce((sum, each) => (sum << lateBits) + encodeLate(each), 0);
  return (((late << epochsMax) + world.home) << epochsMax) + world.away;
}

export function decode(code: number): World {
  const mask = 2 ** epochsMax - 1;
  const late: Late[] = [];
  for (let rest = code >>> (2 * epochsMax); rest !== 0; rest >>>= lateBits) {
    const one = rest & (2 ** lateBits - 1);
    late.unshift({
      ...{ side: (one & 2) === 0 ? 'home' : 'away', isHeld: (one & 4) !== 0 },
      ...{ epoch: ((one >> 3) & 3) + 1, marks: one >> 5 },
    });
  }
  return { away: code & mask, home: (code >>> epochsMax) & mask, late };
}
