/** A node that is a member of its cluster, and how it is taken out of it: drained, out of etcd, out of Kubernetes. */
import { changes } from './limits.ts';
import type { NodePhase } from './node-context.ts';
import { scriptRun } from './node-script.ts';
import { nodeSetup } from './node-setup.ts';

const lost = { guard: 'isDead', target: '#node.lost', actions: 'noteDeath' } as const;
const told = (phase: NodePhase) => ({ type: 'report', params: { phase } }) as const;
const granted = (target: string) => ({ target, actions: 'takeScriptGrant' }) as const;

/** It may have been done or not; what follows is the same script once more, or the way back. */
const late = (target: string, afterMs: number) =>
  ({
    target,
    actions: { type: 'noteLate', params: { resume: 'checking', afterMs } },
  }) as const;

/** A failed script is not run again at once: whatever stopped it is given time. */
const cooling = (target: string) => nodeSetup.createStateConfig({ after: { scriptRetry: target } });

const draining = scriptRun('draining', {
  worked: { target: '#node.drained' },
  failed: [{ target: '#node.undrained' }],
});
const uncordoning = scriptRun('uncordoning', {
  worked: { target: '#node.ready', actions: ['noteUncordoned', 'reportReady'] },
  failed: [{ target: '#node.uncordoning.cooling' }],
});
const leaving = scriptRun('leaving', {
  worked: { target: '#node.left' },
  failed: [
    { guard: 'isQuorumUnsafe', target: '#node.undrained' },
    { target: '#node.leaving.cooling' },
  ],
});
const deregistering = scriptRun('deregistering', {
  worked: { target: '#node.terminating', actions: ['noteOut'] },
  failed: [{ target: '#node.deregistering.cooling' }],
});

export const servingStates = {
  ready: nodeSetup.createStateConfig({
    tags: 'steady',
    always: [lost, { guard: 'isHalted', target: 'stopped', actions: 'noteHalt' }],
    on: {
      'node.drainGranted': granted('draining'),
      'node.rebootGranted': granted('rebooting'),
      'node.stopGranted': { target: 'stopping', actions: 'takeGrant' },
    },
  }),
  draining: nodeSetup.createStateConfig({
    entry: ['noteCordoned', told('draining')],
    always: lost,
    ...draining,
    after: { drain: late('undrained', changes.drainMarginMs) },
  }),
  drained: nodeSetup.createStateConfig({
    entry: told('drained'),
    always: lost,
    on: {
      'node.leaveGranted': granted('leaving'),
      'node.deregisterGranted': granted('deregistering'),
      'node.rebootGranted': granted('rebooting'),
      'node.uncordonGranted': granted('uncordoning'),
    },
  }),
  /** Not drained, or not to leave after all; it may still be cordoned. */
  undrained: nodeSetup.createStateConfig({
    entry: told('undrained'),
    always: lost,
    on: { 'node.uncordonGranted': granted('uncordoning') },
  }),
  uncordoning: nodeSetup.createStateConfig({
    entry: told('uncordoning'),
    always: lost,
    ...uncordoning,
    states: { ...uncordoning.states, cooling: cooling('#node.undrained') },
    after: { uncordon: late('undrained', changes.uncordonMs) },
  }),
  /** From here on only forward: whether etcd still counts it is not known until the script says so. */
  leaving: nodeSetup.createStateConfig({
    entry: told('leaving'),
    ...leaving,
    states: { ...leaving.states, cooling: cooling('#node.drained') },
  }),
  left: nodeSetup.createStateConfig({
    entry: told('left'),
    on: { 'node.deregisterGranted': granted('deregistering') },
  }),
  deregistering: nodeSetup.createStateConfig({
    entry: told('deregistering'),
    ...deregistering,
    states: { ...deregistering.states, cooling: cooling('#node.left') },
  }),
};
