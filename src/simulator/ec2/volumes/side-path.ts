/** The side path of block storage, `/_sim/volumes…`: circumstances, writes by hand, and the truth. */
import { z } from 'zod';
import type { Table } from '../../state/journal.ts';
import type { World } from '../../world.ts';
import { appended, settled } from './append-log.ts';
import { flagKey, limitKey, outcomeKey } from './circumstances.ts';
import { unmount } from './of-instance.ts';
import { storageTruth } from './truth.ts';
import { isWritable } from './volume-state.ts';

const limit = z.strictObject({
  name: z.enum(['volumes', 'zoneVolumes', 'snapshots', 'copies', 'attachments', 'fastRestores']),
  /** A region; a zone for `zoneVolumes`, an instance for `attachments`. */
  place: z.string().min(1).default('*'),
  max: z.int().min(0),
});
const flag = z.strictObject({
  name: z.enum(['mounted', 'brokenKey', 'snapshotInUse', 'allowFenced']),
  of: z.string().min(1).default('*'),
  isOn: z.boolean().default(true),
});
const outcome = z.strictObject({
  what: z.enum(['volume', 'snapshot', 'copy']),
  volumeId: z.string().min(1).default('*'),
  message: z.string().default('Set by the side path.'),
  times: z.int().min(1).default(1),
});
const writes = z.strictObject({
  volumeId: z.string().min(1),
  count: z.int().min(1).max(1_000_000).default(1),
});

type Route = (world: World, body: string) => object;

export const volumeRoutes: Readonly<Record<string, Route>> = {
  'GET volumes': (world) => storageTruth(world),
  'POST volumes/append': (world, body) => append(world, writes.parse(JSON.parse(body))),
  'POST volumes/limits': ({ tables }, body) => {
    const row = limit.parse(JSON.parse(body));
    tables.volumeLimits.put(limitKey(row.name, row.place), row);
    return row;
  },
  'DELETE volumes/limits': ({ tables }) => emptied(tables.volumeLimits),
  'POST volumes/flags': (world, body) => setFlag(world, flag.parse(JSON.parse(body))),
  'DELETE volumes/flags': ({ tables }) => emptied(tables.volumeFlags),
  'POST volumes/outcomes': ({ tables }, body) => {
    const row = outcome.parse(JSON.parse(body));
    tables.outcomes.put(outcomeKey(row), row);
    return row;
  },
  'DELETE volumes/outcomes': ({ tables }) => emptied(tables.outcomes),
};

/** What a workload wants to write: nothing gets through to a volume that nobody can write to. */
function append(world: World, { volumeId, count }: z.infer<typeof writes>): object {
  const nowMs = world.clock.nowMs();
  const record = world.tables.volumes.get(volumeId);
  if (record === undefined || !isWritable(world, record, nowMs)) return { written: 0 };
  world.tables.volumes.put(volumeId, appended(settled(world, record, nowMs), count));
  return { written: count };
}

function setFlag(world: World, { name, of, isOn }: z.infer<typeof flag>): object {
  const { volumeFlags, volumes } = world.tables;
  if (isOn) {
    volumeFlags.put(flagKey(name, of), { name, of });
    return { name, of, isOn };
  }
  volumeFlags.remove(flagKey(name, of));
  if (name === 'mounted') {
    const nowMs = world.clock.nowMs();
    const freed = [...volumes.all()].filter(({ volumeId }) => of === '*' || of === volumeId);
    for (const record of freed) unmount(record, { world, nowMs });
  }
  return { name, of, isOn };
}

function emptied<Row>(table: Table<Row>): object {
  for (const id of table.ids()) table.remove(id);
  return {};
}
