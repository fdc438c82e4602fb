/** What every part of the page reads: who is signed in, how fresh the data is, whether commands may be sent. */
import { computed, signal } from '@preact/signals';
import type { Counts, SessionInfo } from '../api.ts';

/** `undefined` until the host was asked, null when nobody is signed in. */
export const session = signal<SessionInfo | null | undefined>(undefined);

/** Totals of the fleet and the state of its feed, once a second; null until the first arrives. */
export const counts = signal<Counts | null>(null);

/** The page's own stream from the host. */
export const link = signal<'connecting' | 'open' | 'lost'>('connecting');

/** When the stream was lost, wall time of this browser; 0 while it is open. */
export const linkLostMs = signal(0);

/** The stream of this browser follows one tab, the one looked at last; the others read every few seconds. */
export const isOwner = signal(true);

/** The reader holds the page still: rows and steps wait. */
export const isPaused = signal(false);

/** Raised by one when the reader lets go again: what was left out is read anew. */
export const resumes = signal(0);

/** Wall time, once a second, so that ages move. */
export const nowMs = signal(Date.now());

export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) nowMs.value = Date.now();
  }, 1000);
}

export function togglePause(): void {
  isPaused.value = !isPaused.value;
  if (!isPaused.value) resumes.value += 1;
}

export type Liveness = 'live' | 'paused' | 'reconnecting' | 'offline';

export const liveness = computed<Liveness>(() => {
  if (link.value === 'lost') return 'reconnecting';
  if (counts.value?.feed.status === 'offline') return 'offline';
  if (isPaused.value) return 'paused';
  if (link.value === 'connecting' || counts.value?.feed.status === 'reconnecting')
    return 'reconnecting';
  return 'live';
});

/** Why nothing can be sent to anybody now; empty when it can. */
export const readOnlyBecause = computed(() => {
  const who = session.value;
  if (who === null || who === undefined) return 'Nobody is signed in.';
  if (link.value === 'lost') return 'The host does not answer; what is shown may be old.';
  if (counts.value?.feed.status === 'offline') return 'NATS is unreachable: read-only.';
  if (who.readOnlyBecause !== '') return who.readOnlyBecause;
  if (who.role === 'viewer') return 'Your role is viewer. Sign in as operator to send commands.';
  return '';
});
