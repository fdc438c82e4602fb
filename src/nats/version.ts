/** The oldest nats-server Fairlead works with, and why. */

/** Below this, committed revisions get lost after a crash and compare-and-set has several winners. */
export const serverVersionFloor = '2.10.23';

/** Raised at every connect and reconnect to a server that is too old; nobody tries again. */
export class ServerTooOld extends Error {
  override readonly name = 'ServerTooOld';
  constructor(version: string) {
    super(
      `nats-server ${version} is older than ${serverVersionFloor}: it loses committed revisions after a crash and lets ` +
        'two writers win. Upgrade it, or run npm start, which fetches one. Override (data loss possible): ' +
        'nats.acceptUnsafeVersion: true in the host config',
    );
  }
}

/** True when `version` (as in `2.10.27` or `2.15.1-beta.2`) reaches the floor; an unreadable one does not. */
export function isVersionSafe(version: string): boolean {
  const [have, floor] = [version, serverVersionFloor].map((text) =>
    (/^v?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number),
  );
  if (have?.length !== 3 || floor === undefined) return false;
  for (const [at, least] of floor.entries()) {
    const part = have[at] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
