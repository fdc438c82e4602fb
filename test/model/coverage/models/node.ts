/** One machine of a cluster: all it may be told, with its operation stood in for. */
import { changeBounds } from '../../../../machines/limits.ts';
import { buildNodeMachine } from '../../../../machines/node.ts';
import type { NodeContext } from '../../../../machines/node-context.ts';
import { operationMachine } from '../../../../machines/operation.ts';
import type { InstanceFact } from '../../../../machines/messages.ts';
import { answers, fault, nowMs, told } from '../asked.ts';
import type { Asked } from '../asked.ts';
import type { Model, Snapshot } from '../model.ts';
import { inputOf, standIn } from '../stand-in.ts';

const stamp = { atMs: nowMs, correlationId: 'k1' };
const machine = buildNodeMachine(operationMachine, 1).provide({
  actors: { operation: standIn as never },
});

const launchOrder = {
  ...{ account: 'prod', region: 'eu-west-1', rootDevice: '/dev/xvda', securityGroupIds: [] },
  offer: { instanceType: 'm6g.large', zone: 'a', subnetId: 's', imageId: 'ami' },
  rootVolume: { sizeGiB: 8, encrypted: true, kmsKeyId: '' },
  ...{ instanceProfile: '', publicIp: false, protected: false, tags: {} },
};

const fact = (label: string, state: InstanceFact['state'], agentOnline = false): Asked =>
  told(
    {
      ...{ type: 'node.fact', atMs: nowMs },
      fact: {
        ...{ slot: 'a0', incarnation: 1, instanceId: 'i-1', state, agentOnline },
        ...{ privateIp: '10.0.0.1', zone: 'a', stateReason: '' },
      },
    },
    label,
  );

const script = (verb: string) => ({ verb, opId: `${verb}-1`, parameters: {} });
const verbs = {
  'node.stageGranted': 'stage',
  'node.joinGranted': 'join-agent',
  'node.drainGranted': 'drain',
  'node.uncordonGranted': 'uncordon',
  'node.leaveGranted': 'leave-etcd',
  'node.deregisterGranted': 'delete-node',
  'node.rebootGranted': 'check',
  'node.startGranted': 'check',
} as const;

const always: readonly Asked[] = [
  told({ type: 'node.launchGranted', ...stamp, order: launchOrder, token: 't' }),
  ...Object.entries(verbs).map(([type, verb]) => told({ type, ...stamp, script: script(verb) })),
  ...['node.stopGranted', 'node.removeRequested', 'node.retry'].map((type) =>
    told({ type, ...stamp }),
  ),
  fact('runs', 'running'),
  fact('is online', 'running', true),
  fact('stops', 'stopped'),
  fact('ends', 'terminated'),
  ...['control.paused', 'control.resumed', 'operation.retryNow'].map((type) => told({ type })),
  told({ type: 'operation.cancel', atMs: nowMs }),
  told({ type: 'operation.changed', waiting: null }),
];

const launched = { instanceId: 'i-1', privateIp: '10.0.0.1', state: 'pending' };
const said = (label: string, more: object, facts: object = {}): Asked => {
  const whole = { ok: true, running: false, code: 'ok', progress: 100, hint: '', facts, ...more };
  return answers('op', label, { value: whole });
};
const ok = (label: string, value: unknown): Asked => answers('op', label, { value });
const lost = answers('op', 'is lost', fault('Timeout', { mayHaveHappened: true }), {
  isUncertain: true,
});
const denied = answers('op', 'is denied', fault('Unauthorized'));

/** What an operation may come to, by its effect. */
function answersTo(effect: string): readonly Asked[] {
  switch (effect) {
    case 'node.launch':
      return [
        ...[ok('launches', launched), lost, denied],
        answers('op', 'lacks capacity', fault('CapacityShortage')),
      ];
    case 'node.resolve':
      return [ok('never happened', null), ok('finds it', launched), lost];
    case 'node.terminate':
      return [
        ok('ends it', { state: 'shutting-down' }),
        ok('finds it gone', { state: 'gone' }),
        lost,
      ];
    case 'node.script':
      return [
        said('goes on', { running: true, progress: 50 }),
        said('works', {}, { bootId: 'boot-1', active: 'active' }),
        said('works after a boot', {}, { bootId: 'boot-2', active: 'active' }),
        said('finds it down', {}, { active: 'inactive' }),
        said('fails', { ok: false, code: 'script.failed' }),
        said('fears for the quorum', { ok: false, code: 'etcd.quorumUnsafe' }),
        lost,
      ];
    default:
      return [ok('is done', { state: 'pending' }), lost];
  }
}

function asks({ children }: Snapshot): readonly Asked[] {
  const { op } = children;
  if (op === undefined) return always;
  return [...always, ...answersTo((inputOf(op) as { effect: string }).effect)];
}

/** Where a machine that dies is replaced, and where that is counted. */
const replaceable = [
  ...['waiting', 'launching', 'booting', 'registering', 'registered', 'staging', 'staged'],
  'terminating',
];

/** Since the machine was last told to restart. */
const looksOf = ({ looks = 0, looksBefore = 0 }: NodeContext): number => looks - looksBefore;

/** State and guard inputs, as far as they are read there or before anything overwrites them. */
function key({ value, context }: Snapshot): string {
  const of = context as NodeContext;
  const state = typeof value === 'string' ? value : Object.keys(value as object).join();
  const isIn = (...states: string[]): boolean => states.includes(state);
  return JSON.stringify([
    ...[value, of.instanceState, of.agentOnline],
    isIn(...replaceable) && of.replacements,
    isIn('failed', 'terminating') && [of.instanceId !== '', of.order !== null, of.isRemoval],
    isIn('failed', 'checking', 'launching') && of.resume,
    isIn('rebooting') && [of.bootId, Math.min(looksOf(of), changeBounds.rebootLooksMax)],
    isIn('rebooting', 'checking', 'drained') && of.isCordoned,
    isIn('stopped') && [of.isHalted, of.mayStartLate],
  ]);
}

export const nodeModel: Model = {
  id: 'node',
  machine,
  part: ({ value }) => value,
  input: { slot: 'a0', incarnation: 1, preset: 'aws', paused: false, ...stamp },
  explorations: [{ walk: [], asks, key, limit: 1_000_000 }],
};
