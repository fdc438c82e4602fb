/** A small kind for tests of hosting: a job runs one effect with retries in a child, beside a region that watches time. */
import { z } from 'zod';
import { and, assign, emit, not, raise, setup } from 'xstate';
import type { SnapshotFrom } from 'xstate';
import { gate } from '../../../actors/effect.ts';
import type { Call } from '../../../actors/effect.ts';
import type { Kind, KindSnapshot } from '../../../actors/kind.ts';
import type { EffectResult, PublishedEvent } from '../../../machines/messages.ts';

export interface JobContext {
  namespace: string;
  name: string;
  uid: string;
  correlationId: string;
  token: string;
  runs: number;
  attempts: number;
  notes: readonly string[];
  result: string;
  padding: string;
}

export interface CallInput {
  effect: string;
  token: string;
  correlationId: string;
  attempt: number;
}
export type Perform = (input: CallInput, call: Call) => Promise<string>;

interface TryContext extends CallInput {
  result: EffectResult<string>;
}

/** One effect, tried three times, 1 s apart. */
const tryMachine = (perform: Perform) =>
  setup({
    types: {
      context: {} as TryContext,
      input: {} as Omit<CallInput, 'attempt'>,
      output: {} as Done,
      emitted: {} as PublishedEvent,
    },
    actors: { perform: gate<CallInput, string>(perform) },
    actions: {
      note: assign({ result: ({ event }) => resultOf(event) }),
      again: assign({ attempt: ({ context }) => context.attempt + 1 }),
      tellRetry: emit(({ context }) => ({
        type: 'retried',
        correlationId: context.correlationId,
        data: { attempt: context.attempt },
      })),
    },
    guards: {
      ok: ({ event }) => resultOf(event).ok,
      mayRetry: ({ context, event }) => {
        const result = resultOf(event);
        return !result.ok && result.fault.type === 'Retryable' && context.attempt < 3;
      },
    },
    delays: { backoff: 1_000 },
  }).createMachine({
    id: 'try',
    context: ({ input }) => ({ ...input, attempt: 1, result: notYet }),
    initial: 'trying',
    states: {
      trying: {
        invoke: {
          id: 'call',
          src: 'perform',
          input: ({ context: { effect, token, correlationId, attempt } }) => ({
            ...{ effect, token, correlationId, attempt },
          }),
          onDone: [
            { guard: 'ok', target: 'done', actions: 'note' },
            { guard: 'mayRetry', target: 'waiting', actions: ['note', 'tellRetry'] },
            { target: 'done', actions: 'note' },
          ],
        },
      },
      waiting: { after: { backoff: { target: 'trying', actions: 'again' } } },
      done: { type: 'final' },
    },
    output: ({ context }) => ({
      result: context.result,
      attempts: context.attempt,
    }),
    options: { maxIterations: 20 },
  });

const notYet: EffectResult<string> = {
  ok: false,
  fault: { type: 'InternalError', code: 'job.notYet', message: '' },
  atMs: 0,
  roll: 0,
};
interface Done {
  result: EffectResult<string>;
  attempts: number;
}
/** Done events are no members of the declared events. */
const resultOf = (event: unknown) => (event as { output: EffectResult<string> }).output;
const doneOf = (event: unknown) => (event as { output: Done }).output;

export type JobEvent =
  | { type: 'job.create' | 'job.apply'; token?: string; padding?: string; correlationId: string }
  | { type: 'job.run'; correlationId: string; token?: string }
  | { type: 'job.note'; text: string; correlationId: string }
  | { type: 'job.burst'; count: number; correlationId: string }
  | { type: 'job.grow'; bytes: number }
  | { type: 'job.cancel' | 'job.delete' | 'job.ask'; correlationId: string }
  | { type: 'job.boom' }
  | { type: 'seen.tick'; text: string };

export interface JobOptions {
  readonly perform?: Perform;
  readonly version?: number;
  /** How long an idle job waits before it says so. */
  readonly idleMs?: number;
  /** How long one run may take in all. */
  readonly limitMs?: number;
}

const said = (type: string, context: JobContext): PublishedEvent => ({
  type,
  correlationId: context.correlationId,
  data: { runs: context.runs, notes: context.notes.length },
});

export const jobMachine = ({
  perform = () => Promise.resolve('done'),
  idleMs = 60_000,
  limitMs = 600_000,
}: JobOptions) =>
  setup({
    types: {
      context: {} as JobContext,
      input: {} as { namespace: string; name: string; uid: string },
      events: {} as JobEvent,
      emitted: {} as PublishedEvent,
    },
    actors: { try: tryMachine(perform) },
    actions: {
      begin: assign(({ context, event }) =>
        event.type === 'job.create' || event.type === 'job.apply'
          ? { correlationId: event.correlationId, padding: event.padding ?? context.padding }
          : context,
      ),
      count: assign(({ context, event }) => ({
        runs: context.runs + 1,
        correlationId: 'correlationId' in event ? event.correlationId : context.correlationId,
        token:
          ('token' in event ? event.token : undefined) ?? `${context.uid}-r${context.runs + 1}`,
      })),
      note: assign(({ context, event }) =>
        event.type === 'job.note' || event.type === 'seen.tick'
          ? { notes: [...context.notes, event.text] }
          : context,
      ),
      grow: assign(({ event }) => ({
        padding: event.type === 'job.grow' ? 'x'.repeat(event.bytes) : '',
      })),
      boom: assign(() => {
        throw new Error('boom in assign');
      }),
      finish: assign(({ event }) => {
        const { result, attempts } = doneOf(event);
        return { attempts, result: result.ok ? result.value : result.fault.code };
      }),
      sayCreated: emit(({ context }) => said('created', context)),
      sayFinished: emit(({ context }) => said('finished', context)),
      sayIdle: emit(({ context }) => said('idled', context)),
      sayNoted: emit(({ context }) => said('noted', context)),
      sayDeleted: emit(({ context }) => said('deleted', context)),
      askLater: raise(
        { type: 'job.note', text: 'asked', correlationId: 'late' },
        { id: 'ask', delay: 5_000 },
      ),
    },
    guards: {
      isWhole: ({ context }) => context.uid !== '',
      isQuiet: and([not('isLoud'), 'isWhole']),
      isLoud: ({ context }) => context.notes.includes('loud'),
    },
    delays: { idle: idleMs, limit: limitMs },
  }).createMachine({
    id: 'job',
    context: ({ input }) => ({
      ...{ namespace: input.namespace, name: input.name, uid: input.uid },
      ...{ correlationId: '', token: '', runs: 0, attempts: 0, notes: [], result: '', padding: '' },
    }),
    initial: 'new',
    states: {
      new: { on: { 'job.create': 'alive', 'job.apply': 'alive' } },
      alive: {
        entry: ['begin', 'sayCreated'],
        type: 'parallel',
        on: {
          'job.delete': { target: 'deleted', actions: 'sayDeleted' },
          'job.boom': { actions: 'boom' },
          'job.note': { actions: ['note', 'sayNoted'] },
          'job.apply': { actions: 'begin' },
          'job.grow': { actions: 'grow' },
          'seen.tick': { actions: ['note', 'sayNoted'] },
        },
        states: {
          work: {
            initial: 'idle',
            states: {
              idle: {
                on: { 'job.run': { guard: 'isQuiet', target: 'running', actions: 'count' } },
              },
              running: {
                invoke: {
                  id: 'try',
                  src: 'try',
                  input: ({ context }) => ({
                    ...{ effect: 'job.work', token: context.token },
                    correlationId: context.correlationId,
                  }),
                  onDone: { target: 'idle', actions: ['finish', 'sayFinished'] },
                },
                on: { 'job.cancel': 'idle' },
                after: { limit: 'idle' },
              },
            },
          },
          watch: {
            initial: 'waiting',
            states: {
              waiting: { after: { idle: { target: 'idled', actions: 'sayIdle' } } },
              idled: { on: { 'job.ask': { actions: 'askLater' } } },
            },
            on: { 'job.ask': { actions: 'askLater' } },
          },
        },
      },
      deleted: { type: 'final' },
    },
    options: { maxIterations: 50 },
  });

const contextOf = (snapshot: KindSnapshot): JobContext => snapshot.context as JobContext;
const stateText = ({ value }: KindSnapshot): string =>
  typeof value === 'string' ? value : JSON.stringify(value).replace(/[{}"]/g, '');

export function jobKind(options: JobOptions = {}): Kind {
  const machine = jobMachine(options);
  const kind: Kind<typeof machine> = {
    name: 'job',
    version: options.version ?? 1,
    machine,
    creating: new Set(['create', 'apply']),
    input: ({ namespace, name, uid }) => ({ namespace, name, uid }),
    admit: (snapshot: SnapshotFrom<typeof machine> | undefined, event) => {
      if (snapshot && event.type === 'job.create')
        return { kind: 'refused', refusal: { code: 'resource.exists', message: 'It exists.' } };
      const isSame = snapshot && event.type === 'job.apply' && !('padding' in event);
      return isSame ? { kind: 'unchanged' } : { kind: 'accepted' };
    },
    allowed: (snapshot) => (stateText(snapshot) === 'deleted' ? [] : ['run', 'note', 'delete']),
    isTombstone: ({ status }) => status === 'done',
    isDeleting: (snapshot) => contextOf(snapshot).notes.includes('deleting'),
    stateText,
    view: (snapshot) => {
      const { namespace, name, uid, runs, notes, result } = contextOf(snapshot);
      return { kind: 'Job', metadata: { namespace, name, uid }, status: { runs, notes, result } };
    },
    replyFields: (snapshot) => ({ runs: contextOf(snapshot).runs }),
    watches: () => undefined,
  };
  return kind;
}

export const jobSchemas = {
  job: {
    create: z.strictObject({ token: z.string().optional(), padding: z.string().optional() }),
    apply: z.strictObject({ token: z.string().optional(), padding: z.string().optional() }),
    run: z.strictObject({ token: z.string().optional() }),
    note: z.strictObject({ text: z.string() }),
    grow: z.strictObject({ bytes: z.int() }),
    cancel: z.strictObject({}),
    ask: z.strictObject({}),
    boom: z.strictObject({}),
    delete: z.strictObject({}),
  },
};
