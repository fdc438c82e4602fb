/** One look at the cloud for all actors of an account and region; each is told only what changed for it. */
import { pacing } from '../machines/limits.ts';
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import type { CloudScope, InstanceFact } from '../machines/messages.ts';
import type { Cancel, Clock, FleetView, Telemetry } from './ports.ts';

/** What one actor wants watched. */
export interface Watch extends CloudScope {
  readonly uid: string;
  readonly changing: boolean;
  readonly known: readonly string[];
  readonly awaitingAgent: readonly string[];
}

export interface ObserverParts {
  readonly clock: Clock;
  readonly fleet: FleetView;
  readonly telemetry: Telemetry;
  /** Divides the poll intervals. */
  readonly scale: number;
  /** Puts an observation into the actor's mailbox. */
  tell(
    key: ResourceKey,
    event: { type: string; atMs: number; instances: readonly InstanceFact[] },
  ): void;
}

interface Watched {
  readonly key: ResourceKey;
  watch: Watch;
  /** Digest of what the actor was last told; empty after a change of what it knows. */
  told: string;
}

const scopeText = (scope: CloudScope): string => `${scope.account}/${scope.region}`;

/**
 * Polls each account and region every 5 s while an actor waits for a change, else every 30 s (paced). A failed look
 * tells nobody anything: absence is then unknown. What a crash loses is polled again.
 */
export class Observer {
  readonly #parts: ObserverParts;
  readonly #watched = new Map<string, Watched>();
  readonly #polls = new Map<string, { cancel: Cancel; isRunning: boolean; isDueAgain: boolean }>();
  #stopped = false;

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  /** Called on every commit: what this actor wants watched now; undefined when nothing. */
  update(key: ResourceKey, watch: Watch | undefined): void {
    const text = keyText(key);
    const present = this.#watched.get(text);
    if (watch === undefined) {
      this.#watched.delete(text);
      return;
    }
    if (present === undefined) this.#watched.set(text, { key, watch, told: '' });
    else {
      if (!sameKnowledge(present.watch, watch)) present.told = '';
      present.watch = watch;
    }
    const scope = scopeText(watch);
    const hasNews = present === undefined || present.told === '';
    if (!this.#polls.has(scope) || (hasNews && watch.changing))
      this.#arm(watch, this.#gapMs(scope));
  }

  stop(): void {
    this.#stopped = true;
    for (const poll of this.#polls.values()) poll.cancel();
    this.#polls.clear();
  }

  #ofScope(scope: string): Watched[] {
    return [...this.#watched.values()].filter((each) => scopeText(each.watch) === scope);
  }

  #gapMs(scope: string): number {
    const isChanging = this.#ofScope(scope).some((each) => each.watch.changing);
    return (isChanging ? pacing.pollChangingMs : pacing.pollSteadyMs) / this.#parts.scale;
  }

  /** Arms the next poll of a scope unless one is armed sooner already. */
  #arm(scope: CloudScope, delayMs: number): void {
    if (this.#stopped) return;
    const text = scopeText(scope);
    const present = this.#polls.get(text);
    if (present?.isRunning === true) {
      present.isDueAgain = true;
      return;
    }
    if (present?.isDueAgain === true) return;
    present?.cancel();
    const isSoon = delayMs <= pacing.pollChangingMs / this.#parts.scale;
    const cancel = this.#parts.clock.after(delayMs, () => {
      void this.#poll({ account: scope.account, region: scope.region });
    });
    this.#polls.set(text, { cancel, isRunning: false, isDueAgain: isSoon });
  }

  async #poll(scope: CloudScope): Promise<void> {
    const text = scopeText(scope);
    const poll = { cancel: () => undefined, isRunning: true, isDueAgain: false };
    this.#polls.set(text, poll);
    const awaiting = new Set(this.#ofScope(text).flatMap((each) => each.watch.awaitingAgent));
    try {
      const seen = await this.#parts.fleet.look(scope, awaiting);
      for (const each of this.#ofScope(text)) this.#tell(each, seen.get(each.watch.uid) ?? []);
      this.#parts.telemetry.count('fairlead_polls_total', { outcome: 'ok' });
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#parts.telemetry.count('fairlead_polls_total', { outcome: 'failed' });
      this.#parts.telemetry.log(
        'warn',
        { ...scope, reason },
        'look at the cloud failed: nothing is concluded from it',
      );
    }
    poll.isRunning = false;
    if (this.#ofScope(text).length === 0) this.#polls.delete(text);
    else this.#arm(scope, this.#gapMs(text));
  }

  #tell(each: Watched, instances: readonly InstanceFact[]): void {
    const digest = JSON.stringify(instances);
    if (digest === each.told || (instances.length === 0 && each.told === '')) return;
    each.told = digest;
    this.#parts.tell(each.key, {
      type: 'facts.observed',
      atMs: this.#parts.clock.nowMs(),
      instances,
    });
  }
}

const sameKnowledge = (left: Watch, right: Watch): boolean =>
  left.uid === right.uid && left.known.join() === right.known.join();
