/** One look at the cloud for all actors of an account and region; each is told only what changed for it. */
import { pacing } from '../machines/limits.ts';
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import type { CloudScope, InstanceFact } from '../machines/messages.ts';
import type { MetricReading } from './metric-names.ts';
import type { Cancel, Clock, FleetView, Telemetry } from './ports.ts';

/** What one actor wants watched. */
export interface Watch extends CloudScope {
  readonly uid: string;
  readonly changing: boolean;
  readonly known: readonly string[];
  readonly awaitingAgent: readonly string[];
  /** Since when the oldest of its running machines has been without its agent. */
  readonly registeringSinceMs?: number;
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

/** The next look at one account and region, or the one under way. */
interface Poll {
  isRunning: boolean;
  dueMs: number;
  cancel: Cancel;
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
  readonly #polls = new Map<string, Poll>();
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
    this.#arm(watch, this.#gapMs(scope));
  }

  /** Age of the machine that has run longest without its agent; 0 when there is none. */
  readings(): MetricReading[] {
    const nowMs = this.#parts.clock.nowMs();
    const sinceMs = [...this.#watched.values()].map(
      ({ watch }) => watch.registeringSinceMs ?? nowMs,
    );
    const oldestMs = sinceMs.reduce((oldest, each) => Math.min(oldest, each), nowMs);
    const value = (nowMs - oldestMs) / 1_000;
    return [{ metric: 'fairlead_nodes_registering_oldest_seconds', value }];
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

  /** Arms the next look unless one is due sooner; one under way arms its own successor. */
  #arm({ account, region }: CloudScope, delayMs: number): void {
    const scope = { account, region };
    const text = scopeText(scope);
    const present = this.#polls.get(text);
    const dueMs = this.#parts.clock.monotonicMs() + delayMs;
    if (this.#stopped || present?.isRunning === true) return;
    if (present !== undefined && present.dueMs <= dueMs) return;
    present?.cancel();
    const cancel = this.#parts.clock.after(delayMs, () => void this.#poll(scope));
    this.#polls.set(text, { isRunning: false, dueMs, cancel });
  }

  async #poll(scope: CloudScope): Promise<void> {
    const text = scopeText(scope);
    this.#polls.set(text, { isRunning: true, dueMs: 0, cancel: () => undefined });
    await this.#look(scope, text);
    this.#polls.delete(text);
    if (this.#ofScope(text).length > 0) this.#arm(scope, this.#gapMs(text));
  }

  async #look(scope: CloudScope, text: string): Promise<void> {
    const { fleet, telemetry } = this.#parts;
    const awaiting = new Set(this.#ofScope(text).flatMap((each) => each.watch.awaitingAgent));
    try {
      const seen = await fleet.look(scope, awaiting);
      for (const each of this.#ofScope(text)) this.#tell(each, seen.get(each.watch.uid) ?? []);
      telemetry.count('fairlead_polls_total', { outcome: 'ok' });
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      telemetry.count('fairlead_polls_total', { outcome: 'failed' });
      telemetry.log(
        'warn',
        { ...scope, reason },
        'look at the cloud failed: nothing is concluded from it',
      );
    }
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
