/** Which partitions a host takes and which it gives away, from what it sees of the others. Pure. */
import { bounds, hosting } from '../machines/limits.ts';
import type { HostSeat } from './lease-ports.ts';

export interface PlacementView {
  readonly host: string;
  /** This host gives away and takes nothing. */
  readonly isDraining: boolean;
  /** All that are alive; whether this host is among them makes no difference. */
  readonly hosts: readonly Pick<HostSeat, 'host' | 'isDraining'>[];
  /** Partition → in whose name it is held. */
  readonly partitions: ReadonlyMap<number, string>;
  /** This process holds them or is about to. */
  readonly held: readonly number[];
  /** On their way out of this process. */
  readonly leaving: readonly number[];
  /** Not to be taken yet. */
  readonly waiting: readonly number[];
}

export interface PlacementPlan {
  /** Partitions this host should have at most. */
  readonly share: number;
  readonly take: readonly number[];
  /** At most `hosting.passedPerTickMax`. */
  readonly pass: readonly number[];
}

/** ceil(partitions / hosts that take any); none while this host drains. */
export function planPlacement(view: PlacementView): PlacementPlan {
  const { host, isDraining, hosts, partitions, held, leaving, waiting } = view;
  const others = hosts.filter((each) => each.host !== host && !each.isDraining).length;
  const share = isDraining ? 0 : Math.ceil(bounds.partitions / (others + 1));
  const order = scanOrder(host);
  const isOut = new Set([...held, ...leaving, ...waiting]);
  const free = order.filter((each) => !isOut.has(each) && isFree(partitions.get(each), host));
  // What an earlier process of this host left is taken before what anybody may take.
  const mine = free.filter((each) => partitions.has(each));
  const wanted = [...mine, ...free.filter((each) => !partitions.has(each))];
  const take = wanted.slice(0, Math.max(0, share - held.length));
  // With nobody to take them they are better kept.
  const surplus = others === 0 ? 0 : Math.max(0, held.length - share);
  const isOurs = new Set(held);
  const ours = order.filter((each) => isOurs.has(each));
  const passed = Math.min(surplus, hosting.passedPerTickMax);
  return { share, take, pass: passed === 0 ? [] : ours.slice(-passed) };
}

const isFree = (holder: string | undefined, host: string): boolean =>
  holder === undefined || holder === host;

/** All partitions, from a place that differs from host to host, so that those who come together seldom ask for the same. */
function scanOrder(host: string): number[] {
  let hash = 0x811c9dc5;
  for (const char of host) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  const offset = (hash >>> 0) % bounds.partitions;
  return Array.from({ length: bounds.partitions }, (_, at) => (at + offset) % bounds.partitions);
}
