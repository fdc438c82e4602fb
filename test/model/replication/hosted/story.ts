/** A random story of one replication, as plain JSON: what is ordered, how time passes, and what goes wrong. */
import fc from 'fast-check';
import type { Side } from '../../../../machines/replication-table.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** What may befall the cloud; troubles.ts says what each is. */
export const troubleNames = [
  ...(['lostReply', 'late', 'unavailable', 'throttled', 'unanswered', 'quota'] as const),
  ...(['regionAway', 'readLag', 'slow', 'workFails', 'busy', 'noDeny', 'limits'] as const),
  ...(['stopped', 'terminated', 'snapshotInUse', 'halfDead'] as const),
] as const;
export type TroubleName = (typeof troubleNames)[number];

export interface Trouble {
  readonly name: TroubleName;
  /** `writer`: whichever writes by then. */
  readonly side: Side | 'writer';
  /** Picks an operation, a code or a kind of work; every trouble takes it modulo what it knows. */
  readonly pick: number;
  /** Calls that it meets at most. */
  readonly times: number;
  /** After that it is over, whatever it has met. */
  readonly forMs: number;
}

export type Step =
  | { readonly do: 'order'; readonly verb: string; readonly given: object }
  /** With the token that the promotion shows, or with one of yesterday. */
  | { readonly do: 'override'; readonly isRight: boolean }
  /** What the replication says is allowed now; picks one of them. */
  | { readonly do: 'allowed'; readonly pick: number }
  | { readonly do: 'pass'; readonly ms: number }
  | ({ readonly do: 'trouble' } & Trouble)
  /** Forces the side that does not write to be the writer. */
  | { readonly do: 'forceOther' }
  /** The process ends after so many boundaries, the one after it after so many of its own. */
  | { readonly do: 'die'; readonly after: readonly number[] }
  /** Another host takes over from one that lives on. */
  | { readonly do: 'usurp' }
  | { readonly do: 'store'; readonly faults: readonly ('lostAnswer' | 'lostRequest' | 'stale')[] }
  /** The host's own clock is off against the cloud's from now on. */
  | { readonly do: 'skew'; readonly ms: number }
  | { readonly do: 'freeze'; readonly ms: number };

export interface Story {
  /** Decides every duration of the cloud. */
  readonly cloudSeed: number;
  readonly every: '10m' | '40m' | '4h';
  readonly fencing: 'detach' | 'stop' | 'force' | 'terminate';
  readonly onDelete: 'retain' | 'remove';
  readonly consistency: 'crash' | 'perVolume';
  readonly hydrate: 'lazy' | 'full' | 'percent:40';
  /** Trouble begins once the first point is there; else with the declaration itself. */
  readonly isBornCalm: boolean;
  readonly steps: readonly Step[];
  /** What comes after them; mostly nothing. */
  readonly end: readonly Step[];
}

const side = fc.constantFrom<Side>('home', 'away');
const how = fc.constantFrom('planned', 'planned', 'forced');
const force = fc.boolean();
const point = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 4 });
const epochs = fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined, freq: 8 });

const order = (verb: string, given: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record(given).map((chosen): Step => ({
    ...{ do: 'order', verb },
    given: Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
  }));

const orders = fc.oneof(
  { weight: 4, arbitrary: order('failover', { how, point, expectEpoch: epochs }) },
  { weight: 3, arbitrary: order('failback') },
  { weight: 2, arbitrary: order('relocate') },
  { weight: 3, arbitrary: order('promote', { endpoint: side, how, point }) },
  { weight: 2, arbitrary: order('demote', { endpoint: side, force }) },
  { weight: 2, arbitrary: order('resync', { endpoint: side, force }) },
  { weight: 2, arbitrary: order('recover', { endpoint: side }) },
  { weight: 2, arbitrary: order('cancel') },
  { weight: 1, arbitrary: order('pause') },
  { weight: 2, arbitrary: order('resume') },
  { weight: 3, arbitrary: order('sync') },
  {
    weight: 2,
    arbitrary: order('test-start', {
      ...{ endpoint: side, point, force },
      ttlSeconds: fc.constantFrom(60, 600, 3_600),
    }),
  },
  { weight: 1, arbitrary: order('test-stop', { endpoint: side }) },
  {
    weight: 1,
    arbitrary: order('reconfigure', {
      every: fc.constantFrom('4m', '30m', '1h', '3d'),
      mode: fc.option(fc.constantFrom('synchronous', 'asynchronous'), { nil: undefined, freq: 3 }),
    }),
  },
);

const passing = fc
  .oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 90 }).map((n) => n * secondMs) },
    { weight: 10, arbitrary: fc.integer({ min: 1, max: 12 }).map((n) => n * minuteMs) },
    { weight: 1, arbitrary: fc.constantFrom(1, 1, 3).map((n) => n * 60 * minuteMs) },
  )
  .map((ms): Step => ({ do: 'pass', ms }));

const trouble = fc
  .record({
    name: fc.constantFrom(...troubleNames.filter((name) => name !== 'terminated')),
    side,
    pick: fc.nat(99),
    times: fc.integer({ min: 1, max: 4 }),
    forMs: fc.integer({ min: 1, max: 15 }).map((n) => n * minuteMs),
  })
  .map((chosen): Step => ({ do: 'trouble', ...chosen }));
/** An instance that is gone for good leaves one side without a place, and a deletion is the end: both come late, if at all. */
const terminated = side.map((where): Step => ({
  ...{ do: 'trouble', name: 'terminated', side: where },
  ...{ pick: 0, times: 1, forMs: minuteMs },
}));

const host = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.nat(25), { minLength: 1, maxLength: 2 })
      .map((after): Step => ({ do: 'die', after })),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'usurp' }) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom('lostAnswer', 'lostRequest', 'stale'), { minLength: 1, maxLength: 2 })
      .map((faults): Step => ({ do: 'store', faults })),
  },
  {
    weight: 1,
    arbitrary: fc
      .oneof(
        // As far as windows allow for, and what an operator or a broken time server does.
        { weight: 2, arbitrary: fc.integer({ min: -4, max: 4 }) },
        { weight: 1, arbitrary: fc.constantFrom(-300, -60, 60, 300) },
      )
      .map((n): Step => ({ do: 'skew', ms: n * secondMs })),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 120 })
      .map((n): Step => ({ do: 'freeze', ms: n * secondMs })),
  },
);

const isRight = fc.constantFrom(true, true, true, false);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: passing },
  { weight: 16, arbitrary: orders },
  { weight: 14, arbitrary: fc.nat(99).map((pick): Step => ({ do: 'allowed', pick })) },
  { weight: 3, arbitrary: isRight.map((right): Step => ({ do: 'override', isRight: right })) },
  { weight: 16, arbitrary: trouble },
  { weight: 8, arbitrary: host },
);

const end = fc.oneof(
  { weight: 8, arbitrary: fc.constant<readonly Step[]>([]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(terminated, passing, fc.oneof(orders, passing), passing)
      .map((steps): readonly Step[] => steps),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(order('delete', { force }), passing, fc.oneof(orders, trouble, host))
      .map((steps): readonly Step[] => steps),
  },
);

const troubleOf = (name: TroubleName, minutes: fc.Arbitrary<number>) =>
  fc.tuple(fc.nat(99), minutes).map(([pick, forMinutes]): Step => ({
    ...{ do: 'trouble', name, side: 'writer' },
    ...{ pick, times: 3, forMs: forMinutes * minuteMs },
  }));
const seconds = fc
  .integer({ min: 1, max: 240 })
  .map((n): Step => ({ do: 'pass', ms: n * secondMs }));

/** What is too rare when every step is drawn by itself. */
const chains: fc.Arbitrary<readonly Step[]> = fc.oneof(
  // The writer cannot be seen, somebody forces the other side, and accepts that both may write.
  fc.tuple(
    troubleOf('regionAway', fc.integer({ min: 2, max: 14 })),
    fc.constant<Step>({ do: 'forceOther' }),
    seconds,
    seconds,
    isRight.map((right): Step => ({ do: 'override', isRight: right })),
    passing,
  ),
  // A hand-over meets trouble at the writer.
  fc.tuple(
    fc.oneof(order('relocate'), order('demote', { endpoint: side, force })),
    fc.oneof(trouble, troubleOf('regionAway', fc.integer({ min: 1, max: 9 })), host),
    passing,
  ),
  fc.tuple(
    order('demote', { endpoint: side, force: fc.constant(true) }),
    seconds,
    fc.oneof(
      order('promote', { endpoint: side, how, point }),
      order('recover', { endpoint: side }),
    ),
  ),
);

/** Biased to nothing: short stories of small numbers would be most of them, and the bugs are in the long ones. */
export const story: fc.Arbitrary<Story> = fc.noBias(
  fc.record({
    cloudSeed: fc.integer({ min: 1, max: 60_000 }),
    every: fc.constantFrom('10m', '40m', '4h'),
    fencing: fc.constantFrom('detach', 'stop', 'stop', 'force', 'terminate'),
    onDelete: fc.constantFrom('retain', 'remove'),
    consistency: fc.constantFrom('crash', 'crash', 'perVolume'),
    hydrate: fc.constantFrom('lazy', 'lazy', 'full', 'percent:40'),
    isBornCalm: fc.constantFrom(true, true, true, false),
    steps: fc
      .array(
        fc.oneof(
          { weight: 12, arbitrary: step.map((each): readonly Step[] => [each]) },
          { weight: 1, arbitrary: chains },
        ),
        { minLength: 8, maxLength: 20, size: 'max' },
      )
      .map((each) => each.flat()),
    end,
  }),
);
