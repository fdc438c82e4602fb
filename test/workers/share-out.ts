/** Gives one piece of work after the other to processes of their own, one for each core; one that hangs or dies costs its piece only. */
import type { ChildProcess } from 'node:child_process';

export interface Share<Wanted, Told> {
  readonly workers: number;
  /** Starts a process that answers each message with one. */
  readonly begin: () => ChildProcess;
  /** The next piece; undefined: no more. */
  readonly next: () => Wanted | undefined;
  /** After this a process is killed and its piece is lost. */
  readonly pieceMaxMs: number;
  readonly lost: (wanted: Wanted, problem: string) => Told;
  readonly told: (told: Told) => void | Promise<void>;
}

/** Ends when `next` has no more and every answer was told. */
export async function shareOut<Wanted extends object, Told>(
  share: Share<Wanted, Told>,
): Promise<void> {
  const serve = async (): Promise<void> => {
    let child: ChildProcess | undefined;
    try {
      for (let wanted = share.next(); wanted !== undefined; wanted = share.next()) {
        child = child?.connected === true ? child : share.begin();
        await share.told(await asked(share, child, wanted));
      }
    } finally {
      child?.kill();
    }
  };
  await Promise.all(Array.from({ length: share.workers }, serve));
}

function asked<Wanted extends object, Told>(
  { pieceMaxMs, lost }: Share<Wanted, Told>,
  child: ChildProcess,
  wanted: Wanted,
): Promise<Told> {
  return new Promise((resolve) => {
    const end = (told: Told): void => {
      clearTimeout(timer);
      child.removeAllListeners();
      resolve(told);
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      if (child.connected) child.disconnect();
      end(lost(wanted, `no end within ${pieceMaxMs / 60_000} minutes`));
    }, pieceMaxMs);
    child.once('message', (message) => {
      end(message as Told);
    });
    child.once('exit', (code, signal) => {
      end(lost(wanted, `the process ended: ${signal ?? String(code)}`));
    });
    child.send(wanted);
  });
}
