/** Signing in: the token of the address becomes a cookie, and leaves the address. */
import type { SessionInfo } from '../api.ts';
import { ApiFailure, post, read, sayFailure, whenSignedOut } from './api-client.ts';
import { session } from './store.ts';
import { signal } from '@preact/signals';

/** Why signing in did not work; empty otherwise. */
export const signInProblem = signal('');

export async function beginSession(): Promise<void> {
  whenSignedOut(() => (session.value = null));
  const token = takeTokenOfAddress();
  if (token !== '') {
    await signIn(token);
    return;
  }
  try {
    session.value = await read<SessionInfo>('/api/session');
  } catch (error) {
    session.value = null;
    if (!(error instanceof ApiFailure && error.status === 401))
      signInProblem.value = sayFailure(error);
  }
}

export async function signIn(token: string): Promise<void> {
  signInProblem.value = '';
  try {
    await post('/api/session', { token: token.trim() });
    session.value = await read<SessionInfo>('/api/session');
  } catch (error) {
    session.value = null;
    signInProblem.value =
      error instanceof ApiFailure && error.status === 401
        ? 'The token is not known here. Take the one from the link the host printed at its last start.'
        : sayFailure(error);
  }
}

/** A token in the address would stay in the history and in every copied link. */
function takeTokenOfAddress(): string {
  const token = new URLSearchParams(location.hash.slice(1)).get('t') ?? '';
  if (token !== '') history.replaceState(null, '', `${location.pathname}${location.search}`);
  return token;
}
