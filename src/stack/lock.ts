/** One stack per data folder: two servers on one store would both accept writes and drift apart silently. */
import { join } from 'node:path';
import { tryLock } from '../setup/process-lock.mjs';
import { StackError } from './stack-error.ts';

/**
 * Takes the folder for this process; freed by the returned function, or by the process's end.
 * @throws StackError `stack.running` naming the pid that has it
 */
export function lockDataDir(dataDir: string): () => void {
  const attempt = tryLock(join(dataDir, 'stack.lock'));
  if (attempt.held) return attempt.release;
  throw new StackError(
    'stack.running',
    `a stack already runs on ${dataDir} (pid ${attempt.holder.pid}). Use it, or stop it with Ctrl-C or: kill ${attempt.holder.pid}`,
  );
}
