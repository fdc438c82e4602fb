/** A call that one of our own policies refused: it was not made. Thrown often while a circuit is open, so without a stack. */
import type { EffectFault, Rejection } from '../../machines/messages.ts';

export class CallRejected extends Error {
  override readonly name = 'CallRejected';
  readonly fault: EffectFault;

  constructor(fault: EffectFault) {
    super(fault.message);
    this.fault = fault;
  }
}

const types = {
  circuit: ['CircuitOpen', 'circuit.open'],
  rateLimit: ['RateLimit', 'limit.rate'],
  bulkhead: ['Unavailable', 'limit.bulkhead'],
  budget: ['Unavailable', 'limit.retryBudget'],
} as const;

/** @param retryAfterMs a floor for the next try */
export function rejected(
  by: Rejection,
  key: string,
  message: string,
  retryAfterMs: number,
): CallRejected {
  const [type, code] = types[by];
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new CallRejected({
      ...{ type, code, message, key, rejectedBy: by },
      retryAfterMs: Math.ceil(retryAfterMs),
    });
  } finally {
    Error.stackTraceLimit = limit;
  }
}
