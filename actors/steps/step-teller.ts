/** Makes the step of each write of one actor: counted with the record, told once that is stored. */
import type { InspectRules } from '../../machines/inspect.ts';
import { inspectRules } from '../../machines/inspect.ts';
import { stepLimits } from '../../machines/limits.ts';
import type { Command } from '../envelope.ts';
import { messageOf } from '../faults.ts';
import type { Kind, KindSnapshot } from '../kind.ts';
import type { Telemetry } from '../ports.ts';
import { imageOf } from './image.ts';
import type { Made, PersistedMachine } from './image.ts';
import { diff, isSame } from './patch.ts';
import { redactText } from './redact.ts';
import { rowOf } from './row.ts';
import type { StepLog } from './step-port.ts';
import type { Importance, Step } from './step.ts';
import { TakenEdges } from './taken.ts';
import type { Notes } from './taken.ts';

export interface TellerOptions {
  readonly kind: Kind;
  /** `kind/namespace/name`. */
  readonly actor: string;
  readonly uid: string;
  readonly definitionHash: string;
  readonly hostId: string;
  readonly fence: number;
  readonly telemetry: Telemetry;
  /** Without it steps are counted and not told. */
  readonly log?: StepLog;
  /** The record that the actor goes on from; absent for a new life. */
  readonly stored?: { readonly snapshot: unknown; readonly steps: number };
}

/** A write that may still fail. */
interface Sealed {
  readonly snapshot: unknown;
  readonly isStep: boolean;
  readonly notes: Notes;
  readonly command: Command | undefined;
}

export const rulesOf = (kind: Kind): InspectRules => kind.inspectRules ?? inspectRules;

export class StepTeller {
  readonly taken = new TakenEdges();
  readonly #options: TellerOptions;
  /** Steps of this life that are stored. */
  #count: number;
  /** As last stored. */
  #snapshot: unknown;
  /** Of the step told last; absent until this actor has told one itself. */
  #made: Made | undefined;
  #command: Command | undefined;
  #sealed: Sealed | undefined;

  constructor(options: TellerOptions) {
    this.#options = options;
    this.#count = options.stored?.steps ?? 0;
    this.#snapshot = options.stored?.snapshot;
  }

  /** The command is part of what is written next. */
  note(command: Command): void {
    this.#command = command;
  }

  /** Something that was to be noted was not. */
  missed(reason: string, thrown: unknown): void {
    const { telemetry, actor } = this.#options;
    telemetry.count('fairlead_steps_dropped_total', { reason });
    telemetry.log('warn', { actor, reason: messageOf(thrown) }, 'a step is not told whole');
  }

  /**
   * A record is being made: what was noted so far belongs to it. A write that leaves every machine as it was is no step.
   * @returns  number of steps for that record
   */
  seal(snapshot: unknown): number {
    const isStep = this.#snapshot === undefined || !isSame(this.#snapshot, snapshot);
    this.#sealed = { snapshot, isStep, notes: this.taken.release(), command: this.#command };
    this.#command = undefined;
    return this.#count + (isStep ? 1 : 0);
  }

  /** What was sealed last is stored. */
  written(revision: number, atMs: number): void {
    const sealed = this.#sealed;
    this.#sealed = undefined;
    if (sealed === undefined) return;
    const before = this.#snapshot;
    this.#snapshot = sealed.snapshot;
    if (!sealed.isStep) return;
    this.#count += 1;
    const { log } = this.#options;
    if (log === undefined) return;
    try {
      this.#tell(log, sealed, before, revision, atMs);
    } catch (thrown) {
      this.#made = undefined; // the next one is whole again
      this.missed('unbuildable', thrown);
    }
  }

  #tell(
    log: StepLog,
    { snapshot, notes, command }: Sealed,
    before: unknown,
    revision: number,
    atMs: number,
  ): void {
    const { kind, actor, uid, definitionHash: hash, hostId: host, fence } = this.#options;
    const seq = this.#count;
    const image = imageOf(kind.name, snapshot, rulesOf(kind), this.#made);
    const made = this.#made;
    this.#made = { snapshot, image };
    const row = rowOf(kind, snapshot as KindSnapshot, { actor, uid, revision, seq, host });
    const isWhole = made === undefined || seq % stepLimits.imageEvery === 0;
    const step: Step = {
      ...{ seq, revision, atMs, actor, uid, hash, isRestored: false },
      ...{ taken: notes.taken, state: row.state },
      importance: importanceOf(command, before, snapshot),
      correlationId: redactText(command?.correlationId ?? notes.correlationId),
      ...(command && { command: shown(command) }),
      ...{ host, fence, row },
      ...(isWhole ? { image } : { patch: diff(made.image, image) }),
    };
    log.tell(step, image);
  }
}

const shown = ({ commandId, verb, claimedBy }: Command) => ({
  ...{ id: redactText(commandId), verb },
  ...(claimedBy !== undefined && { by: redactText(claimedBy) }),
});

function importanceOf(command: Command | undefined, before: unknown, after: unknown): Importance {
  if (command !== undefined) return 'command';
  if (before === undefined) return 'change';
  return hasMoved(before as PersistedMachine, after as PersistedMachine) ? 'change' : 'tick';
}

/** Some machine is in another state, or has come or gone. Calls and their retries are not looked at. */
function hasMoved(before: PersistedMachine, after: PersistedMachine): boolean {
  if (!isSame(before.value, after.value) || before.status !== after.status) return true;
  for (const id of Object.keys(before.children ?? nobody))
    if (machineIn(before, id) !== undefined && machineIn(after, id) === undefined) return true;
  for (const id of Object.keys(after.children ?? nobody)) {
    const [known, machine] = [machineIn(before, id), machineIn(after, id)];
    if (machine !== undefined && (known === undefined || hasMoved(known, machine))) return true;
  }
  return false;
}

const nobody = {};

function machineIn({ children }: PersistedMachine, id: string): PersistedMachine | undefined {
  const child = children !== undefined && Object.hasOwn(children, id) ? children[id] : undefined;
  if (child === undefined || child.src === 'operation') return undefined;
  return child.snapshot.value === undefined ? undefined : child.snapshot;
}
