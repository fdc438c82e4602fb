/** Published events that operators look for in logs and metrics under texts of their own. */
import type { OutboxEntry } from './outbox.ts';
import type { Telemetry } from './ports.ts';

/** @param actor `kind/namespace/name` */
export function tellEvent(telemetry: Telemetry, actor: string, entry: OutboxEntry): void {
  if (entry.event === 'operationRetried') tellRetry(telemetry, actor, entry);
  if (entry.event === 'operationExhausted') {
    const { policy, fault } = textsOf(entry);
    telemetry.count('fairlead_retry_exhausted_total', { policy, type: fault });
  }
}

function tellRetry(telemetry: Telemetry, actor: string, entry: OutboxEntry): void {
  const { effect, policy, fault: type, code } = textsOf(entry);
  const { attempt, maxAttempts, delayMs, rejectedBy } = entry.data;
  const seconds = Number(delayMs) / 1_000;
  telemetry.observe('fairlead_retry_delay_seconds', seconds, { policy });
  const fields = { tag: 'RETRY', actor, correlationId: entry.correlationId, effect, policy };
  const text = `[RETRY] Operation failed, retrying in ${Number(seconds.toFixed(1))}s (attempt ${String(attempt)}/${String(maxAttempts)})`;
  const told = { ...fields, attempt, maxAttempts, delayMs, type, code, rejectedBy };
  telemetry.log('warn', told, text);
}

/** Policies and fault types come from the host's own short lists, never from a user. */
function textsOf({ data }: OutboxEntry) {
  const text = (name: string): string => {
    const value = data[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    effect: text('effect'),
    policy: text('policy'),
    fault: text('fault'),
    code: text('code'),
  };
}
