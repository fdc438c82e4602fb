/** Published events as CloudEvents 1.0, structured JSON. */
import type { ResourceKey } from '../machines/ids.ts';
import { isoTime } from './iso-time.ts';
import type { OutboxEntry } from './outbox.ts';
import type { OutboundEvent } from './ports.ts';

/** `actorrev` is the revision of the record that first held the event; repeats keep the id. */
export function cloudEvent(
  installation: string,
  { kind, namespace, name }: ResourceKey,
  entry: OutboxEntry,
): OutboundEvent {
  const { id, event, correlationId, causationId, by, traceparent, revision } = entry;
  const body = {
    specversion: '1.0',
    id,
    source: `/fairlead/${installation}/${kind}/${namespace}/${name}`,
    type: `fairlead.${kind}.${event}.v1`,
    time: isoTime(entry.atMs),
    datacontenttype: 'application/json',
    tenant: namespace,
    ...(revision !== undefined && { actorrev: revision }),
    correlationid: correlationId,
    ...(causationId !== undefined && { causationid: causationId }),
    ...(by !== undefined && { by }),
    ...(traceparent !== undefined && { traceparent }),
    data: entry.data,
  };
  return { id, namespace, kind, name, event, body };
}
