/** The chart with one safety part taken out: every one must be found to have two writers, or to call a writer idle. */
import { assign } from 'xstate';
import { replicationMachine } from '../../../machines/replication.ts';
import { claimed } from '../../../machines/replication-notes.ts';
import { replicationSetup } from '../../../machines/replication-setup.ts';
import { sides } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { faultOf } from '../../../machines/replication-events.ts';
import type { Chart } from './chart.ts';
import type { Rules } from './explorer.ts';

export interface Mutant {
  readonly name: string;
  /** Absent where the chart is the real one and the world lacks a rule. */
  readonly chart?: () => Chart;
  readonly rules?: Rules;
}

/** Plain objects and arrays anew; functions stay. */
const copied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copied(each)]));
};

interface Config {
  target?: string;
  states: Record<string, Config>;
  invoke: { onDone: Config[] };
  after: Record<string, Config>;
}

/** The chart with some edges of its promotions led elsewhere. */
function rewired(edit: (promoting: Record<string, Config>, side: Side) => void): Chart {
  const config = copied(replicationMachine.config) as Config;
  for (const side of sides) {
    const promoting = config.states[side]?.states['promoting']?.states;
    if (promoting === undefined) throw new Error(`no promotion of ${side}`);
    edit(promoting, side);
  }
  // The copy has the shape of what it was copied from.
  return replicationSetup.createMachine(config as never) as unknown as Chart;
}

function lead(from: Config | undefined, index: number, target: string): void {
  const edge = from?.invoke.onDone[index];
  if (edge === undefined) throw new Error('no such edge');
  edge.target = target;
}

/** Arms whatever the proof says. */
const armsAnyway = (chart: Chart): Chart =>
  chart.provide({
    guards: { canArm: ({ event }) => faultOf(event) === null },
  });

const noFence = (): Chart =>
  armsAnyway(
    rewired((promoting, side) => {
      lead(promoting['claimingEpoch'], 1, `#${side}.promoting.choosingPoint`);
    }),
  );

const proofBeforeWindow = (): Chart =>
  rewired((promoting, side) => {
    const quiet = promoting['quietWindow']?.states;
    lead(promoting['fencing'], 0, `#${side}.promoting.quietWindow.proving`);
    lead(quiet?.['proving'], 0, `#${side}.promoting.quietWindow.waiting`);
    const end = quiet?.['waiting']?.after['promoteWindow'];
    if (end === undefined) throw new Error('no window');
    end.target = `#${side}.promoting.choosingPoint`;
  });

const armBeforeProof = (): Chart =>
  armsAnyway(
    rewired((promoting, side) => {
      lead(promoting['claimingEpoch'], 1, `#${side}.promoting.choosingPoint`);
      lead(promoting['arming'], 0, `#${side}.promoting.fencing`);
      lead(promoting['quietWindow']?.states['proving'], 0, `#${side}.promoting.verifying`);
    }),
  );

const overrideUnrecorded = (): Chart =>
  armsAnyway(replicationMachine).provide({
    actions: {
      recordOverride: assign(({ context }) => ({
        fence: { epoch: context.epoch, stage: 'waived' as const, atMs: 0 },
      })),
    },
  });

/** Called settled as soon as the new side has been armed. */
const flagClearedUnproven = (): Chart =>
  replicationMachine.provide({
    actions: {
      noteVia: assign(({ context }) =>
        context.riskAccepted === null
          ? {}
          : { riskAccepted: { ...context.riskAccepted, clearedAtMs: 1 } },
      ),
    },
    guards: { canArm: ({ event }) => faultOf(event) === null },
  });

const noClaim = (): Chart =>
  replicationMachine.provide({
    actions: {
      claim: assign(({ context }) => {
        const isBirth = context.epoch === 0;
        return isBirth ? claimed(context) : { ...claimed(context), ...unclaimed(context.epoch) };
      }),
    },
    guards: { canArm: ({ event }) => faultOf(event) === null },
  });
const unclaimed = (epoch: number) => ({
  epoch,
  fence: { epoch, stage: 'none' as const, atMs: 0 },
});

const everyWindow = [
  'promoteWindow',
  'demoteWindow',
  'recoverWindow',
  'compensationWindow',
  'probeAgain',
];

export const mutants: readonly Mutant[] = [
  { name: 'no fence', chart: noFence },
  { name: 'no window', rules: { instant: everyWindow } },
  { name: 'proof only before the window', chart: proofBeforeWindow },
  { name: 'no window in demote', rules: { instant: ['demoteWindow'] } },
  { name: 'no window in recover', rules: { instant: ['recoverWindow'] } },
  { name: 'no window in compensation', rules: { instant: ['compensationWindow'] } },
  { name: 'un-fencing an old volume', rules: { unfences: true } },
  { name: 'arm before proof', chart: armBeforeProof },
  { name: 'override not recorded', chart: overrideUnrecorded },
  { name: 'flag cleared without proof', chart: flagClearedUnproven },
  { name: 'no epoch claim', chart: noClaim },
  { name: 'issue without deadline', rules: { hasNoIssueDeadline: true } },
];
