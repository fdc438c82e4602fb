/** Who writes, by the simulator's own books: looked at all the time while a story is told, whatever Fairlead says of it. */
import { z } from 'zod';
import { sidePath } from './side-path.ts';
import type { SimulatorDoor } from './side-path.ts';

const segment = z.object({ writer: z.string(), from: z.int(), to: z.int() });
const books = z.object({
  volumes: z.array(
    z.object({ volumeId: z.string(), isWritable: z.boolean(), segments: z.array(segment) }),
  ),
  snapshots: z.array(
    z.object({
      state: z.string(),
      tags: z.record(z.string(), z.string()),
      segments: z.array(segment),
    }),
  ),
});
type Books = z.infer<typeof books>;
type Log = readonly z.infer<typeof segment>[];

const LOOK_MS = 100;

export interface WriterWatch {
  /** Looks in which more than one volume of the disk's lineage could be written to. */
  readonly twoWriters: () => number;
  readonly looks: () => number;
  /** Looks that told nothing, each with why: what was meanwhile is not known. */
  readonly missed: () => readonly string[];
  /** Recovery points whose data the volume that is written to now does not have. */
  readonly lostPoints: () => Promise<number>;
  readonly stop: () => void;
}

/** @param volumeId  the disk as it was at the beginning */
export function watchWriters(simulator: SimulatorDoor, volumeId: string): WriterWatch {
  const seen = { twoWriters: 0, looks: 0, missed: [] as string[] };
  const read = async (): Promise<Books> => books.parse(await sidePath(simulator, 'GET', 'volumes'));
  const isOfDisk = ({ segments }: { segments: Log }): boolean => segments[0]?.writer === volumeId;
  const look = async (): Promise<void> => {
    const { volumes } = await read();
    seen.looks += 1;
    if (volumes.filter((each) => each.isWritable && isOfDisk(each)).length > 1)
      seen.twoWriters += 1;
  };
  const timer = setInterval(() => {
    look().catch((thrown: unknown) => {
      seen.missed.push(thrown instanceof Error ? thrown.message : String(thrown));
    });
  }, LOOK_MS);
  return {
    twoWriters: () => seen.twoWriters,
    looks: () => seen.looks,
    missed: () => seen.missed,
    lostPoints: async () => {
      const { volumes, snapshots } = await read();
      const writing = volumes.find((each) => each.isWritable && isOfDisk(each));
      if (writing === undefined) throw new Error(`nothing of ${volumeId} is written to any more`);
      const committed = snapshots.filter(
        (each) => each.tags['repl:commit'] === 'true' && each.state === 'completed',
      );
      return committed.filter((each) => !hasAll(writing.segments, each.segments)).length;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** Whether a log begins with all entries of another. */
function hasAll(log: Log, other: Log): boolean {
  return other.every(({ writer, from, to }, index) => {
    const own = log[index];
    return own?.writer === writer && own.from === from && own.to >= to;
  });
}
