/** Exit codes of the CLI: what a script can rely on. */

export const exits = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  denied: 4,
  conflict: 5,
  unavailable: 6,
  timeout: 124,
  interrupted: 130,
} as const;
export type Exit = (typeof exits)[keyof typeof exits];

export const exitMeanings: Readonly<Record<Exit, string>> = {
  0: 'done; also when nothing had to change or the command was a repeat',
  1: 'the operation failed, or the goal can no longer be reached',
  2: 'wrong usage or invalid input; nothing was sent',
  3: 'no such resource, kind or verb',
  4: 'not authorised, or protected',
  5: 'conflict: other revision, already deleted, or not allowed in this state',
  6: 'unavailable: nothing answers, busy, or starting',
  124: 'time ran out while waiting; the work itself goes on',
  130: 'Ctrl-C: detached; the work itself goes on',
};

/** Exit code for the status of a problem object (`messaging` table: 400…504). */
export function exitOfStatus(status: number): Exit {
  switch (status) {
    case 400:
    case 413:
      return exits.usage;
    case 401:
    case 403:
      return exits.denied;
    case 404:
      return exits.notFound;
    case 409:
    case 410:
    case 422:
      return exits.conflict;
    case 429:
    case 503:
      return exits.unavailable;
    case 504:
      return exits.timeout;
    default:
      return exits.failed;
  }
}
