/** Machines stopped, started and restarted. What EC2 answers proves nothing: facts and boot ids do. */
import { changes } from './limits.ts';
import { nodeOperation } from './node-context.ts';
import type { NodePhase } from './node-context.ts';
import { nodeSetup, operationId, runScript } from './node-setup.ts';

const lost = { guard: 'isDead', target: '#node.lost', actions: 'noteDeath' } as const;
const told = (phase: NodePhase) => ({ type: 'report', params: { phase } }) as const;

/** Not back in time: it rests until somebody retries, and then is looked at again. */
const late = {
  target: '#node.failed',
  actions: { type: 'noteLate', params: { resume: 'checking', afterMs: changes.restartMs } },
} as const;

const call = (effect: 'node.stop' | 'node.start', next: string) =>
  nodeSetup.createStateConfig({
    invoke: {
      id: operationId,
      src: 'operation',
      input: ({ context }) => nodeOperation(context, effect),
      // A refusal is told and asked again later: what counts is what is seen.
      onDone: { target: next, actions: 'noteAnswered' },
    },
  });

const asking = nodeSetup.createStateConfig({
  entry: 'countLook',
  invoke: {
    ...runScript,
    onDone: [
      { guard: 'scriptWorked', target: 'calling', actions: 'noteBoot' },
      // Nothing has been done to the machine yet: what was drained takes work again.
      {
        guard: 'isCordoned',
        target: '#node.undrained',
        actions: { type: 'noteScriptFault', params: { resume: 'checking' } },
      },
      {
        target: '#node.failed',
        actions: { type: 'noteScriptFault', params: { resume: 'checking' } },
      },
    ],
  },
});

export const poweringStates = {
  rebooting: nodeSetup.createStateConfig({
    entry: told('rebooting'),
    always: lost,
    initial: 'asking',
    states: {
      asking,
      calling: {
        invoke: {
          id: operationId,
          src: 'operation',
          // One try: a second one could restart a machine that has just come back. Its boot id tells what became of it.
          input: ({ context }) => ({ ...nodeOperation(context, 'node.reboot'), preset: 'none' }),
          onDone: { target: 'settling', actions: ['noteAnswered', 'noteRebootCall'] },
        },
      },
      settling: { after: { rebootSettle: 'proving' } },
      proving: {
        entry: 'countLook',
        invoke: {
          ...runScript,
          onDone: [
            { guard: 'hasRebooted', target: '#node.checking' },
            { guard: 'hasNotRebooted', target: 'calling' },
            { target: 'settling' },
          ],
        },
      },
    },
    after: { restart: late },
  }),
  /** The machine runs; its K3s may still be on its way up. */
  checking: nodeSetup.createStateConfig({
    entry: told('checking'),
    always: lost,
    initial: 'looking',
    states: {
      looking: {
        entry: 'countLook',
        invoke: {
          ...runScript,
          onDone: [
            {
              guard: 'isServing',
              target: 'serving',
              actions: ['noteAnswered', 'dropScript'],
            },
            { target: 'waiting' },
          ],
        },
      },
      waiting: { after: { scriptAgain: 'looking' } },
      serving: {
        always: [
          { guard: 'isCordoned', target: '#node.rebooted' },
          { target: '#node.ready', actions: told('ready') },
        ],
      },
    },
    after: { restart: late },
  }),
  /** Restarted while drained: it takes work again once it is uncordoned. */
  rebooted: nodeSetup.createStateConfig({
    entry: told('rebooted'),
    always: lost,
    on: { 'node.uncordonGranted': { target: 'uncordoning', actions: 'takeScriptGrant' } },
  }),
  stopping: nodeSetup.createStateConfig({
    entry: told('stopping'),
    always: lost,
    initial: 'calling',
    states: {
      calling: call('node.stop', 'confirming'),
      confirming: {
        entry: told('stopping'),
        always: { guard: 'isStopped', target: '#node.stopped', actions: 'noteStopped' },
        after: { stopAgain: 'calling' },
      },
    },
  }),
  stopped: nodeSetup.createStateConfig({
    entry: ['noteOffline', told('stopped')],
    always: [
      lost,
      { guard: 'isBack', target: 'ready', actions: ['noteBack', told('ready')] },
      // A start that was given up may land behind the stop, and nobody would wait for the machine it brings back.
      { guard: 'isLateStart', target: 'stopping', actions: 'noteLateStart' },
    ],
    on: {
      'node.startGranted': { target: 'starting', actions: 'takeScriptGrant' },
      'node.leaveGranted': { target: 'leaving', actions: 'takeScriptGrant' },
      'node.deregisterGranted': { target: 'deregistering', actions: 'takeScriptGrant' },
    },
    // From then on it is somebody else who starts it, and it stays as it is.
    after: { lateStart: { actions: 'noteSettled' } },
  }),
  starting: nodeSetup.createStateConfig({
    entry: told('starting'),
    always: lost,
    initial: 'calling',
    states: {
      calling: call('node.start', 'awaiting'),
      awaiting: {
        entry: told('starting'),
        always: { guard: 'isOnline', target: '#node.checking' },
        after: { startAgain: 'calling' },
      },
    },
  }),
};
