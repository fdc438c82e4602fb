/** Bugs in the rings themselves: a place in a file as it is built, and what stands there instead. Found exactly once, or it is an error. */

export interface Rewrite {
  /** End of the file's path. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const rewrites: Readonly<Record<string, Rewrite>> = {
  effectBeforeCommit: {
    file: 'actors/effect.js',
    from: '(await host.committed()) && host.mayAct()',
    to: 'host.mayAct()',
  },
  lostTimer: {
    file: 'actors/hosted-actor.js',
    from: 'this.#tree.rearm(timers, nowMs);',
    to: '',
  },
  tokenNotInRecord: {
    file: 'machines/whole-call.js',
    from: '...{ effect, token, correlationId, attempt, preset },',
    to: "...{ effect, token: token === '' ? '' : `${token}.${operation.starts}`, correlationId, attempt, preset },",
  },
  quietWindowSkipped: {
    file: 'machines/replication-delays.js',
    from: 'promoteWindow: ({ context }) => safety.windowMs(context),',
    to: 'promoteWindow: () => 0,',
  },
  deleteBeforeResolving: {
    file: 'machines/node-ending.js',
    from: "{ guard: 'hasIntent', target: 'resolving' },",
    to: '',
  },
  dedupeDropped: {
    file: 'actors/hosted-actor.js',
    from: 'new Seen(seen, origin.revision)',
    to: 'new Seen([], origin.revision)',
  },
};

/** @throws Error when the place is not there, or there more than once */
export function rewritten(source: string, { file, from, to }: Rewrite): string {
  const parts = source.split(from);
  if (parts.length !== 2)
    throw new Error(
      `${file} has ${parts.length - 1} places that read ${from}: write the mutant anew`,
    );
  return parts.join(to);
}
