/** Keeps this host's guard in step with the fleet's orders and other hosts' trips. */
import { fleetKey } from '../../machines/ids.ts';
import { hosting } from '../../machines/limits.ts';
import { messageOf } from '../../actors/faults.ts';
import type { GuardHost } from '../../actors/guard-host.ts';
import { pause } from '../../actors/heap-clock.ts';
import { systemClock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Connection } from '../nats/connection.ts';
import { openEvents } from '../nats/event-feed.ts';

/**
 * Orders of the fleet and other hosts' trips, as they are published. Standing orders are read again behind the start of
 * the feed, so that none falls between the two; an order applied twice changes nothing.
 */
export async function hearGuards(
  connection: Connection,
  guardHost: GuardHost,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const filter = { namespace: fleetKey.namespace, kind: fleetKey.kind };
      const feed = openEvents(connection, filter, 'new', signal);
      await feed.ready;
      await guardHost.applyStanding();
      for await (const event of feed) guardHost.heard(event);
    } catch (error) {
      log('warn', { reason: messageOf(error) }, 'orders to the guards are not heard; trying again');
      await pause(systemClock, hosting.busyRetryAfterMs);
    }
  }
}
