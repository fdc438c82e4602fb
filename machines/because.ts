/** Reasons for and against an order, one by one, as people read them. */

/** One reason for or against a command. */
export interface Because {
  /** Host rule, admission rule or guard by name. */
  readonly guard: string;
  readonly is: 'yes' | 'no' | 'unknown';
  readonly text: string;
}

/** A condition of an order, judged. */
export interface Check {
  readonly name: string;
  /** Why it stands against the order; empty where it holds. */
  readonly no: string;
  /** What is said where it holds; empty where that says nothing. */
  readonly yes: string;
}

export const check = (name: string, no: string | false, yes: string): Check => ({
  ...{ name, yes },
  no: no === false ? '' : no,
});

/** Only what stands against it. */
export const against = (checks: readonly Check[]): readonly string[] =>
  checks.flatMap(({ no }) => (no === '' ? [] : [no]));

/** Both sorts, what stands against it first. */
export const judged = (checks: readonly Check[]): readonly Because[] => [
  ...checks.flatMap(({ name, no }): Because[] =>
    no === '' ? [] : [{ guard: name, is: 'no', text: no }],
  ),
  ...checks.flatMap(({ name, no, yes }): Because[] =>
    no !== '' || yes === '' ? [] : [{ guard: name, is: 'yes', text: yes }],
  ),
];

/** What a guard on the edge of a command says of itself; undefined where the edge is of another order. */
export interface Sentence {
  readonly yes: string;
  readonly no: string;
}

/** By guard name; asked with the context, the command's event and the guard's parameters. */
export type Sentences = Readonly<
  Record<string, (context: unknown, event: unknown, params: unknown) => Sentence | undefined>
>;
