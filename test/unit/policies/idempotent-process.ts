/** One process with an idempotency policy, on fakes; several may share a store and a clock. */
import { createHash } from 'node:crypto';
import { Idempotency } from '../../../actors/policies/idempotency.ts';
import type { IdempotencyOptions, Intent } from '../../../actors/policies/idempotency.ts';
import type { IdempotencyStore } from '../../../actors/ports.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { FakeTelemetry } from '../actors/world.ts';

export const leaseMs = 50_000;

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

export const intent = (more: Partial<Intent> = {}): Intent => ({
  key: 'k'.repeat(64),
  operation: 'node.launch',
  fence: 1,
  mayFold: true,
  leaseMs,
  signal: new AbortController().signal,
  fields: { actor: 'cluster/shop/a', correlationId: 'c1' },
  isFinal: () => true,
  ...more,
});

/** One process; others may share its store and its clock. */
export function oneProcess(
  hostId = 'h1',
  {
    store = new FakeStore(),
    clock = new ManualClock(),
  }: { readonly store?: IdempotencyStore; readonly clock?: ManualClock } = {},
  more: Partial<IdempotencyOptions> = {},
) {
  const telemetry = new FakeTelemetry();
  const processId = `${hostId}-${Math.random()}`;
  const options = { store, clock, telemetry, hostId, processId, digest, ...more };
  const policy = new Idempotency(options);
  const count = (result: string) =>
    telemetry.counts.get(`fairlead_idempotency_lookups_total ${result}`) ?? 0;
  const duplicates = (result: string) =>
    telemetry.counts.get(`fairlead_idempotency_duplicates_total ${result}`) ?? 0;
  return { store, clock, telemetry, policy, count, duplicates };
}

/** A call that counts how often it is made. */
export function counted<T>(value: T | (() => Promise<T>)) {
  const call = {
    made: 0,
    make: (): Promise<T> => {
      call.made += 1;
      return typeof value === 'function' ? (value as () => Promise<T>)() : Promise.resolve(value);
    },
  };
  return call;
}

export const never = () => new Promise<never>(() => undefined);
