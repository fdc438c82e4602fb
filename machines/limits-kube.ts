/** Bounds of calls to the API servers of clusters. */

import { safetyTimes } from './replication-limits.ts';

/** Times in milliseconds, never scaled unless said so; sizes in bytes or characters. */
export const kube = {
  /** One read or one change over a connection of our own. */
  attemptMs: safetyTimes.attemptTimeoutMs,
  socketsMax: 8,
  answerBytesMax: 8 * 1024 * 1024,
  /** One object, or one line of a watch. */
  objectBytesMax: 1024 * 1024,
  listPage: 200,
  listObjectsMax: 5_000,
  /** Credentials are read from their files again after so long, and after a refusal. */
  accessReadMs: 60_000,
  clustersMax: 1_000,

  /** A watch is asked to end after so long, and begins anew from where it was. */
  watchSeconds: 300,
  /** Nothing heard for so long, not even a bookmark: the connection is dead. */
  watchSilenceMs: 120_000,
  /** Everything is listed afresh this often, whatever the watch told. */
  watchResyncMs: 600_000,
  watchAgainBaseMs: 500,
  watchAgainMaxMs: 30_000,

  /** Over SSM: an object with its wrapping, far below the 64 KB of a command and the 24,000 characters of an answer. */
  remoteInputChars: 32_768,
  remoteAnswerChars: 22_000,
  /** Objects of a first page; halved until a page fits. */
  remoteListPage: 16,
  remoteListObjectsMax: 500,
  /** How long kubectl itself may take for one request, in seconds. */
  remoteRequestSeconds: safetyTimes.attemptTimeoutMs / 1_000,
  /** From sending a command until its answer is seen. */
  remoteAttemptMs: 60_000,
  /** Servers asked for one thing before the cluster counts as unreachable. */
  remoteServersMax: 3,
} as const;
