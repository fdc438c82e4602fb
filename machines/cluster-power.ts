/** A cluster that is stopped and started: agents before servers, servers all together. */
import { operationId, serverScript } from './cluster-calls.ts';
import { changeSetup, verifying } from './cluster-change-setup.ts';
import { enter } from './cluster-setup.ts';

const toStart = {
  target: '#cluster.lifecycle.starting',
  actions: { type: 'begin', params: { kind: 'start' } },
} as const;
const toStop = {
  guard: 'wantsStopped',
  target: '#cluster.lifecycle.stopping',
  actions: { type: 'begin', params: { kind: 'stop' } },
} as const;
/** Nothing is stopped yet: the cluster goes on as it was. */
const kept = { target: '#cluster.lifecycle.running' } as const;
/** Told, and gone on with: half a cluster that runs on would cost without serving. */
const late = { actions: ['noteLate', 'announceFailure'] } as const;

export const powerStates = {
  stopping: changeSetup.createStateConfig({
    initial: 'choosing',
    states: {
      choosing: {
        always: [{ guard: 'lacksSnapshot', target: 'snapshot' }, { target: 'agents' }],
      },
      snapshot: {
        entry: [enter('stopping.snapshot'), 'countVerify'],
        initial: 'choosing',
        states: {
          choosing: {
            always: [
              { guard: 'hasServer', target: 'calling' },
              { ...kept, actions: ['noteNoServer', 'failChange'] },
            ],
          },
          calling: {
            invoke: {
              id: operationId,
              src: 'operation',
              input: ({ context }) => serverScript(context, 'snapshot'),
              onDone: [
                { guard: 'scriptRuns', target: 'following' },
                { guard: 'scriptWorked', target: '#cluster.lifecycle.stopping.agents' },
                { ...kept, actions: ['noteFault', 'failChange'] },
              ],
            },
          },
          following: { after: { verifyAgain: 'calling' } },
        },
        after: { snapshot: { ...kept, actions: ['noteLate', 'failChange'] } },
      },
      agents: {
        entry: [enter('stopping.agents'), 'grant'],
        always: [
          { guard: 'mayTurnBack', ...toStart },
          { guard: 'agentsDown', target: 'servers' },
        ],
        after: { stoppingStep: late },
      },
      servers: {
        entry: [enter('stopping.servers'), 'grant'],
        always: [
          { guard: 'mayTurnBack', ...toStart },
          { guard: 'serversDown', target: '#cluster.lifecycle.stopped' },
        ],
        after: { stoppingStep: late },
      },
    },
  }),
  stopped: changeSetup.createStateConfig({
    entry: [enter('stopped'), 'finish'],
    always: { guard: 'wantsRunning', ...toStart },
  }),
  starting: changeSetup.createStateConfig({
    initial: 'servers',
    states: {
      servers: {
        entry: [enter('starting.servers'), 'grant'],
        always: [
          { guard: 'serversUp', target: 'quorum' },
          // Running, a retry looks at them again, and another order is heard.
          { guard: 'startIsHopeless', ...kept, actions: ['noteNoMajority', 'failChange'] },
        ],
        after: {
          startingStep: [{ guard: 'hasMajority', target: 'quorum', actions: 'noteLate' }, late],
        },
      },
      quorum: {
        ...verifying('starting.quorum', 'servesApi', {
          target: '#cluster.lifecycle.starting.agents',
        }),
        always: toStop,
        after: { startingStep: late },
      },
      agents: {
        entry: [enter('starting.agents'), 'grant'],
        always: { guard: 'agentsUp', target: 'verify' },
        after: { startingStep: { target: 'verify', actions: 'noteLate' } },
      },
      verify: {
        ...verifying('starting.verify', 'isWhole', {
          target: '#cluster.lifecycle.starting.access',
        }),
        always: toStop,
        after: {
          startingStep: [
            { guard: 'hasServer', target: 'access', actions: 'noteLate' },
            { ...kept, actions: 'noteLate' },
          ],
        },
      },
      /** The kubeconfig is written anew: certificates may have been renewed by the start. */
      access: {
        entry: [enter('starting.access'), 'countVerify'],
        invoke: {
          id: operationId,
          src: 'operation',
          input: ({ context }) => serverScript(context, 'publish-access'),
          onDone: [
            { guard: 'scriptWorked', ...kept, actions: 'noteAccess' },
            { ...kept, actions: 'noteFault' },
          ],
        },
      },
    },
  }),
};
