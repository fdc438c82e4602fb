/** What an observed resource comes to, for every back end that works through Kubernetes resources. */
import type { KubeObject } from '../../../actors/kube-port.ts';

/** States as people know them; `unknown` stands for whatever no table lists. */
export type SeenState =
  'source' | 'replica' | 'promoting' | 'demoting' | 'syncing' | 'failed' | 'absent' | 'unknown';

export interface Seen {
  readonly state: SeenState;
  readonly health: 'healthy' | 'degraded' | 'unhealthy' | 'unknown';
  /** False: the status tells of an older generation of the spec, or of nothing yet; it proves nothing. */
  readonly isFresh: boolean;
  /** Nothing flows because somebody said so. */
  readonly isPaused: boolean;
  /** True when the copy is whole: every condition that says so is there, of this generation, and positive. */
  readonly isComplete: boolean;
  /** The state counts only when a second look, later, says the same. */
  readonly needsSecondLook: boolean;
  /** For people. */
  readonly why: string;
  /** A value no table lists, as it stood there; empty when all were known. */
  readonly unlisted: string;
}

/** Nothing is certain unless said. */
export const seen = (state: SeenState, why: string, more: Partial<Seen> = {}): Seen => ({
  ...{ state, why, health: 'unknown', isFresh: false, isPaused: false, isComplete: false },
  ...{ needsSecondLook: false, unlisted: '' },
  ...more,
});

export const unlisted = (value: string): Seen =>
  seen('unknown', `${value} is not known`, { unlisted: value });

/** What two looks say together: a state that needs the second one counts only when both agree, and is unknown until then. */
export function agreed(first: Seen, second: Seen): Seen {
  if (!second.needsSecondLook) return second;
  if (first.state === second.state && first.needsSecondLook)
    return { ...second, needsSecondLook: false };
  return { ...second, state: 'unknown', isFresh: false, health: 'unknown' };
}

/** One resource for each volume: the whole is as good as the worst of them, and is what it is only when all are. */
export function together(each: readonly Seen[]): Seen {
  const [first] = each;
  if (first === undefined) return seen('absent', 'no volumes');
  const why = [...new Set(each.map((one) => one.why))].join('; ');
  const isFresh = each.every((one) => one.isFresh);
  const unlistedValue = each.find((one) => one.unlisted !== '')?.unlisted ?? '';
  const healths = ['unknown', 'unhealthy', 'degraded', 'healthy'] as const;
  const health = healths.find((one) => each.some((any) => any.health === one)) ?? 'unknown';
  return {
    ...{ state: stateOfAll(each), health, isFresh, why, unlisted: unlistedValue },
    isPaused: each.some((one) => one.isPaused),
    isComplete: each.every((one) => one.isComplete),
    needsSecondLook: each.some((one) => one.needsSecondLook),
  };
}

/** On its way as long as one is; some here and some there is nothing anybody may rely on. */
function stateOfAll(each: readonly Seen[]): SeenState {
  const states = new Set(each.map(({ state }) => state));
  const [only] = states;
  if (states.size === 1 && only !== undefined) return only;
  const order = ['unknown', 'failed', 'absent'] as const;
  const worst = order.find((state) => states.has(state));
  if (worst !== undefined) return worst === 'absent' ? 'unknown' : worst;
  const moving = (['promoting', 'demoting', 'syncing'] as const).find((one) => states.has(one));
  return moving ?? 'unknown';
}

export const generationOf = ({ metadata }: KubeObject): number => metadata.generation ?? 0;

/** A time in a status, as milliseconds; null for none or one that is no time. */
export function timeMs(text: string | null | undefined): number | null {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? null : ms;
}
