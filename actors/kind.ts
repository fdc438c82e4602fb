/** What hosting must know about one kind of resource. The kind's own rules stay in machines/; this is only the shape. */
import type { AnyStateMachine, SnapshotFrom } from 'xstate';
import type { Because, Sentences } from '../machines/because.ts';
import type { Measures } from '../machines/cluster-measures.ts';
import type { InspectRules } from '../machines/inspect.ts';
import type { CloudScope } from '../machines/messages.ts';
import type { Summary } from '../machines/summary.ts';
import type { Migrations } from './migration-steps.ts';

/** Persisted or live snapshot of a root machine, read by value and context only. */
export interface KindSnapshot {
  readonly value: unknown;
  readonly status: string;
  readonly context: unknown;
}

/** A refusal as machines phrase it; hosting adds actor, ids and retry facts. */
export interface Refusal {
  /** Registered fault code, `area.camelCase`. */
  readonly code: string;
  readonly message: string;
  readonly problems?: readonly RefusalProblem[];
  readonly because?: readonly string[];
  /** Where a kind has more to say than which commands it would take now. */
  readonly allowedNext?: readonly string[];
}
export interface RefusalProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly got?: unknown;
  readonly allowed?: readonly unknown[];
}

/** The chart may take it, may have nothing to do, or refuses. */
export type Admission =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Asked with the command's event as the chart would see it; arguments that nobody gave are missing in it. Pure. */
export interface Explains {
  /** Conditions one by one, those that hold as well. */
  reasons(snapshot: KindSnapshot, event: { type: string }): readonly Because[];
  /** Commands and waits after which it would be taken, itself the last; empty when no way is known. */
  way(snapshot: KindSnapshot, event: { type: string }): readonly string[];
  /** Of every guard on the edge of a command. */
  readonly sentences: Sentences;
}

export interface Kind<M extends AnyStateMachine = AnyStateMachine> {
  /** As in subjects: `cluster`. */
  readonly name: string;
  readonly version: number;
  readonly machine: M;
  /** Steps from each earlier version that records may still be of. */
  readonly migrations?: Migrations;
  /** Verbs that may create the actor (and revive a tombstone under a new uid). */
  readonly creating: ReadonlySet<string>;
  /** Input of the root machine. `before`: the tombstone under the same name, for what outlives its bearer. */
  input(
    identity: { namespace: string; name: string; uid: string; atMs: number },
    before?: KindSnapshot,
  ): unknown;
  /** Asked before the event is sent; `snapshot` is undefined when the actor does not exist yet. Pure. */
  admit(snapshot: SnapshotFrom<M> | undefined, event: { type: string }): Admission;
  /** Commands that would be accepted now, as verbs. Pure. */
  allowed(snapshot: KindSnapshot): readonly string[];
  /** True once the resource is gone for good: the record is a tombstone. */
  isTombstone(snapshot: KindSnapshot): boolean;
  /** True while deletion is under way: creating verbs and others get `resource.deleting`. */
  isDeleting(snapshot: KindSnapshot): boolean;
  /** Readable state path, e.g. `installing.staging`. */
  stateText(snapshot: KindSnapshot): string;
  /** What `get` and `list` show; never a secret. */
  view(snapshot: KindSnapshot): Readonly<Record<string, unknown>>;
  /** The resource in a line, for the fleet's index; left out by kinds that have nothing to say. */
  summary?(snapshot: KindSnapshot): Summary;
  /** What pages may show of its machines. Default: `inspectRules` of machines/inspect.ts. */
  readonly inspectRules?: InspectRules;
  /** Fields a success reply carries besides the general ones. */
  replyFields(snapshot: KindSnapshot): Readonly<Record<string, unknown>>;
  /** What is timed and counted of its way; left out by kinds that go nowhere. */
  measures?(snapshot: KindSnapshot): Measures;
  /** How it accounts for what it would answer; left out by kinds that take every order at any time. */
  readonly explains?: Explains;
  /** Which part of the cloud this actor wants watched; undefined when none. */
  watches(snapshot: KindSnapshot):
    | (CloudScope & {
        readonly uid: string;
        /** True while a change is awaited: poll at the short interval. */
        readonly changing: boolean;
        /** Instance ids the actor knows; a new one makes the observer tell everything again. */
        readonly known: readonly string[];
        /** Instance ids whose agent is awaited. */
        readonly awaitingAgent: readonly string[];
      })
    | undefined;
}
