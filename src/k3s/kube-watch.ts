/** Follows the objects of a kind: lists them, listens from there on, and begins anew whenever it may have missed something. */
import type { KubeListing, KubeNews, KubeObject } from '../../actors/kube-port.ts';
import type { Clock, Random } from '../../actors/ports.ts';
import { kube } from '../../machines/limits.ts';
import type { AccessSource } from './kube-access.ts';
import { faultOfRefusal, faultOfThrown, KubeFault } from './kube-faults.ts';
import { follow } from './kube-http.ts';
import { readNews, readObject, readStatus } from './kube-object.ts';
import { watchPath } from './kube-paths.ts';

interface Watching {
  readonly what: KubeListing;
  readonly tell: (news: KubeNews) => void;
  readonly access: AccessSource;
  readonly clock: Clock;
  readonly random: Pick<Random, 'roll'>;
  readonly signal: AbortSignal;
  /** Everything there is now, and the version it is of. */
  list(): Promise<{ readonly objects: readonly KubeObject[]; readonly resourceVersion: string }>;
}

/** Faults that no waiting mends. */
const hopeless: ReadonlySet<string> = new Set(['NotSupported', 'InvalidSpec']);

/** @throws KubeFault when the very first listing is refused for good */
export async function watchKind(watching: Watching): Promise<void> {
  const { signal, tell } = watching;
  let failures = 0;
  let isSynced = false;
  while (!signal.aborted) {
    try {
      const { objects, resourceVersion } = await watching.list();
      tell({ type: 'synced', objects });
      isSynced = true;
      failures = 0;
      await listen(watching, resourceVersion);
    } catch (thrown) {
      if (isEnded(signal)) return;
      const { fault } = faultOfThrown(thrown);
      if (!isSynced && hopeless.has(fault.type)) throw thrown;
      failures += 1;
      tell({ type: 'lost', message: fault.message });
      await pause(watching, failures);
    }
  }
}

/** Asked anew after an await: the compiler takes the first answer for the last. */
const isEnded = (signal: AbortSignal): boolean => signal.aborted;

/** One watch after the other from where the last one ended; returns when it is time to list again. */
async function listen(watching: Watching, from: string): Promise<void> {
  const { clock, signal } = watching;
  const untilMs = clock.monotonicMs() + kube.watchResyncMs;
  let at = from;
  while (!signal.aborted && clock.monotonicMs() < untilMs) {
    const before = at;
    const openedMs = clock.monotonicMs();
    try {
      await listenOnce(watching, at, (version) => {
        at = version;
      });
    } catch (thrown) {
      // Too old to go on from: what happened meanwhile is only seen by listing.
      if (thrown instanceof KubeFault && thrown.fault.code === 'kube.expired') return;
      throw thrown;
    }
    // A server that ends every watch at once must not be asked in a circle.
    if (at === before && clock.monotonicMs() - openedMs < kube.watchAgainBaseMs)
      await pause(watching, 1);
  }
}

async function listenOnce(
  { what, tell, access, clock, signal }: Watching,
  from: string,
  reached: (resourceVersion: string) => void,
): Promise<void> {
  const silence = new AbortController();
  const breakOff = () => {
    silence.abort(new DOMException('the watch fell silent', 'TimeoutError'));
  };
  let cancel = clock.after(kube.watchSilenceMs, breakOff);
  try {
    const opened = await access.open();
    const within = AbortSignal.any([signal, silence.signal]);
    await follow(opened, watchPath(what, from, kube.watchSeconds), within, (value) => {
      cancel();
      cancel = clock.after(kube.watchSilenceMs, breakOff);
      const { type, object } = readNews(value);
      if (type === 'ERROR') throw refusal(object);
      const version = versionOf(object);
      if (type !== 'BOOKMARK')
        tell({
          type: type === 'DELETED' ? 'removed' : 'changed',
          object: readObject(what.kind, object),
        });
      if (version !== '') reached(version);
    });
  } catch (thrown) {
    if (thrown instanceof KubeFault && thrown.fault.type === 'Unauthorized') access.refused();
    throw thrown;
  } finally {
    cancel();
  }
}

function refusal(value: unknown): KubeFault {
  const said = readStatus(value);
  return faultOfRefusal({
    status: said?.code ?? 0,
    reason: said?.reason,
    message: said?.message,
    objectName: said?.details?.name,
  });
}

function versionOf(object: unknown): string {
  const { metadata } = (object ?? {}) as { metadata?: { resourceVersion?: unknown } };
  return typeof metadata?.resourceVersion === 'string' ? metadata.resourceVersion : '';
}

/** Base, twice, four times the base up to the most, give or take half; ends early with the signal. */
async function pause({ clock, random, signal }: Watching, failures: number): Promise<void> {
  const fullMs = Math.min(
    kube.watchAgainBaseMs * 2 ** Math.min(failures - 1, 16),
    kube.watchAgainMaxMs,
  );
  await new Promise<void>((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(fullMs * (0.5 + random.roll()), end);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}
