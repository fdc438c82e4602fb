/** A query nobody can answer: where it goes wrong, what was expected there and what to do. */
import type { ApiProblem } from '../api.ts';

export interface QueryFault {
  /** 1 is the first character. */
  readonly column: number;
  readonly got: string;
  readonly expected: string;
  readonly doThis: string;
  /** The key that was probably meant. */
  readonly didYouMean?: string;
}

export class QueryProblem extends Error {
  readonly fault: QueryFault;

  constructor(fault: QueryFault) {
    const { column, got, expected, doThis } = fault;
    super(`column ${column}: got ${got}, expected ${expected}; ${doThis}`);
    this.fault = fault;
  }

  get problem(): ApiProblem {
    return { code: 'inspector.badQuery', message: `query, ${this.message}`, ...this.fault };
  }
}
