/** Requests to the host that serves this page. Every refusal is an `ApiFailure` whose text says what to do. */
import type { ApiProblem } from '../api.ts';

export class ApiFailure extends Error {
  /** Of the fault registry; `unreachable` when no answer came. */
  readonly code: string;
  /** HTTP status, 0 when no answer came. */
  readonly status: number;
  readonly problem: ApiProblem | undefined;

  constructor(status: number, code: string, message: string, problem?: ApiProblem) {
    super(message);
    this.status = status;
    this.code = code;
    this.problem = problem;
  }
}

/** Called when the host no longer knows this browser. */
let onSignedOut: () => void = () => undefined;
export function whenSignedOut(call: () => void): void {
  onSignedOut = call;
}

/** @throws ApiFailure */
export const read = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  request<T>(path, signal === undefined ? {} : { signal });

/** @throws ApiFailure */
export const post = <T>(path: string, body: unknown): Promise<T> =>
  request<T>(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Fairlead': '1' },
    body: JSON.stringify(body),
  });

async function request<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiFailure(
      0,
      'unreachable',
      'The host does not answer. Check that it runs; the page tries again by itself.',
    );
  }
  if (response.ok) return (await bodyOf(response)) as T;
  const problem = (await bodyOf(response)) as ApiProblem | undefined;
  if (response.status === 401 && path !== '/api/session') onSignedOut();
  throw new ApiFailure(
    response.status,
    problem?.code ?? `http.${response.status}`,
    problem?.message ?? adviceFor(response.status),
    problem,
  );
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function adviceFor(status: number): string {
  if (status === 401) return 'Not signed in. Sign in with the token the host printed at its start.';
  if (status === 403)
    return 'Your role does not allow this. Sign in with a token of a higher role.';
  if (status === 404)
    return 'The host does not know it. Check the spelling, or go back to the list.';
  if (status === 429) return 'Too many requests from this login. Wait a second and try again.';
  if (status >= 500) return 'The host failed to answer. Its log names the cause; try again.';
  return `The host refused with status ${status}.`;
}

/** `/api/actors/<kind>/<namespace>/<name>` for `kind/namespace/name`. */
export const actorPath = (actor: string): string =>
  `/api/actors/${actor.split('/').map(encodeURIComponent).join('/')}`;

/** Text for people of whatever was thrown. */
export const sayFailure = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
