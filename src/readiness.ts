/** What the host says of itself as health checks: readiness needs NATS and ownership, liveness needs neither. */
import type { HostStatus } from '../actors/host.ts';
import type { Check } from './http.ts';

/** A mailbox whose head waited longer than this is stuck. */
const mailboxOldestMaxMs = 60_000;

export const readyChecks = (status: HostStatus): Check[] => [
  { name: 'nats', ok: status.connected, detail: status.connected ? 'connected' : 'not connected' },
  {
    name: 'ownership',
    ok: status.owner,
    detail: status.owner
      ? 'the partitions are ours'
      : 'another host, or nobody, owns the partitions',
  },
  { name: 'loaded', ok: status.loaded, detail: status.loaded ? 'records loaded' : 'loading' },
  { name: 'draining', ok: !status.draining, detail: status.draining ? 'draining' : 'serving' },
];

export const progressCheck = (status: HostStatus): Check => ({
  name: 'progress',
  ok: status.mailboxOldestMs < mailboxOldestMaxMs,
  detail: `oldest message waits ${Math.round(status.mailboxOldestMs)} ms`,
});
