/** Composes policies around a call, outermost first, in the one order that makes sense; anything else is refused. */

/** The whole order. Deadline, idempotency and retry are states of the operation; the rest stands before each call. */
export const policyOrder = [
  'deadline',
  'idempotency',
  'retry',
  'circuit',
  'rateLimit',
  'bulkhead',
  'attemptTimeout',
] as const;
export type PolicyName = (typeof policyOrder)[number];

/** Runs a call, or does not. `C` tells the policies what they must know of the call. */
export type Run<C> = <T>(call: C, next: (call: C) => Promise<T>) => Promise<T>;

export interface Policy<C> {
  readonly name: PolicyName;
  readonly run: Run<C>;
}

export interface ComposeOptions {
  /** For experiments: accepts any order, and says so. */
  readonly unsafeOrder?: boolean;
  readonly warn?: (message: string) => void;
}

/** @throws Error at start, for an unknown name, a policy given twice, or an order that is not the one above */
export function compose<C>(policies: readonly Policy<C>[], options: ComposeOptions = {}): Run<C> {
  assertOrder(
    policies.map(({ name }) => name),
    options,
  );
  return <T>(call: C, made: (call: C) => Promise<T>): Promise<T> =>
    policies.reduceRight<(call: C) => Promise<T>>(
      (next, { run }) =>
        (each) =>
          run(each, next),
      made,
    )(call);
}

function assertOrder(names: readonly string[], { unsafeOrder, warn }: ComposeOptions): void {
  const order: readonly string[] = policyOrder;
  const unknown = names.find((name) => !order.includes(name));
  if (unknown !== undefined)
    throw new Error(`no policy is called ${unknown}; write one of ${order.join(', ')}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`policy ${twice} is given twice`);
  const wanted = names.toSorted((left, right) => order.indexOf(left) - order.indexOf(right));
  if (wanted.join() === names.join()) return;
  const text = `policies are ordered ${names.join(' > ')}, but must be ${wanted.join(' > ')}`;
  if (unsafeOrder !== true) throw new Error(text);
  warn?.(`${text}; unsafeOrder is set`);
}
