/** Follows some actors for one viewer: which machines there are, what they were sent, how they stand. Bounded. */
import { viewers } from '../../../machines/limits-inspector-compat.ts';
import { applyPatch, isSame } from '../../../actors/steps/patch.ts';
import type { Row, Step } from '../../../actors/steps/step.ts';
import { sessionOf, toldOf } from './machine-image.ts';
import type { Told } from './machine-image.ts';
import type { CompatSource, Standing } from './source.ts';

/** What a viewer is told. */
export interface Teller {
  /** A machine is there from now on. */
  actor(told: Told, atMs: number): void;
  event(told: Told, event: string, atMs: number): void;
  /** It stands so after `event`. */
  state(told: Told, event: string, atMs: number): void;
  stop(told: Told, atMs: number): void;
}

export interface Following {
  /** Tells of all machines anew, as for a viewer that has just come. */
  tellAll(): void;
  /** The machine of a session that the viewer was told of. */
  find(session: string): Told | undefined;
  close(): void;
}

interface Followed {
  standing: Standing | undefined;
  told: ReadonlyMap<string, Told>;
  waiting: number;
  /** What is done for this actor runs one after the other. */
  work: Promise<void>;
}

export interface FollowOptions {
  readonly source: CompatSource;
  /** `kind/namespace/name`; empty: those that fail, then those that change, then others, and new ones while there is room. */
  readonly focus: readonly string[];
  readonly teller: Teller;
  readonly nowMs: () => number;
  /** The viewer cannot be told further, as it is too far behind. */
  readonly onLost: (because: string) => void;
}

export function follow({ source, focus, teller, nowMs, onLost }: FollowOptions): Following {
  const followed = new Map<string, Followed>();
  let isClosed = false;

  const update = (actor: string, own: Followed, standing: Standing, step?: Step): void => {
    const machine = source.machineOf(actor);
    if (machine === undefined) return;
    const before = own.told;
    const now = toldOf(actor, machine, standing.image, viewers.machinesMax);
    own.standing = standing;
    own.told = now;
    const atMs = step?.atMs ?? nowMs();
    for (const told of now.values()) if (!before.has(told.session)) teller.actor(told, atMs);
    const last = tellEvents(actor, step, now, before);
    for (const told of now.values()) {
      const event = last.get(told.session);
      const hasMoved = before.has(told.session) && !isLike(before.get(told.session), told);
      if (event !== undefined || hasMoved) teller.state(told, event ?? 'xstate.update', atMs);
    }
    for (const told of before.values()) if (!now.has(told.session)) teller.stop(told, atMs);
  };

  /** @returns the last event of each machine */
  const tellEvents = (
    actor: string,
    step: Step | undefined,
    now: ReadonlyMap<string, Told>,
    before: ReadonlyMap<string, Told>,
  ): Map<string, string> => {
    const last = new Map<string, string>();
    for (const { path, event } of step?.taken ?? []) {
      const session = sessionOf(actor, path);
      const told = now.get(session) ?? before.get(session);
      if (told === undefined || step === undefined) continue;
      teller.event(told, event, step.atMs);
      last.set(session, event);
    }
    return last;
  };

  const load = async (actor: string, own: Followed): Promise<void> => {
    const standing = await source.image(actor);
    if (standing !== undefined && !isClosed) update(actor, own, standing);
  };

  const take = async (step: Step, own: Followed): Promise<void> => {
    const { standing } = own;
    if (standing?.uid === step.uid && step.seq <= standing.seq) return;
    const next = after(standing, step);
    if (next === undefined) await load(step.actor, own);
    else update(step.actor, own, next, step);
    if (!step.row.isGone || isClosed) return;
    for (const told of own.told.values()) teller.stop(told, step.atMs);
    own.told = new Map();
    own.standing = undefined;
    // Steps of its next life may wait already.
    if (own.waiting <= 1) followed.delete(step.actor);
  };

  const queue = (own: Followed, work: () => Promise<void>): void => {
    if (own.waiting >= viewers.waitingStepsMax) {
      onLost('steps come faster than their actor can be read');
      return;
    }
    own.waiting += 1;
    own.work = own.work
      .then(() => (isClosed ? undefined : work()))
      .catch((error: unknown) => {
        onLost(error instanceof Error ? error.message : String(error));
      })
      .finally(() => (own.waiting -= 1));
  };

  const begin = (actor: string): Followed => {
    const own: Followed = {
      ...{ standing: undefined, told: new Map(), waiting: 0, work: Promise.resolve() },
    };
    followed.set(actor, own);
    return own;
  };

  const isWanted = (actor: string): boolean => {
    if (source.machineOf(actor) === undefined) return false;
    return focus.length === 0 || focus.includes(actor);
  };

  const stopListening = source.onStep((step) => {
    if (isClosed) return;
    const known = followed.get(step.actor);
    const hasRoom = followed.size < viewers.actorsMax && isWanted(step.actor) && !step.row.isGone;
    const own = known ?? (hasRoom ? begin(step.actor) : undefined);
    if (own !== undefined) queue(own, () => take(step, own));
  });

  const first = chosen(source.actors(), focus).filter(isWanted).slice(0, viewers.actorsMax);
  for (const actor of first) {
    const own = begin(actor);
    queue(own, () => load(actor, own));
  }

  return {
    tellAll: () => {
      for (const own of followed.values())
        for (const told of own.told.values()) teller.actor(told, nowMs());
    },
    find: (session) => {
      const [actor = ''] = session.split('#');
      return followed.get(actor)?.told.get(session);
    },
    close: () => {
      isClosed = true;
      stopListening();
      followed.clear();
    },
  };
}

/** Undefined when the step does not join on to what is known. */
function after(standing: Standing | undefined, step: Step): Standing | undefined {
  const { seq, uid, image, patch } = step;
  if (image !== undefined) return { image, seq, uid };
  if (patch === undefined || standing?.uid !== uid || standing.seq + 1 !== seq) return undefined;
  return { image: applyPatch(standing.image, patch), seq, uid };
}

/** What a machine shows of itself; those below it are told apart. */
const isLike = (left: Told | undefined, right: Told): boolean => isSame(shown(left), shown(right));

const shown = (told: Told | undefined): unknown => {
  const { status, value, context, children = {} } = told?.image ?? {};
  return [status, value, context, Object.keys(children)];
};

function chosen(rows: readonly Row[], focus: readonly string[]): string[] {
  if (focus.length > 0) return [...new Set(focus)];
  const rank = { failing: 0, changing: 1, healthy: 2, unknown: 3 };
  return rows
    .filter(({ isGone }) => !isGone)
    .sort(
      (left, right) => rank[left.severity] - rank[right.severity] || right.sinceMs - left.sinceMs,
    )
    .map(({ actor }) => actor);
}
