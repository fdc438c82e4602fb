/** What a refused command or failed query answers: one object that CLI and pages print. */

export interface Problem {
  /** Registered fault code, `area.camelCase`. */
  readonly code: string;
  readonly message: string;
  /** As in HTTP, 400…504. */
  readonly status: number;
  readonly reason?: string;
  readonly problems: readonly {
    readonly path: string;
    readonly code: string;
    readonly message: string;
    readonly got?: unknown;
    readonly allowed?: readonly unknown[];
  }[];
  /** `kind/namespace/name`. */
  readonly actor?: string;
  readonly state?: string;
  readonly allowedNext: readonly string[];
  readonly because: readonly string[];
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly correlationId?: string;
  /** What the caller should do; only problems that a host has made carry it. */
  readonly remedy?: string;
}

/** Rejection of a query, with the whole problem. */
export class ClientProblem extends Error {
  override readonly name = 'ClientProblem';
  readonly problem: Problem;
  constructor(problem: Problem, cause?: unknown) {
    super(`${problem.code}: ${problem.message}`, { cause });
    this.problem = problem;
  }
}

/** A problem found on this side of the wire. */
export const clientProblem = (
  status: number,
  code: string,
  message: string,
  more: Partial<Problem> = {},
): Problem => ({
  ...{ code, message, status, problems: [], allowedNext: [], because: [] },
  retryable: status === 429 || status === 503,
  ...more,
});

/** Reads the problem out of a failed answer, whoever sent it; missing fields get harmless values. */
export function parseProblem(body: string, status: number, text: string): Problem {
  const fallback = clientProblem(status, 'internal.assertion', text);
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return fallback;
    return { ...fallback, ...(parsed as Partial<Problem>) };
  } catch {
    return fallback;
  }
}
