/** The idempotency policy before an effect: outside its circuit, limits and time-out, and once per attempt of its operation. */
import { idempotency as limits } from '../../machines/limits.ts';
import type { PerformInput } from '../../machines/messages.ts';
import type { Call } from '../effect.ts';
import type { Idempotency, Intent } from '../policies/idempotency.ts';
import { effectRegistry, isFinal, isStored } from './registry.ts';

/** Keys of operations that are alive here: one key is computed once, whatever the number of attempts. */
const keys = new WeakMap<object, { readonly effect: string; readonly key: string }>();

/** Makes the call, or answers with the result that an earlier one of the same intent left behind. */
export function idempotently<T>(
  store: Idempotency | undefined,
  order: PerformInput,
  call: Call,
  make: () => Promise<T>,
): Promise<T> {
  if (store === undefined || !isStored(order.effect)) return make();
  return store.run(intentOf(store, order, call), make);
}

function intentOf(store: Idempotency, order: PerformInput, call: Call): Intent {
  const { effect, token } = order;
  const { attemptTimeoutMs, ttlMs } = effectRegistry[effect];
  const { actor, fence, isResumed } = call.intent;
  return {
    key: keyOf(store, order, call),
    operation: effect,
    fence,
    // A token names the intent for ever; without one an operation that begins anew means the call anew.
    mayFold: isResumed || token !== '',
    leaseMs: attemptTimeoutMs + limits.leaseSlackMs,
    ...(ttlMs !== undefined && { ttlMs }),
    signal: call.signal,
    fields: { actor, correlationId: call.correlationId },
    isFinal: (value) => isFinal(effect, value),
  };
}

function keyOf(store: Idempotency, order: PerformInput, { intent }: Call): string {
  const { effect, token, input, begunAtMs } = order;
  const known = keys.get(intent.operation);
  if (known?.effect === effect) return known.key;
  const key = store.keyOf({
    operation: effect,
    uid: intent.uid,
    incarnation: order.incarnation,
    params: token === '' ? { input, begunAtMs } : { input, token },
  });
  keys.set(intent.operation, { effect, key });
  return key;
}
