/** Durables of the stream of commands: one per partition and owner, found and removed by name. */
import { NewerOwner } from '../../actors/newer-owner.ts';
import type { Connection } from './connection.ts';
import { hasCode, jetStreamCodes } from './faults.ts';
import { streams } from './subjects.ts';

const STREAM = streams.commands;
const NAMES_SUBJECT = `$JS.API.CONSUMER.NAMES.${STREAM}`;
const NAMES_WAIT = { timeout: 5_000 };

/** Whose commands, and under which owner. */
export interface Turf {
  readonly partition: number;
  readonly epoch: number;
}

export const durableName = ({ partition, epoch }: Turf): string => `p${partition}-e${epoch}`;

/** Undefined for a durable that takes nothing from this partition. */
function epochOf(durable: string, partition: number): number | undefined {
  // One that took all partitions, as hosts of earlier versions had.
  if (/^all-e\d+$/.test(durable)) return 0;
  const [, of, epoch] = /^p(\d+)-e(\d+)$/.exec(durable) ?? [];
  return Number(of) === partition ? Number(epoch) : undefined;
}

/** @throws NewerOwner */
export async function deleteLeftovers(connection: Connection, turf: Turf): Promise<void> {
  for (const { name, epoch } of await durables(connection, turf.partition)) {
    if (epoch > turf.epoch) throw new NewerOwner(name, epoch, turf.epoch);
    await connection
      .ask(() => connection.jsm.consumers.delete(STREAM, name))
      .catch((error: unknown) => {
        if (!hasCode(error, jetStreamCodes.consumerNotFound)) throw error;
      });
  }
}

/** Durables of this partition, whoever left them. Names only: in a cluster a list with details waits for every one's leader. */
async function durables(
  connection: Connection,
  partition: number,
): Promise<{ readonly name: string; readonly epoch: number }[]> {
  const found: { name: string; epoch: number }[] = [];
  for (let offset = 0; ;) {
    const { names, total } = await namesFrom(connection, offset);
    for (const name of names) {
      const epoch = epochOf(name, partition);
      if (epoch !== undefined) found.push({ name, epoch });
    }
    offset += names.length;
    if (names.length === 0 || offset >= total) return found;
  }
}

/** One page of a request for which the client has no method. */
async function namesFrom(
  connection: Connection,
  offset: number,
): Promise<{ readonly names: readonly string[]; readonly total: number }> {
  const asked = JSON.stringify({ offset });
  const page = await connection.ask(() => connection.nc.request(NAMES_SUBJECT, asked, NAMES_WAIT));
  const { consumers, total, error } = page.json<{
    readonly consumers?: readonly string[] | null;
    readonly total?: number;
    readonly error?: { readonly description: string };
  }>();
  if (error !== undefined) throw new Error(`consumers cannot be listed: ${error.description}`);
  return { names: consumers ?? [], total: total ?? 0 };
}
