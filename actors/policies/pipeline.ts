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

/** What all policies know of a call. */
export interface PipedCall {
  /** Set while the call is made: ends it for its caller, whatever it still does. */
  cut: ((reason: Error) => void) | undefined;
}

/**
 * One layer. Both steps are plain functions: a call that need not wait passes all layers without a promise of theirs.
 * `leave` follows every `enter` that let the call pass, also when an inner layer refuses it.
 */
export interface Policy<C extends PipedCall> {
  readonly name: PolicyName;
  /** Lets the call pass, makes it wait, or throws to refuse it. */
  readonly enter?: (call: C) => Promise<void> | undefined;
  /** Must not throw. */
  readonly leave?: (call: C, end: CallEnd) => void;
}

/** How a call ended; `thrown` counts only when it is not ok. */
export interface CallEnd {
  readonly isOk: boolean;
  readonly thrown?: unknown;
}

/** Runs a call, or does not. */
export type Run<C extends PipedCall> = <T>(call: C, made: (call: C) => Promise<T>) => Promise<T>;

export interface ComposeOptions {
  /** For experiments: accepts any order, and says so. */
  readonly unsafeOrder?: boolean;
  readonly warn?: (message: string) => void;
}

const answered: CallEnd = { isOk: true };

/** @throws Error at start, for an unknown name, a policy given twice, or an order that is not the one above */
export function compose<C extends PipedCall>(
  policies: readonly Policy<C>[],
  options: ComposeOptions = {},
): Run<C> {
  assertOrder(
    policies.map(({ name }) => name),
    options,
  );
  const layers = [...policies];

  const leave = (call: C, passed: number, end: CallEnd): void => {
    for (let at = passed - 1; at >= 0; at -= 1) layers[at]?.leave?.(call, end);
  };

  /** From the layer at `from` on. A refusal by `enter` is thrown after the outer layers were left. */
  const enter = (call: C, from: number): Promise<void> | undefined => {
    let at = from;
    try {
      for (; at < layers.length; at += 1) {
        const waiting = layers[at]?.enter?.(call);
        if (waiting !== undefined) return enterLater(call, at, waiting);
      }
      return undefined;
    } catch (thrown) {
      leave(call, at, { isOk: false, thrown });
      throw thrown;
    }
  };

  const enterLater = async (call: C, at: number, waiting: Promise<void>): Promise<void> => {
    try {
      await waiting;
    } catch (thrown) {
      leave(call, at, { isOk: false, thrown });
      throw thrown;
    }
    await enter(call, at + 1);
  };

  const perform = <T>(call: C, made: (call: C) => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const fail = (thrown: unknown): void => {
        // Too late: the call was cut, and its end was told then.
        if (call.cut === undefined) return;
        call.cut = undefined;
        leave(call, layers.length, { isOk: false, thrown });
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the call threw, as it is
        reject(thrown);
      };
      call.cut = fail;
      try {
        made(call).then((value) => {
          if (call.cut === undefined) return;
          call.cut = undefined;
          leave(call, layers.length, answered);
          resolve(value);
        }, fail);
      } catch (thrown) {
        fail(thrown);
      }
    });

  return <T>(call: C, made: (call: C) => Promise<T>): Promise<T> => {
    try {
      const waiting = enter(call, 0);
      return waiting === undefined ? perform(call, made) : waiting.then(() => perform(call, made));
    } catch (thrown) {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a refusal, as it was thrown
      return Promise.reject(thrown);
    }
  };
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
