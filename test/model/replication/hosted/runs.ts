/** Lives a random story: every step judged, then all trouble ends and everything has to come to rest and be protected again. */
import { replication } from '../../../../machines/replication-limits.ts';
import { peerOf } from '../../../../machines/replication-table.ts';
import { heal } from './healing.ts';
import { manifest } from './declared.ts';
import type { Step, Story } from './story.ts';
import { Troubles } from './troubles.ts';
import { ReplicationWorld } from './world.ts';

export interface Lived {
  readonly problems: readonly string[];
  readonly commands: number;
  readonly accepted: number;
  readonly virtualMs: number;
  readonly deaths: number;
  readonly takeovers: number;
  /** Times the judge found two writers whose risk somebody had accepted. */
  readonly flagged: number;
  readonly flaggedMs: number;
  readonly epochs: number;
  /** Phases that either endpoint was in. */
  readonly visited: readonly string[];
  /** Times each trouble began. */
  readonly troubles: Readonly<Record<string, number>>;
  /** One line that differs wherever two lives differ. */
  readonly end: string;
}

interface Tally {
  commands: number;
  accepted: number;
  deaths: number;
  takeovers: number;
}

/** Longer than any answer takes while the store is there and some host lives. */
const answerMs = 30_000;

/** @param tell  hears where everything stands before each step, to follow one life */
export async function live(story: Story, tell?: (line: string) => void): Promise<Lived> {
  const tally: Tally = { commands: 0, accepted: 0, deaths: 0, takeovers: 0 };
  const world = await ReplicationWorld.open({
    seed: story.cloudSeed,
    onDeath: () => {
      tally.deaths += 1;
    },
  });
  const troubles = new Troubles(world);
  const life = new Life(world, troubles, tally);
  try {
    await world.boot();
    await life.order('apply', { manifest: declared(story, world) });
    if (story.isBornCalm) await life.protectedFirst();
    for (const step of [...story.steps, ...story.end]) {
      tell?.(`${minutesOf(world)} ${world.where()} — ${JSON.stringify(step)}`);
      await life.take(step);
    }
    tell?.(`${minutesOf(world)} ${world.where()} — all trouble ends`);
    troubles.endAll();
    world.skew(0);
    await heal(world, (verb, given) => {
      tell?.(`${minutesOf(world)} ${world.where()} — ${verb} ${JSON.stringify(given)}`);
      return life.order(verb, given);
    });
  } catch (thrown) {
    world.judge.accuse('harness', thrown instanceof Error ? (thrown.stack ?? '') : String(thrown));
  }
  const memory = world.memory();
  return {
    ...tally,
    problems: world.judge.problems,
    virtualMs: world.clock.monotonicMs(),
    flagged: world.judge.flagged,
    flaggedMs: world.judge.flaggedMs,
    visited: [...world.judge.visited],
    epochs: memory?.epoch ?? 0,
    troubles: Object.fromEntries(troubles.begun),
    end: `${world.where()}; ${world.cloud.log.list({}).length} calls, ${world.store.writes.length} writes, ${world.bus.events.length} events`,
  };
}

const minutesOf = ({ clock }: ReplicationWorld): string =>
  `${(clock.monotonicMs() / 60_000).toFixed(1)} min`;

function declared(story: Story, { cloud }: ReplicationWorld): object {
  const plain = manifest(cloud.places);
  const rpo = story.every === '4h' ? '8h' : '80m';
  return {
    ...plain,
    spec: {
      ...plain.spec,
      consistency: story.consistency,
      schedule: { mode: 'interval', every: story.every, rpo, rto: '1h' },
      extensions: { ebs: { fencing: story.fencing, hydrate: story.hydrate } },
      retention: { keepLast: 2, minAge: '10m', safetyAge: '2h', onDelete: story.onDelete },
    },
  };
}

class Life {
  readonly #world: ReplicationWorld;
  readonly #troubles: Troubles;
  readonly #tally: Tally;

  constructor(world: ReplicationWorld, troubles: Troubles, tally: Tally) {
    this.#world = world;
    this.#troubles = troubles;
    this.#tally = tally;
  }

  /** Sent, and waited for as long as anybody answers; whether it was taken is its own business. */
  async order(verb: string, given: object = {}): Promise<void> {
    const world = this.#world;
    this.#tally.commands += 1;
    let id: string;
    try {
      id = world.order(verb, given);
    } catch (thrown) {
      // What waits is bounded: nobody takes it up just now.
      if (thrown instanceof Error && thrown.message === 'mailbox.full') return;
      throw thrown;
    }
    for (let leftMs = answerMs; leftMs > 0 && !world.replyTo(id); leftMs -= 1_000)
      await world.pass(1_000);
    const reply = world.replyTo(id);
    if (reply !== undefined && reply.error === undefined) this.#tally.accepted += 1;
  }

  async protectedFirst(): Promise<void> {
    const isProtected = (): boolean => this.#world.memory()?.home.phase === 'source.protected';
    await this.#world.until('protected', isProtected, replication.stallMs);
  }

  async take(step: Step): Promise<void> {
    const world = this.#world;
    switch (step.do) {
      case 'order':
        return this.order(step.verb, step.given);
      case 'override':
        return this.order('override', {
          token: step.isRight ? world.overrideToken() : 'of.e1.old',
        });
      case 'allowed':
        return this.#allowed(step.pick);
      case 'pass':
        return world.pass(step.ms);
      case 'forceOther':
        return this.order('promote', { endpoint: peerOf(world.writer()), how: 'forced' });
      case 'trouble': {
        const side = step.side === 'writer' ? world.writer() : step.side;
        this.#troubles.begin({ ...step, side });
        return world.pass(1_000);
      }
      case 'die': {
        const [first = 0, ...later] = step.after;
        world.dieAt(first, ...later);
        return;
      }
      case 'usurp':
        this.#tally.takeovers += 1;
        world.usurp();
        return world.pass(1_000);
      case 'store':
        world.store.failNext(...step.faults);
        return;
      case 'skew':
        world.skew(step.ms);
        return;
      case 'freeze':
        world.clock.freeze(step.ms);
        return world.pass(1_000);
    }
  }

  /** As somebody would who only does what the replication says can be done; what ends a story is left to others. */
  async #allowed(pick: number): Promise<void> {
    const verbs = this.#world.allowedVerbs().filter((verb) => !['apply', 'delete'].includes(verb));
    const verb = verbs[pick % Math.max(1, verbs.length)];
    if (verb === undefined) return this.#world.pass(1_000);
    if (verb === 'override') return this.order(verb, { token: this.#world.overrideToken() });
    const isPlain = ['failover', 'failback', 'relocate', 'pause', 'resume', 'sync', 'cancel'];
    const endpoint = pick % 2 === 0 ? 'home' : 'away';
    await this.order(verb, isPlain.includes(verb) ? {} : { endpoint });
  }
}
