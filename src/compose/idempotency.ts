/** The idempotency policy of this process: results on NATS, keys by SHA-256. */
import { createHash } from 'node:crypto';
import { Idempotency } from '../../actors/policies/idempotency.ts';
import type { CallGuard, Telemetry } from '../../actors/ports.ts';
import { observedIdempotency } from '../../actors/policies/observed-ports.ts';
import { systemClock, systemRandom } from '../clock.ts';
import type { Connection } from '../nats/connection.ts';
import { createIdempotencyStore } from '../nats/idempotency.ts';

export interface IdempotencyParts {
  readonly guard: CallGuard;
  readonly telemetry: Telemetry;
  readonly hostId: string;
  /** Default: as `machines/limits.ts` says. */
  readonly ttlMs?: number;
}

/** Swept from now on; `stop` ends that. */
export async function openIdempotency(
  connection: Connection,
  { guard, ...parts }: IdempotencyParts,
): Promise<Idempotency> {
  const idempotency = new Idempotency({
    ...parts,
    store: observedIdempotency(guard, await createIdempotencyStore(connection)),
    clock: systemClock,
    processId: systemRandom.ulid(),
    digest: sha256,
  });
  idempotency.start();
  return idempotency;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
