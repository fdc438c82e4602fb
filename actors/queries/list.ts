/** `list`: everything stored of a kind, a page at a time. */
import { bounds } from '../../machines/limits.ts';
import type { Kind } from '../kind.ts';
import { keyOf, readRecord, snapshotOf } from '../record.ts';
import { asOf, ofToday, Refused, viewOf } from './asked.ts';
import type { Asked, Body, Stored } from './asked.ts';

export interface ListArguments {
  readonly limit: number;
  readonly cursor: string;
  readonly allNamespaces: boolean;
}

/** Sorted by namespace and name; the cursor is the last one shown. Deleted ones are left out. */
export async function list(asked: Asked, args: ListArguments): Promise<Body> {
  const { kind, key, parts } = asked;
  const found = new Map<string, Stored>();
  for await (const stored of parts.store.scan()) {
    const read = readRecord(stored.bytes);
    if (!read.ok) continue; // reported when the host takes over; a list must not fail for one record
    const each = keyOf(read.record);
    const isWanted =
      each.kind === key.kind && (args.allNamespaces || each.namespace === key.namespace);
    if (!isWanted) continue;
    const record = ofToday(parts, read.record);
    if (kind.isTombstone(snapshotOf(record))) continue;
    found.set(`${each.namespace}/${each.name}`, { record, revision: stored.revision });
  }
  const after = [...found.keys()].sort().filter((name) => name > args.cursor);
  const { items, last } = page(kind, found, after.slice(0, args.limit));
  const hasMore = last !== undefined && last !== after.at(-1);
  return { items, ...asOf(parts), ...(hasMore && { cursor: last }) };
}

function page(
  kind: Kind,
  found: ReadonlyMap<string, Stored>,
  names: readonly string[],
): { items: Body[]; last: string | undefined } {
  const items: Body[] = [];
  let last: string | undefined;
  let sizeBytes = 0;
  for (const name of names) {
    const stored = found.get(name);
    if (!stored) continue;
    const view = viewIfAny(kind, stored);
    if (view !== undefined) {
      sizeBytes += JSON.stringify(view).length;
      if (items.length > 0 && sizeBytes > bounds.listPageBytesMax) break;
      items.push(view);
    }
    last = name;
  }
  return { items, last };
}

/** A list must not fail for one record. */
function viewIfAny(kind: Kind, stored: Stored): Body | undefined {
  try {
    return viewOf(kind, stored);
  } catch (thrown) {
    if (thrown instanceof Refused) return undefined;
    throw thrown;
  }
}
