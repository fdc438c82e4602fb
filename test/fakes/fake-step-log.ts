/** Keeps what was told, as the stream would after the wire. */
import { stepId } from '../../actors/steps/step-port.ts';
import type { LastTold, StepLog } from '../../actors/steps/step-port.ts';
import type { Image, Step } from '../../actors/steps/step.ts';

export class FakeStepLog implements StepLog {
  readonly steps: Step[] = [];
  /** Steps that come while this is true are lost with the process. */
  isDown = false;

  tell(step: Step, _image: Image): void {
    if (!this.isDown) this.steps.push(JSON.parse(JSON.stringify(step)) as Step);
  }

  lastTold(): Promise<ReadonlyMap<string, LastTold>> {
    const last = this.steps.map((step): [string, LastTold] => [
      step.actor,
      { id: stepId(step), atMs: step.atMs },
    ]);
    return Promise.resolve(new Map(last));
  }

  untilRoom(): Promise<void> {
    return Promise.resolve();
  }

  of(actor: string): Step[] {
    return this.steps.filter((step) => step.actor === actor);
  }
}
