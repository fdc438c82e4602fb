/** One supervised child process: log on disk, readiness, restart with back-off, stop in order, leftovers of a killed stack. */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isAlive } from '../setup/process-lock.mjs';
import type { ProcessIdentity } from '../setup/process-lock.mjs';
import { endGently, firstLineOf, readNote, sendSignal, untilExit, untilGone } from './processes.ts';
import { bound, closeLog, lastLines, note, openLog } from './log-file.ts';
import { StackError } from './stack-error.ts';

const BACK_OFF_FIRST_MS = 250;
const BACK_OFF_MAX_MS = 5_000;
const EXITS_MAX = 3;
const EXITS_WINDOW_MS = 10_000;
const LOG_CHECK_MS = 30_000;

/** Where a child lives on disk and how its supervisor speaks. */
export interface ChildFiles {
  readonly logFile: string;
  /** Where the running process is noted, so that a later stack finds what a killed one left. */
  readonly noteFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (text: string) => void;
}

export interface ChildPlan<Ready> extends ChildFiles {
  readonly name: string;
  /** Asked at each start: arguments may hold a port that is kept. */
  readonly command: () => Promise<{ readonly file: string; readonly arguments: readonly string[] }>;
  readonly readyDeadlineMs: number;
  /** SIGTERM, then after this long SIGKILL. */
  readonly stopGraceMs: number;
  /** Resolves once it serves; raced against its end and the deadline. */
  readonly ready: (child: StartedChild) => Promise<Ready>;
  /** A living process of an earlier stack: what it offers if it can be kept, undefined to have it ended. */
  readonly adopt?: (leftover: ProcessIdentity) => Promise<Ready | undefined>;
}

interface StartedChild {
  readonly pid: number;
  readonly firstLine: Promise<string>;
  /** Fires when nobody waits for readiness any more. */
  readonly signal: AbortSignal;
}

interface Run<Ready> {
  readonly identity: ProcessIdentity;
  readonly ended: Promise<string>;
  readonly ready: Ready;
}

export class SupervisedChild<Ready> {
  readonly #plan: ChildPlan<Ready>;
  #run: Run<Ready> | undefined;
  #exitsAtMs: number[] = [];
  #supervision = new AbortController();
  #restarting: Promise<void> = Promise.resolve();
  #giveUp: (error: StackError) => void = () => undefined;
  /** Unasked restarts so far. */
  restarts = 0;
  /** Resolves with the reason when the child keeps ending. */
  readonly failed: Promise<StackError>;

  constructor(plan: ChildPlan<Ready>) {
    this.#plan = plan;
    this.failed = new Promise((resolve) => (this.#giveUp = resolve));
  }

  get name(): string {
    return this.#plan.name;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#run?.identity.pid;
  }

  /** What the running child offers. @throws StackError while it does not run */
  get ready(): Ready {
    if (this.#run === undefined)
      throw new StackError('stack.childDown', `${this.name} is not running`);
    return this.#run.ready;
  }

  /**
   * Starts it, or keeps or ends what an earlier stack left, and supervises from then on.
   * @throws StackError `stack.childFailed` when it ends or stays silent before it is ready
   */
  async start(): Promise<Ready> {
    if (this.#run !== undefined) return this.#run.ready;
    this.#exitsAtMs = [];
    this.#supervision = new AbortController();
    const run = (await this.#fromLeftover()) ?? (await this.#launch());
    this.#supervise(run);
    return run.ready;
  }

  /** Ends it at once as a crash would; nothing restarts it until start(). */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#endSupervision();
    const run = this.#run;
    if (run === undefined) return;
    sendSignal(run.identity, signal);
    await run.ended;
    this.#run = undefined;
  }

  /** SIGTERM, and SIGKILL after the grace. */
  async stop(): Promise<void> {
    await this.#endSupervision();
    const run = this.#run;
    if (run === undefined) return;
    await endGently(run.identity, run.ended, this.#plan.stopGraceMs);
    this.#run = undefined;
    rmSync(this.#plan.noteFile, { force: true });
  }

  async #endSupervision(): Promise<void> {
    this.#supervision.abort();
    await this.#restarting;
  }

  async #fromLeftover(): Promise<Run<Ready> | undefined> {
    const leftover = readNote(this.#plan.noteFile);
    if (leftover === undefined || !isAlive(leftover)) return undefined;
    const ended = untilGone(leftover);
    const ready = await this.#plan.adopt?.(leftover);
    if (ready !== undefined) {
      this.#plan.say(`${this.name} still runs from before (pid ${leftover.pid}): adopted`);
      return { identity: leftover, ended, ready };
    }
    this.#plan.say(`${this.name} still runs from before (pid ${leftover.pid}): ended`);
    await endGently(leftover, ended, this.#plan.stopGraceMs);
    return undefined;
  }

  async #launch(): Promise<Run<Ready>> {
    const { file, arguments: args } = await this.#plan.command();
    const log = openLog(this.#plan.logFile);
    note(this.#plan.logFile, `start: ${file} ${args.join(' ')}`);
    // In a session of its own: Ctrl-C reaches the stack only, which stops its children in order.
    const child = spawn(file, args, {
      env: this.#plan.env,
      stdio: ['ignore', 'pipe', log],
      detached: true,
    });
    closeLog(log);
    const ended = untilExit(child);
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity === undefined) throw this.#notReady(await ended);
    writeFileSync(this.#plan.noteFile, JSON.stringify(identity), { mode: 0o600 });
    const limit = new AbortController();
    try {
      const ready = await Promise.race([
        this.#plan.ready({
          pid: identity.pid,
          firstLine: firstLineOf(child),
          signal: limit.signal,
        }),
        ended.then((how) => Promise.reject(this.#notReady(how))),
        sleep(this.#plan.readyDeadlineMs, undefined, { signal: limit.signal }).then(() =>
          Promise.reject(this.#notReady(`silent for ${this.#plan.readyDeadlineMs / 1000} s`)),
        ),
      ]);
      return { identity, ended, ready };
    } catch (error) {
      sendSignal(identity, 'SIGKILL');
      throw error;
    } finally {
      limit.abort();
    }
  }

  #supervise(run: Run<Ready>): void {
    this.#run = run;
    const { signal } = this.#supervision;
    const logCheck = setInterval(() => bound(this.#plan.logFile), LOG_CHECK_MS).unref();
    void run.ended.then(async (how) => {
      clearInterval(logCheck);
      if (signal.aborted) return;
      this.#run = undefined;
      this.#restarting = this.#restart(how, signal);
      await this.#restarting;
    });
  }

  async #restart(how: string, signal: AbortSignal): Promise<void> {
    const isOver = (): boolean => signal.aborted;
    let reason = how;
    for (let attempt = 0; !isOver(); attempt += 1) {
      note(this.#plan.logFile, `ended: ${reason}`);
      if (this.#endsTooOften()) {
        this.#giveUp(this.#keepsEnding(reason));
        return;
      }
      const waitMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** attempt);
      this.#plan.say(`${this.name} ended (${reason}); starting it again in ${waitMs} ms`);
      // An abort ends the sleep early; isOver() is asked next.
      await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (isOver()) return;
      try {
        const run = await this.#launch();
        // Asked to stop while it was starting: nobody else knows this process yet.
        if (isOver()) {
          await endGently(run.identity, run.ended, this.#plan.stopGraceMs);
          return;
        }
        this.restarts += 1;
        this.#supervise(run);
        return;
      } catch (error) {
        reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      }
    }
  }

  #endsTooOften(): boolean {
    const nowMs = Date.now();
    this.#exitsAtMs = [...this.#exitsAtMs, nowMs].filter((at) => nowMs - at < EXITS_WINDOW_MS);
    return this.#exitsAtMs.length >= EXITS_MAX;
  }

  #notReady(reason: string): StackError {
    const tail = lastLines(this.#plan.logFile, 20);
    return new StackError(
      'stack.childFailed',
      `${this.name} did not get ready: ${reason}. Its last log lines (${this.#plan.logFile}):\n${tail}`,
    );
  }

  #keepsEnding(reason: string): StackError {
    const tail = lastLines(this.#plan.logFile, 20);
    return new StackError(
      'stack.childKeepsEnding',
      `${this.name} ended ${EXITS_MAX} times within ${EXITS_WINDOW_MS / 1000} s, last: ${reason}. Its last log lines (${this.#plan.logFile}):\n${tail}`,
    );
  }
}
