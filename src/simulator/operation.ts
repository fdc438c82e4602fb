/** One operation of a service: its shape from the SDK's own model, and what the simulated cloud does. */
import type { RunInstances$ } from '@aws-sdk/client-ec2';
import type { Call } from './world.ts';

/** An operation of either service as the SDK's model has it: name third, then input and output last. */
export type OperationSchema = typeof RunInstances$;

export interface Operation {
  readonly name: string;
  readonly schema: OperationSchema;
  /** Synchronous on purpose: a call is one step, so nothing can happen between its checks and its changes. */
  handle(input: unknown, call: Call): unknown;
}

/** Ties a handler to its schema. The codec builds the input from the schema, which is what the handler's type describes. */
export function operation(
  schema: OperationSchema,
  handle: (input: never, call: Call) => object,
): Operation {
  return { name: schema[2], schema, handle: (input, call) => handle(input as never, call) };
}

export function byName(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  return new Map(operations.map((entry) => [entry.name, entry]));
}
