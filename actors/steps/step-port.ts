/** Where steps go. State is stored first and told after: nothing here may hold up or fail a turn. */
import type { Image, Step } from './step.ts';

/** Of the newest step that the log has of one name. */
export interface LastTold {
  /** `<uid>/s<seq>`. */
  readonly id: string;
  readonly atMs: number;
}

export interface StepLog {
  /**
   * Takes a step to be told in order, later; never throws and never waits. A step that it cannot keep is lost and shows as
   * a number that is missing; the next one of that actor is told with `image`.
   * @param image  how the actor stands after the step
   */
  tell(step: Step, image: Image): void;
  /** The newest step of every name, by `kind/namespace/name`. Rejects while the log cannot be read. */
  lastTold(): Promise<ReadonlyMap<string, LastTold>>;
  /** Resolves when there is room for many more steps. */
  untilRoom(): Promise<void>;
}

/** A step among those of its name. */
export interface StepNumber {
  readonly uid: string;
  readonly seq: number;
}

/** Message id of a step: the same step told twice is one. */
export const stepId = ({ uid, seq }: StepNumber): string => `${uid}/s${seq}`;

/** Of one name. Ids of lives sort by time: every step of a later life is later. */
export const isLater = (step: StepNumber, than: StepNumber): boolean =>
  step.uid > than.uid || (step.uid === than.uid && step.seq > than.seq);
