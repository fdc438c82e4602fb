/** The lines that tell of circuits; their texts are what people and runbooks look for. */
import type { BreakerContext, BreakerState } from '../../machines/breaker.ts';
import type { LogFields, LogLevel } from '../ports.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly fields: LogFields;
  readonly text: string;
}

const shown: Readonly<Record<BreakerState, string>> = {
  closed: 'Closed',
  halfOpen: 'HalfOpen',
  open: 'Open',
  isolated: 'Isolated',
  metricsOnly: 'MetricsOnly',
};

/** `main/eu-central-1/ec2:mutate` is shown as `EC2`. */
const serviceOf = (key: string): string =>
  ((key.split('/').at(-1) ?? key).split(':')[0] ?? key).toUpperCase();

export function changeLine(
  key: string,
  from: BreakerState,
  to: BreakerState,
  context: BreakerContext,
): LogLine {
  const fields = { tag: 'CIRCUIT', breaker: key, from, to, epoch: context.epoch };
  if (to === 'open') return openLine(key, fields, context);
  const service = serviceOf(key);
  if (to === 'isolated') {
    const reason = context.isolation?.reason ?? '';
    const text = `[CIRCUIT] ${service} circuit breaker isolated: ${reason}`;
    return {
      level: 'warn',
      fields: { ...fields, title: 'Circuit breaker isolated', reason },
      text,
    };
  }
  const title = `Circuit breaker ${shown[to]}`;
  const text = `[CIRCUIT] ${service} circuit breaker ${from} -> ${to}`;
  return { level: 'info', fields: { ...fields, title }, text };
}

function openLine(key: string, fields: LogFields, context: BreakerContext): LogLine {
  const { lastTrip, openUntilMs, openedAtMs } = context;
  const { consecutive = 0, calls = 0, failed = 0, slow = 0 } = lastTrip ?? {};
  const isConsecutive = consecutive >= context.policy.failuresMax;
  const cause = isConsecutive
    ? `${consecutive} consecutive failures`
    : fields['from'] === 'halfOpen'
      ? 'a failed probe'
      : `${failed} failed and ${slow} slow of ${calls} calls`;
  return {
    level: 'warn',
    fields: {
      ...fields,
      title: 'Circuit breaker opened',
      ...{ consecutive, calls, failed, slow, openMs: openUntilMs - openedAtMs },
      ...{ code: lastTrip?.code, requestId: lastTrip?.requestId },
    },
    text: `[CIRCUIT] ${serviceOf(key)} circuit breaker opened due to ${cause}`,
  };
}

export function healthLine(states: readonly (readonly [string, BreakerState])[]): LogLine {
  const breakers = Object.fromEntries(states);
  const worst = new Map<string, BreakerState>();
  for (const [key, state] of states) {
    const service = serviceOf(key);
    if (!worst.has(service) || (state !== 'closed' && state !== 'metricsOnly'))
      worst.set(service, state);
  }
  const list = [...worst].map(([service, state]) => `${service}: ${shown[state]}`).join(', ');
  const isHealthy = [...worst.values()].every((state) => /^(closed|metricsOnly)$/.test(state));
  const text = isHealthy
    ? `[CIRCUIT] All services healthy (${list}) ✓`
    : `[CIRCUIT] Services (${list})`;
  return { level: 'info', fields: { tag: 'CIRCUIT', breakers }, text };
}
