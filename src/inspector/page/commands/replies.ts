/** What was answered to the commands of this page, newest first, as long as the page is open. */
import { signal } from '@preact/signals';
import { ApiFailure, sayFailure } from '../api-client.ts';
import type { CommandTarget } from './open.ts';
import type { Sent } from './sending.ts';

export interface Reply {
  readonly atMs: number;
  readonly target: CommandTarget;
  readonly isTaken: boolean;
  /** Outcome and state, or why it was refused. */
  readonly text: string;
  /** Of what it led to; empty when nobody answered. */
  readonly correlationId: string;
}

export const replies = signal<readonly Reply[]>([]);

const REPLIES_MAX = 50;

/** @param sent what the host answered; undefined after an error */
export function noteReply(target: CommandTarget, sent: Sent | undefined, error?: unknown): void {
  const reply: Reply = {
    ...{ atMs: Date.now(), target, isTaken: sent !== undefined },
    text: sent === undefined ? refusalText(error) : takenText(sent),
    correlationId: sent === undefined ? '' : (sent.correlationId ?? sent.commandId),
  };
  replies.value = [reply, ...replies.value].slice(0, REPLIES_MAX);
}

const takenText = (sent: Sent): string =>
  ['outcome', 'state', 'message']
    .map((name) => sent[name])
    .filter((value) => typeof value === 'string' && value !== '')
    .join(', ');

const refusalText = (error: unknown): string =>
  error instanceof ApiFailure ? `${error.code}: ${error.message}` : sayFailure(error);
