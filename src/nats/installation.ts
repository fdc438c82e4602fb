/** The name of the installation: all hosts of one NATS have the same, the first one's. */
import { Kvm } from '@nats-io/kv';
import { compareAndSet } from './cas.ts';
import type { Connection } from './connection.ts';
import { buckets } from './subjects.ts';

const KEY = 'installation';

/**
 * What this NATS is called already, else `own`, which is noted. Needs the buckets of `setUpStreams`.
 * @throws when the server cannot be asked
 */
export async function installationOf(connection: Connection, own: string): Promise<string> {
  const meta = await new Kvm(connection.js).open(buckets.meta);
  const stored = async (): Promise<string | undefined> => {
    const entry = await connection.ask(() => meta.get(KEY));
    return entry?.operation === 'PUT' ? entry.string() : undefined;
  };
  const known = await stored();
  if (known !== undefined) return known;
  try {
    await compareAndSet(connection, buckets.meta, KEY, own, 0);
    return own;
  } catch (error) {
    // Another host was first, or the answer is missing: what is stored counts.
    const noted = await stored();
    if (noted === undefined) throw error;
    return noted;
  }
}
