/** All that ask within a moment share one look, where a look is dear. */

/** @param freshMs a look serves all that ask within this time of its beginning; one that failed serves nobody later */
export function sharedLook<Seen>(
  nowMs: () => number,
  freshMs: number,
  look: () => Promise<Seen>,
): () => Promise<Seen> {
  let last: Promise<Seen> | undefined;
  let startedAtMs = -Infinity;
  return () => {
    if (last !== undefined && nowMs() - startedAtMs < freshMs) return last;
    startedAtMs = nowMs();
    const looking = look();
    looking.catch(() => {
      if (last === looking) last = undefined;
    });
    last = looking;
    return looking;
  };
}
