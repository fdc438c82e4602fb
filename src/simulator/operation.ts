/** One operation of a service: its shape from the SDK's own model, and what the simulated cloud does. */
import type { StaticOperationSchema } from '@smithy/types';
import type { Call } from './world.ts';

export interface Operation {
  readonly name: string;
  readonly schema: StaticOperationSchema;
  /** Synchronous on purpose: a call is one step, so nothing can happen between its checks and its changes. */
  handle(input: unknown, call: Call): unknown;
}

/** Ties a handler to its schema. The codec builds the input from the schema, which is what the handler's type describes. */
export function operation(
  schema: StaticOperationSchema,
  handle: (input: never, call: Call) => object,
): Operation {
  return { name: schema[2], schema, handle: (input, call) => handle(input as never, call) };
}

export function byName(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  return new Map(operations.map((entry) => [entry.name, entry]));
}
