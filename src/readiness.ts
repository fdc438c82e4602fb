/** Whether commands can be taken now: booted, adapters there, NATS connected, store writable, our partitions loaded, not draining. */
import type { HostStatus } from '../actors/host.ts';
import type { Check } from './http.ts';

export interface ReadyParts {
  readonly status: HostStatus;
  /** The boot sequence has ended; taken back when the host drains. */
  readonly isMarked: boolean;
  /** What was bound behind the ports, by name. */
  readonly adapters: readonly string[];
  /** False while the last write or read of the store failed. */
  readonly isStoreAnswering: boolean;
}

function ownershipOf({ partitions, share, isDrained }: HostStatus): string {
  if (isDrained) return `${partitions} partitions are ours; ordered to give them away`;
  if (partitions > 0) return `${partitions} partitions are ours, ${share} at most`;
  return 'other hosts run every partition';
}

function loadedOf(text: string, { unloaded }: HostStatus): string {
  const [first] = unloaded;
  if (first === undefined) return text;
  const names = unloaded.map(({ partition }) => partition).join(', ');
  return `${text}; not loaded and tried again: partition ${names} (${first.reason})`;
}

export function readyChecks(parts: ReadyParts): Check[] {
  const { status, isMarked, adapters, isStoreAnswering } = parts;
  const check = (name: string, ok: boolean, good: string, bad: string): Check => ({
    ...{ name, ok, detail: ok ? good : bad },
  });
  return [
    check('marked', isMarked, 'the boot sequence has ended', 'starting or stopping'),
    check('adapters', adapters.length > 0, adapters.join(', '), 'none is registered'),
    check('nats', status.connected, 'connected', 'not connected'),
    check('store', isStoreAnswering, 'the store answers', 'the store does not answer'),
    // A host that has nothing to run answers queries as well as any other: it is ready, and takes over without a restart.
    check(
      ...(['ownership', status.owner || status.loaded, ownershipOf(status)] as const),
      'no partition is ours, and it is not known yet whether one should be',
    ),
    check('loaded', status.loaded, loadedOf('records loaded', status), loadedOf('loading', status)),
    check('draining', !status.draining, 'serving', 'draining'),
  ];
}
