/** Port Shelf in the meta bucket: one key per host and purpose, the last save wins. */
import { Kvm } from '@nats-io/kv';
import type { Shelf } from '../../actors/ports.ts';
import type { Connection } from './connection.ts';
import { buckets } from './subjects.ts';

/** @param key e.g. `budgets.<host id>` */
export async function createShelf(connection: Connection, key: string): Promise<Shelf> {
  const meta = await new Kvm(connection.js).open(buckets.meta);
  return {
    async load() {
      const entry = await connection.ask(() => meta.get(key));
      return entry?.operation === 'PUT' ? entry.string() : undefined;
    },
    async save(text) {
      await connection.ask(() => meta.put(key, text));
    },
  };
}
