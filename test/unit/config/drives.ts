/** Parts of a host driven for real with given settings, each until it shows what a setting is for. */
import { expect } from 'vitest';
import { createActor, fromPromise, setup, SimulatedClock } from 'xstate';
import { ResourceSeries } from '../../../actors/resource-series.ts';
import { EffectsInFlight } from '../../../actors/effects/in-flight.ts';
import { hosting } from '../../../machines/limits.ts';
import { Batches } from '../../../actors/policies/batch.ts';
import { Intake } from '../../../actors/policies/intake.ts';
import { FanOut } from '../../../actors/policies/fan-out.ts';
import type {
  EffectFault,
  PerformCall,
  PerformInput,
  PerformResult,
  Rejection,
} from '../../../machines/messages.ts';
import { buildOperationMachine } from '../../../machines/operation.ts';
import { createSessions } from '../../../src/aws/session.ts';
import { guardNumbers, guardOptions, retriesBy } from '../../../src/config/settings.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { FakeTelemetry, World } from '../actors/world.ts';
import { simulated } from '../aws/captured.ts';
import { treeGuard } from '../policies/guarded.ts';
import { counted, intent, oneProcess } from '../policies/idempotent-process.ts';

const refused: EffectFault = { type: 'Unavailable', code: '503', message: '' };
const attempt = () => ({ signal: new AbortController().signal, correlationId: 'c' });
const hang = () => new Promise<never>(() => undefined);
/** For calls beyond what may go out: they are refused by the policy that is driven, and for no other reason. */
const refusedBy = (rejectedBy: Rejection) => (thrown: unknown) => {
  expect(thrown).toMatchObject({ fault: { rejectedBy } });
};

const guardWith = (settings: Settings) =>
  treeGuard({ ...guardNumbers(settings), ...guardOptions(settings) });

/** When a call that gets no answer is given up: by its time-out, and for no other reason. */
const timedOutAt =
  (clock: ManualClock, timeout: object = { fault: { type: 'Timeout' } }) =>
  (thrown: unknown): number => {
    expect(thrown).toMatchObject(timeout);
    return clock.monotonicMs();
  };

function circuitOf(settings: Settings, key: string) {
  const { clock, guard } = guardWith(settings);
  const call = (run: () => Promise<unknown>) =>
    guard.call({ key, attempt: attempt(), classify: () => refused }, run);
  const view = () => guard.breakers().find((each) => each.key === key);
  const trip = async (): Promise<number> => {
    for (let failures = 1; failures <= 200; failures += 1) {
      await expect(call(() => Promise.reject(new Error('503')))).rejects.toThrow('503');
      if (view()?.state === 'open') return failures;
      // Slower than any rate allows, faster than the window forgets.
      await clock.advance(100);
    }
    return Infinity;
  };
  const openMs = () => (view()?.openUntilMs ?? 0) - clock.nowMs();
  return { clock, call, view, trip, openMs };
}

export const failuresUntilOpen = (settings: Settings, key: string): Promise<number> =>
  circuitOf(settings, key).trip();

export async function openFor(settings: Settings, key: string): Promise<number> {
  const circuit = circuitOf(settings, key);
  await circuit.trip();
  return circuit.openMs();
}

export async function probesAtOnce(settings: Settings, key: string): Promise<number> {
  const circuit = circuitOf(settings, key);
  await circuit.trip();
  await circuit.clock.advance(circuit.openMs());
  let begun = 0;
  for (let probe = 0; probe < 10; probe += 1)
    void circuit
      .call(() => {
        begun += 1;
        return hang();
      })
      .catch(refusedBy('circuit'));
  await settle();
  return begun;
}

export async function successesUntilClosed(settings: Settings, key: string): Promise<number> {
  const circuit = circuitOf(settings, key);
  await circuit.trip();
  await circuit.clock.advance(circuit.openMs());
  for (let successes = 1; successes <= 50; successes += 1) {
    await circuit.call(() => Promise.resolve());
    if (circuit.view()?.state === 'closed') return successes;
  }
  return Infinity;
}

/** Calls to one account and region that go out within `ms`. */
export async function callsWithin(settings: Settings, ms: number): Promise<number> {
  const { clock, guard } = guardWith(settings);
  let made = 0;
  for (const key of ['main/r/ssm', 'main/r/ec2:read'])
    for (let call = 0; call < 50; call += 1)
      void guard
        .call({ key, attempt: attempt(), classify: () => refused }, () => {
          made += 1;
          return Promise.resolve();
        })
        .catch(refusedBy('rateLimit'));
  await clock.advance(ms);
  return made;
}

/** The waits of an operation whose calls all fail, one after each try but the last. */
export async function waitsOf(settings: Settings): Promise<number[]> {
  const clock = new SimulatedClock();
  const waits: number[] = [];
  const perform = fromPromise<PerformResult, PerformCall>(() =>
    Promise.resolve({ ok: false, fault: refused, atMs: clock.now(), roll: 0.5 }),
  );
  const operation = buildOperationMachine(retriesBy(() => settings)).provide({
    actors: { perform },
  });
  const parent = createActor(
    setup({ actors: { operation } }).createMachine({
      invoke: {
        id: 'op',
        src: 'operation',
        input: {
          ...{ effect: 'cluster.plan', input: {} as never, token: '', preset: 'default' },
          ...{ correlationId: 'c', atMs: 0, paused: false },
        },
      },
    }),
    { clock },
  ).start();
  const child = parent.getSnapshot().children.op;
  child?.on('*', (event) => {
    const { type, data } = event as unknown as { type: string; data: { delayMs: number } };
    if (type === 'operationRetried') waits.push(data.delayMs);
  });
  for (let turn = 0; turn < 40; turn += 1) {
    await settle();
    clock.increment(120_000);
  }
  return waits;
}

const jobs = Array.from({ length: 20 }, (_, index) => index);

function fanOutOf(settings: Settings) {
  const clock = new ManualClock();
  const parts = { clock, telemetry: new FakeTelemetry(), cpuShare: () => 0 };
  return { clock, fanOut: new FanOut({ ...parts, settings: () => settings.fanOut }) };
}

export async function jobsAtOnce(settings: Settings): Promise<number> {
  const { fanOut } = fanOutOf(settings);
  let begun = 0;
  void fanOut.run({ kind: 'sweep', attempt: attempt() }, jobs, () => {
    begun += 1;
    return hang();
  });
  await settle();
  return begun;
}

export async function fanOutEndsAfter(settings: Settings): Promise<number> {
  const { clock, fanOut } = fanOutOf(settings);
  const report = fanOut.run({ kind: 'sweep', attempt: attempt() }, jobs, hang);
  await clock.advance(3 * 3_600_000);
  return (await report).durationMs;
}

function batchesOf(settings: Settings, send: (ids: readonly string[]) => Promise<never>) {
  const clock = new ManualClock();
  const batches = new Batches({
    ...{ clock, telemetry: new FakeTelemetry() },
    settings: () => settings.batch,
  });
  const call = { key: 'main/r/StopInstances', op: 'StopInstances', send };
  const ended = jobs.map((id) =>
    batches.run<number>(call, `i-${id}`, attempt()).catch(timedOutAt(clock)),
  );
  return { clock, ended };
}

export async function idsInOneCall(settings: Settings): Promise<number> {
  const sizes: number[] = [];
  const { clock } = batchesOf(settings, (ids) => {
    sizes.push(ids.length);
    return hang();
  });
  await clock.advance(1_000);
  return Math.max(...sizes);
}

export async function batchEndsAfter(settings: Settings): Promise<number> {
  const { clock, ended } = batchesOf(settings, hang);
  await clock.advance(3_600_000);
  return Math.max(...(await Promise.all(ended)));
}

/** How long a call is waited for that gets no answer. */
export async function silenceUntilTimeout(
  settings: Settings,
  [service, operation, input]: readonly ['ec2' | 'ssm', string, object],
): Promise<number> {
  const { clock, guard } = guardWith(settings);
  const wire = { isReached: false };
  const requestHandler = {
    handle: () => {
      wire.isReached = true;
      return hang();
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  const timeouts = () => settings.attemptTimeouts;
  const sessions = createSessions({ ...simulated, guard, timeouts, requestHandler });
  const scope = { account: 'main', region: 'eu-central-1', ...attempt() };
  const send = sessions[service] as (scope: object, name: string, input: object) => Promise<never>;
  const ended = send(scope, operation, input).catch(timedOutAt(clock));
  for (let turn = 0; turn < 1_000 && !wire.isReached; turn += 1) await settle();
  await clock.advance(90_000);
  return Math.round((await ended) / 1_000) * 1_000;
}

export async function turnsAtOnce(settings: Settings): Promise<number> {
  const world = await new World().start();
  world.host.limitTurns(settings.turnsPerKindMax);
  world.store.hold();
  for (const id of [...jobs, ...jobs.map((each) => each + 20)])
    world.send('create', {}, {}, `job-${id}`);
  await world.clock.advance(0);
  const loaded = world.host.readings().find(({ metric }) => metric === 'fairlead_residents');
  return loaded?.value ?? 0;
}

/** Milliseconds until an actor that does nothing has left memory. */
export async function inMemoryFor(settings: Settings): Promise<number> {
  const world = await new World({ idleMs: 30 * 86_400_000 }).start();
  world.host.restAfter(settings.restAfterMs);
  await world.ask('create');
  await world.clock.advance(hosting.tidyAfterMs); // its last commit: the emptied outbox
  const sinceMs = world.clock.monotonicMs();
  for (let look = 0; look < 60 && world.host.residents().length > 0; look += 1)
    await world.clock.advance(10_000);
  return world.clock.monotonicMs() - sinceMs;
}

export async function effectsAtOnce(settings: Settings): Promise<number> {
  let begun = 0;
  const perform = new EffectsInFlight(settings.effectsInFlightMax).bounding(() => {
    begun += 1;
    return hang();
  });
  const order = { effect: 'node.launch' } as unknown as PerformInput;
  for (let call = 0; call < 150; call += 1) void perform(order, { ...attempt(), id: 'a' } as never);
  await settle();
  return begun;
}

/** How often a call is made that is asked for again after an hour. */
export async function madeAgainAfterAnHour(settings: Settings): Promise<number> {
  const { policy, clock } = oneProcess('h1', {}, { ttlMs: settings.idempotencyTtlMs });
  const call = counted('done');
  await policy.run(intent(), call.make);
  clock.freeze(3_600_000);
  await policy.run(intent(), call.make);
  return call.made;
}

/** Milliseconds after which a silent call is cut off, once a hundred calls have answered fast. */
export async function cutOffAfterFastCalls(settings: Settings): Promise<number> {
  const { clock, guard } = guardWith(settings);
  const key = 'main/r/sqs';
  const call = (run: () => Promise<unknown>) =>
    guard.call({ key, attempt: attempt(), classify: () => refused, operation: 'send' }, run);
  for (let each = 0; each < 100; each += 1) {
    const made = call(() => new Promise((resolve) => clock.after(100, () => resolve(0))));
    await clock.advance(1_000);
    await made;
  }
  const startedMs = clock.monotonicMs();
  const cutAt = call(hang).catch(timedOutAt(clock, { name: 'TimeoutError' }));
  await clock.advance(120_000);
  return Number(await cutAt) - startedMs;
}

/** State of an open circuit after its service answered another class of calls. */
export async function stateAfterAnotherAnswer(settings: Settings): Promise<string | undefined> {
  const { clock, guard } = guardWith(settings);
  const call = (key: string, run: () => Promise<unknown>) =>
    guard.call({ key, attempt: attempt(), classify: () => refused }, run);
  const [down, up] = ['main/r/ec2:mutate', 'main/r/ec2:read'];
  const state = () => guard.breakers().find(({ key }) => key === down)?.state;
  while (state() !== 'open')
    await expect(call(down, () => Promise.reject(new Error('503')))).rejects.toThrow('503');
  await clock.advance(10_000);
  await call(up, () => Promise.resolve());
  return state();
}

/** Messages a second that are let in after many slow answers. */
export async function rateAfterSlowAnswers(settings: Settings): Promise<number> {
  const clock = new ManualClock();
  const { adaptsIntake } = settings.optional;
  const intake = new Intake(clock, new FakeTelemetry(), { isAdaptive: adaptsIntake });
  for (let each = 0; each < 200; each += 1) {
    intake.answered('queries', 5_000);
    await clock.advance(100);
  }
  const view = intake.views().find(({ key }) => key === 'intake/queries');
  return Math.round(view?.ratePerSecond ?? NaN);
}

/** Names under which three resources are measured. */
export function resourcesWithSeries({ resourcesMax }: Settings): Promise<string[]> {
  const series = new ResourceSeries(
    () => resourcesMax,
    () => 0,
  );
  const names = [0, 1, 2].map(
    (index) =>
      series.add({ kind: 'replication', namespace: 'shop', name: `r${index}` }).labels.name,
  );
  return Promise.resolve(names);
}
