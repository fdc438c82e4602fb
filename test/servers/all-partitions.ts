/** Names of one partition, and the commands of all partitions as one feed: for tests that do not care who is where. */
import type { Bus, CommandDelivery, Subscription } from '../../actors/ports.ts';
import { partitionOf } from '../../machines/ids.ts';
import { bounds } from '../../machines/limits.ts';

const allPartitions = Array.from({ length: bounds.partitions }, (_, each) => each);

/** `name`, or the first of `name-1`, `name-2` … that is in the partition. */
export function nameIn(
  partition: number,
  name: string,
  of: { readonly kind: string; readonly namespace: string },
): string {
  for (let n = 0; ; n += 1) {
    const candidate = n === 0 ? name : `${name}-${n}`;
    if (partitionOf({ ...of, name: candidate }) === partition) return candidate;
  }
}

/** One subscription for all. */
export async function consumeAll(
  bus: Bus,
  epoch: number,
  handle: (delivery: CommandDelivery) => void,
): Promise<Subscription> {
  const open: Subscription[] = [];
  // Eight at once, as a host does.
  for (let at = 0; at < allPartitions.length; at += 8)
    open.push(
      ...(await Promise.all(
        allPartitions.slice(at, at + 8).map((each) => bus.consumeCommands(each, epoch, handle)),
      )),
    );
  return {
    stop: async () => {
      await Promise.all(open.map((each) => each.stop()));
    },
    pause: () => {
      for (const each of open) each.pause();
    },
    resume: () => {
      for (const each of open) each.resume();
    },
  };
}
