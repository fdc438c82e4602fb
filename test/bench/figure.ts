/** One measured number beside what it is compared with, and its line on stdout. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The rival measured in the same run, or a limit or budget of the design. */
  readonly against: { readonly name: string; readonly value: number };
  /** Default: the quotient of the two values. Given where the median of many quotients says more. */
  readonly ratio?: number;
  /** How much faster than real time the simulated cloud ran. */
  readonly scale?: number;
}

/** `ratio` is our value divided by the other one, which stands in `againstValue`; `at` tells runs kept in one file apart. */
export function lineOf({ name, value, unit, against, scale, ratio }: Figure, at: Date): string {
  return JSON.stringify({
    ...{ name, value: rounded(value), unit },
    ...{ against: against.name, ratio: rounded(ratio ?? value / against.value) },
    againstValue: rounded(against.value),
    ...(scale !== undefined && { scale }),
    at: at.toISOString(),
  });
}

/** Four significant digits, whole numbers above that: more would pretend a precision nobody measured. */
const rounded = (value: number): number =>
  Math.abs(value) >= 1_000 ? Math.round(value) : Number(value.toPrecision(4));
