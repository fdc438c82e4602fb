/** The effect gate: the only way a chart starts a call to the world. Nothing is called before its intent is stored. */
import { fromPromise } from 'xstate';
import type { AnyActorRef, PromiseActorLogic } from 'xstate';
import type { EffectFault, EffectResult } from '../machines/messages.ts';
import { toEffectFault } from './faults.ts';
import type { Clock, Random, Telemetry } from './ports.ts';

/** What a gated effect is told besides its input. */
export interface Call {
  /** Aborted when the state is left, or when this host no longer owns the actor. */
  readonly signal: AbortSignal;
  /** False once another host may own the actor, which a process that overslept sees before its signal fires. */
  readonly mayAct: () => boolean;
  /** Child ids from the root, joined by `/`. */
  readonly id: string;
  readonly correlationId: string;
  readonly intent: CallIntent;
}

/** Whose call it is and whether it may have been made before: what makes repeats of it known as such. */
export interface CallIntent {
  /** `kind/namespace/name` of the actor, and which bearer of that name. */
  readonly actor: string;
  readonly uid: string;
  readonly fence: number;
  /** True when an awakening took the call up again: whoever began it may have made it. */
  readonly isResumed: boolean;
  /** The machine that wants it: the same object for every attempt in this process. */
  readonly operation: object;
}

/** Fields every gated input has; they name the call in logs and metrics. */
export interface GatedInput {
  readonly effect: string;
  readonly correlationId: string;
}

/** The hosted actor, as its effects see it. */
export interface EffectHost {
  readonly actor: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly uid: string;
  readonly fence: number;
  /** True while a stored actor starts: calls that begin now had begun before. */
  readonly isAwakening: boolean;
  /** Notes that a call hangs on the present state; the returned function ends it. */
  enter(call: AbortController): () => void;
  /** True once everything up to now is stored; false when it never will be, as the actor is cut. */
  committed(): Promise<boolean>;
  /** False when the actor is cut or its ownership may have moved. */
  mayAct(): boolean;
}

type System = AnyActorRef['system'];
const hosts = new WeakMap<System, EffectHost>();
const gated = new WeakSet();

/** To be called between the making of a root actor and its start. */
export const bindEffects = (system: System, host: EffectHost): void => {
  hosts.set(system, host);
};

export const isGated = (logic: object): boolean => gated.has(logic);

/**
 * Wraps a call. The actor always resolves, with the value or with a plain fault; it never rejects. When the hosted actor
 * is cut it settles no more. After a crash the same input is performed again, so `perform` must be safe to repeat.
 */
export function gate<G, O, I extends GatedInput = G & GatedInput>(
  perform: (input: I, call: Call) => Promise<O>,
  /** Completes the stored input from the contexts of the machines above the call, nearest first; asked after the commit. */
  complete?: (input: G, contexts: readonly unknown[]) => I,
): PromiseActorLogic<EffectResult<O>, G> {
  const logic = fromPromise<EffectResult<O>, G>(({ input, signal, system, self }) => {
    const host = hosts.get(system);
    if (!host) throw new Error('a gated effect runs inside a hosted actor only');
    // Without `complete` the stored input is the whole input: G and I are one type then.
    const whole = (): I =>
      complete ? complete(input, contextsAbove(self)) : (input as unknown as I);
    const { actor, uid, fence, isAwakening: isResumed } = host;
    const intent = { actor, uid, fence, isResumed, operation: self._parent ?? self };
    return pass(host, perform, whole, signal, { id: pathOf(self), intent });
  });
  gated.add(logic);
  return logic;
}

async function pass<I extends GatedInput, O>(
  host: EffectHost,
  perform: (input: I, call: Call) => Promise<O>,
  whole: () => I,
  left: AbortSignal,
  about: Pick<Call, 'id' | 'intent'>,
): Promise<EffectResult<O>> {
  const abort = new AbortController();
  left.addEventListener('abort', () => abort.abort(left.reason), { once: true });
  // XState reports the new snapshot only after starting this child: without a touch the gate would open early.
  const leave = host.enter(abort);
  let result: EffectResult<O> | undefined;
  try {
    if ((await host.committed()) && host.mayAct())
      result = abort.signal.aborted
        ? stamped(host, { ok: false, fault: cancelled })
        : await performed(host, perform, whole(), {
            ...{ signal: abort.signal, mayAct: () => host.mayAct() },
            ...about,
          });
  } finally {
    leave();
  }
  // A cut actor must not move on: another owner, or the next awakening, repeats the call.
  return result && host.mayAct() ? result : new Promise<never>(() => undefined);
}

const performed = <I extends GatedInput, O>(
  host: EffectHost,
  perform: (input: I, call: Call) => Promise<O>,
  input: I,
  call: Omit<Call, 'correlationId'>,
): Promise<EffectResult<O>> => timed(host, perform, input, { ...call, ...correlation(input) });

async function timed<I extends GatedInput, O>(
  host: EffectHost,
  perform: (input: I, call: Call) => Promise<O>,
  input: I,
  call: Call,
): Promise<EffectResult<O>> {
  const { telemetry, clock, actor } = host;
  const fields = { actor, effect: input.effect, call: call.id, correlationId: call.correlationId };
  const startMs = clock.monotonicMs();
  telemetry.log('info', fields, 'effect started');
  const outcome = await settle(perform, input, call);
  const ms = clock.monotonicMs() - startMs;
  const type = outcome.ok ? 'ok' : outcome.fault.type;
  telemetry.count('fairlead_effects_total', { effect: input.effect, outcome: type });
  telemetry.observe('fairlead_effect_seconds', ms / 1000, { effect: input.effect });
  if (outcome.ok) telemetry.log('info', { ...fields, ms }, 'effect ended');
  else {
    const { code, message, requestId } = outcome.fault;
    const told = { ...fields, ms, fault: type, code, reason: message, requestId };
    telemetry.log(type === 'InternalError' ? 'error' : 'warn', told, 'effect failed');
  }
  return stamped(host, outcome);
}

type Outcome<O> =
  { readonly ok: true; readonly value: O } | { readonly ok: false; readonly fault: EffectFault };

async function settle<I, O>(
  perform: (input: I, call: Call) => Promise<O>,
  input: I,
  call: Call,
): Promise<Outcome<O>> {
  try {
    return { ok: true, value: await perform(input, call) };
  } catch (thrown) {
    return { ok: false, fault: toEffectFault(thrown) };
  }
}

/** Wall time and a random number go with every result, so that charts need neither clock nor chance. */
const stamped = <O>({ clock, random }: EffectHost, outcome: Outcome<O>): EffectResult<O> => ({
  ...outcome,
  atMs: clock.nowMs(),
  roll: random.roll(),
});

const cancelled: EffectFault = {
  type: 'Cancelled',
  code: 'effect.cancelled',
  message: 'the state was left before the call began',
  mayHaveHappened: false,
};

const correlation = ({ correlationId }: GatedInput) => ({ correlationId });

function contextsAbove(self: AnyActorRef): unknown[] {
  const contexts: unknown[] = [];
  for (let each = self._parent; each; each = each._parent)
    contexts.push((each.getSnapshot() as { context?: unknown }).context);
  return contexts;
}

function pathOf(self: AnyActorRef): string {
  const ids: string[] = [];
  for (let each = self; each._parent; each = each._parent) ids.unshift(each.id);
  return ids.join('/');
}
