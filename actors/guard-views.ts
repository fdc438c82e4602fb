/** What `get` and `list` show of guards: this host's breakers and limits live, other hosts' breakers as recorded. */
import { fleetKey, recordKey } from '../machines/ids.ts';
import type { FleetContext } from '../machines/guard-fleet.ts';
import { guardRecordKey } from './guard-host.ts';
import { isoTime } from './iso-time.ts';
import type { Guard } from './policies/call-guard.ts';
import type { Clock, RecordStore } from './ports.ts';
import type { LiveVerb } from './queries/asked.ts';
import { keyOf, readRecord, snapshotOf } from './record.ts';

export interface GuardViewParts {
  readonly guard: Guard;
  readonly hostId: string;
  readonly store: RecordStore;
  readonly clock: Clock;
}

type Body = Readonly<Record<string, unknown>>;

/**
 * `list` gives `{items: breakers of all hosts, limits of this one}`; `get` gives
 * `{host, breakers, limits, standing orders, drained hosts}` of this host, and `survey` all of that from every host. A breaker of another
 * host has no counts, only its state.
 */
export function guardViews(parts: GuardViewParts): (verb: LiveVerb) => Promise<Body> {
  const { guard, hostId, clock } = parts;
  const own = () => guard.breakers().map((each) => ({ host: hostId, ...each }));
  return async (verb) => {
    const asOf = isoTime(clock.nowMs());
    const limits = guard.limits().map((each) => ({ host: hostId, ...each }));
    if (verb === 'list') return { items: [...own(), ...(await others(parts))], limits, asOf };
    if (verb === 'survey') {
      const items = [...own(), ...(await others(parts))];
      return { host: hostId, items, limits, ...(await orders(parts)), asOf };
    }
    return { host: hostId, breakers: own(), limits, ...(await orders(parts)), asOf };
  };
}

async function orders({ store }: GuardViewParts): Promise<FleetContext> {
  const stored = await store.load(recordKey(fleetKey));
  const read = stored && readRecord(stored.bytes);
  const kept = read?.ok === true ? (snapshotOf(read.record).context as Partial<FleetContext>) : {};
  return { standing: kept.standing ?? [], drained: kept.drained ?? [] };
}

interface StoredBreaker {
  readonly snapshot: { readonly value: unknown; readonly context: Body };
}

async function others({ store, hostId }: GuardViewParts): Promise<Body[]> {
  const found: Body[] = [];
  for await (const { key, bytes } of store.scan()) {
    if (!/^h\..*\.system\.guard$/.test(key) || key === guardRecordKey(hostId)) continue;
    const read = readRecord(bytes);
    if (!read.ok) continue; // it is reported by the host that reads it for itself
    const { children = {} } = read.record.snapshot as { children?: Record<string, StoredBreaker> };
    const host = keyOf(read.record).name;
    for (const { snapshot } of Object.values(children))
      found.push({ host, state: snapshot.value, ...snapshot.context });
  }
  return found;
}
