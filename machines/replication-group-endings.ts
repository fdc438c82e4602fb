/** The last steps of a group's order: arming one by one, the look that judges, and calling off what was begun. */
import * as calls from './replication-group-calls.ts';
import { groupSetup } from './replication-group-setup.ts';
import {
  aborting,
  again,
  atRest,
  cancelled,
  cause,
  endedBy,
  enter,
  keeping,
  nothingSeen,
  resting,
} from './replication-group-steps.ts';

const passedOver = [
  cause('a member did not become the writer'),
  { type: 'settleNext', params: { isWriter: false } },
] as const;

/** In declared order, each until it writes. From the first writer on there is no way back: who fails is told of. */
export const armingState = groupSetup.createStateConfig({
  entry: [...enter('arming')],
  initial: 'choosing',
  on: { 'replicationgroup.cancel': cancelled },
  states: {
    choosing: {
      always: [
        { guard: 'hasNobodyLeft', target: '#replicationgroup.verifying' },
        { target: 'releasing' },
      ],
    },
    releasing: {
      invoke: {
        ...calls.releaseNext(),
        onDone: [
          { guard: 'allTook', target: 'waiting' },
          {
            guard: 'hasNoWriterYet',
            target: aborting,
            actions: cause('the first member did not go on'),
          },
          { target: 'choosing', actions: passedOver },
        ],
      },
    },
    looking: {
      invoke: {
        ...calls.look(),
        onDone: [
          {
            guard: 'isNextThere',
            target: 'choosing',
            actions: ['noteLook', { type: 'settleNext', params: { isWriter: true } }],
          },
          {
            guard: 'hasFirstFallen',
            target: aborting,
            actions: ['noteLook', cause('the first member did not become the writer')],
          },
          { guard: 'hasNextFallen', target: 'choosing', actions: ['noteLook', ...passedOver] },
          { guard: 'isKeepDue', target: 'keeping', actions: 'noteLook' },
          nothingSeen,
        ],
      },
    },
    waiting: again,
    keeping,
  },
  after: {
    arm: { target: '#replicationgroup.verifying', actions: cause('not armed in time') },
  },
});

/** What is reported is what the members' records show in the end. */
export const verifyingState = groupSetup.createStateConfig({
  entry: [...enter('verifying')],
  initial: 'looking',
  states: {
    looking: {
      invoke: {
        ...calls.look(),
        onDone: [{ guard: 'hasLooked', ...atRest }, nothingSeen],
      },
    },
    waiting: again,
  },
  after: { verify: { target: resting, actions: endedBy('the members could not be looked at') } },
});

/** What this order began is called off, member by member, and waited for; they take back what they made by themselves. */
export const abortingState = groupSetup.createStateConfig({
  entry: [...enter('aborting')],
  initial: 'looking',
  states: {
    looking: {
      invoke: {
        ...calls.look(),
        onDone: [
          { guard: 'isAllSettled', ...atRest },
          { guard: 'hasToCallOff', target: 'calling', actions: 'noteLook' },
          nothingSeen,
        ],
      },
    },
    calling: {
      invoke: { ...calls.callOff(), onDone: { target: 'waiting', actions: 'noteCalledOff' } },
    },
    waiting: again,
  },
  after: { abort: { target: resting, actions: endedBy('members still rest not') } },
});

export const relayingState = groupSetup.createStateConfig({
  entry: [...enter('relaying')],
  invoke: {
    ...calls.relay(),
    onDone: [
      { guard: 'allTook', target: 'resting', actions: ['end', 'announceEnd'] },
      { target: 'resting', actions: endedBy('not every member took it') },
    ],
  },
});
