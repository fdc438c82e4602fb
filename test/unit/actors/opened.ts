/** Commands as they come off the stream, opened. */
import { openEnvelope } from '../../../actors/envelope.ts';
import type { CommandDelivery } from '../../../actors/ports.ts';
import { commandSchemas } from '../../../machines/messages.ts';

export const manifest = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'fairlead.dev/v1',
  kind: 'Cluster',
  metadata: { namespace: 'shop', name: 'eu', ...metadata },
  spec: { region: 'eu-central-1', ...spec },
});

function delivery(change: Partial<CommandDelivery> & { json?: unknown } = {}): CommandDelivery {
  const { json = { manifest: manifest() }, ...rest } = change;
  return {
    ...{ sequence: 7, namespace: 'shop', kind: 'cluster', name: 'eu', verb: 'create' },
    headers: {},
    payload: new TextEncoder().encode(JSON.stringify(json)),
    deliveries: 1,
    wasWaiting: false,
    ack: () => undefined,
    ackConfirmed: () => Promise.resolve(),
    terminate: () => Promise.resolve(),
    working: () => undefined,
    ...rest,
  };
}

export const open = (change?: Parameters<typeof delivery>[0]) =>
  openEnvelope(delivery(change), commandSchemas);

/** Of a command that is refused. */
export function problemOf(change: Parameters<typeof delivery>[0]) {
  const opened = open(change);
  if (opened.ok) throw new Error('it was accepted');
  return opened.problem;
}
