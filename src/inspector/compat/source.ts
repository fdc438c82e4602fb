/** What the adapters for other viewers need of the inspector. Everything that comes in here is redacted already. */
import type { AnyStateMachine } from 'xstate';
import type { Image, Row, Step } from '../../../actors/steps/step.ts';
import type { ApiProblem, CommandRequest } from '../api.ts';
import type { Login } from '../server/logins.ts';

export interface Standing {
  readonly image: Image;
  /** Of the step it stands after. */
  readonly seq: number;
  readonly uid: string;
}

export interface CompatSource {
  /** Rows of the fleet's index in any order. */
  actors(): readonly Row[];
  /** Undefined when nothing is known of it. */
  image(actor: string): Promise<Standing | undefined>;
  /** Chart of the actor's root; machines below are found in it. */
  machineOf(actor: string): AnyStateMachine | undefined;
  /** Every step the host takes in, in order. @returns ends it */
  onStep(listener: (step: Step) => void): () => void;
  /** The way of `POST /api/commands`: schema, role, rate, audit. Resolves to the refusal, or to undefined once it is taken. */
  send(request: CommandRequest, viewer: Login): Promise<ApiProblem | undefined>;
}
