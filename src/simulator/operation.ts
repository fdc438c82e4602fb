/** One operation of a service: its shape from the SDK's own model, and what the simulated cloud does. */
import type { StaticOperationSchema } from '@smithy/types';
import type { Call } from './world.ts';

export interface Operation {
  readonly name: string;
  readonly schema: StaticOperationSchema;
  /** Synchronous on purpose: a call is one step, so nothing can happen between its checks and its changes. */
  handle(input: unknown, call: Call): unknown;
}

/** Ties a typed handler to its schema. The codec builds the input from the schema, which is what the type describes. */
export function operation<Input, Output extends object>(
  schema: StaticOperationSchema,
  handle: (input: Input, call: Call) => Output,
): Operation {
  return { name: schema[2], schema, handle: (input, call) => handle(input as Input, call) };
}

export function byName(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  return new Map(operations.map((entry) => [entry.name, entry]));
}
