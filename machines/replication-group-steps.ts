/** The steps of a group's order: looking again and again until all members stand where they have to, then the next word. */
import type { Barrier } from './replication-group-mark.ts';
import * as calls from './replication-group-calls.ts';
import { gathering } from './replication-group-context.ts';
import type { GroupPhase } from './replication-group-context.ts';
import { group } from './replication-group-limits.ts';
import { groupSetup } from './replication-group-setup.ts';

export const enter = (phase: GroupPhase) =>
  [
    { type: 'announce', params: { phase } },
    { type: 'enter', params: { phase } },
  ] as const;

export const cause = (text: string) => ({ type: 'noteCause', params: { cause: text } }) as const;
const elapse = (ms: number) => ({ type: 'elapse', params: { ms } }) as const;

export const aborting = '#replicationgroup.aborting';
export const resting = '#replicationgroup.resting';

/** What is seen is where they were to be, or as far as they get. */
export const atRest = { target: resting, actions: ['noteLook', 'end', 'announceEnd'] } as const;
const atRestBecause = (text: string) =>
  ({ target: resting, actions: ['noteLook', cause(text), 'end', 'announceEnd'] }) as const;

export const cancelled = { target: aborting, actions: cause('cancelled') } as const;
const waiting = (ms: number, delay: 'lookAgain' | 'lookAtRest') =>
  ({ after: { [delay]: { target: 'looking', actions: elapse(ms) } } }) as const;
export const again = waiting(group.lookAgainMs, 'lookAgain');

/** Those that stand somewhere already are told that the group still lives. */
export const keeping = {
  invoke: { ...calls.keepWaiting(), onDone: { target: 'waiting', actions: 'noteKept' } },
} as const;

/** A look that failed says nothing of anybody. */
export const nothingSeen = { target: 'waiting', actions: 'noteLook' } as const;

export const restingState = groupSetup.createStateConfig({
  entry: [...enter('resting')],
  initial: 'looking',
  on: {
    'replicationgroup.failover': { target: 'preflighting', actions: 'begin' },
    'replicationgroup.failback': { target: 'preflighting', actions: 'begin' },
    'replicationgroup.relocate': { target: 'preflighting', actions: 'begin' },
    'replicationgroup.pause': { target: 'relaying', actions: 'begin' },
    'replicationgroup.resume': { target: 'relaying', actions: 'begin' },
    'replicationgroup.apply': { target: '.looking', actions: ['declare', 'announceDeclared'] },
    'replicationgroup.delete': 'deleted',
  },
  states: {
    looking: {
      invoke: { ...calls.look(), onDone: { target: 'waiting', actions: 'noteLook' } },
    },
    waiting: {
      after: { lookAtRest: { target: 'looking', actions: elapse(group.lookAtRestMs) } },
    },
  },
});

/** Every member is asked whether it would be promoted now; nothing has been ordered yet. */
export const preflightingState = groupSetup.createStateConfig({
  entry: [...enter('preflighting')],
  initial: 'looking',
  on: { 'replicationgroup.cancel': { target: resting, actions: endedBy('cancelled') } },
  states: {
    looking: {
      invoke: {
        ...calls.look(),
        onDone: [
          { guard: 'isAllThere', ...atRest },
          {
            guard: 'allAdmit',
            target: '#replicationgroup.ordering',
            actions: ['noteLook', 'takeMoves'],
          },
          { guard: 'mayResync', target: '#replicationgroup.resyncing', actions: 'noteLook' },
          { guard: 'hasLooked', ...atRestBecause('not every member can be promoted now') },
          nothingSeen,
        ],
      },
    },
    waiting: again,
  },
  after: {
    preflight: { target: resting, actions: endedBy('the members could not be looked at') },
  },
});

export function endedBy(text: string) {
  return [cause(text), 'end', 'announceEnd'] as const;
}

/** Homes are overwritten with what away has: members do it side by side, each with bounds of its own. */
export const resyncingState = groupSetup.createStateConfig({
  entry: [...enter('resyncing')],
  initial: 'asking',
  on: {
    'replicationgroup.cancel': {
      target: resting,
      actions: endedBy('cancelled; resyncs of members go on'),
    },
  },
  states: {
    asking: {
      invoke: {
        ...calls.orderResyncs(),
        onDone: [
          { guard: 'allTook', target: 'waiting' },
          {
            target: resting,
            actions: [cause('not every home can be resynced'), 'end', 'announceEnd'],
          },
        ],
      },
    },
    looking: {
      invoke: {
        ...calls.look(),
        onDone: [
          {
            guard: 'allAdmit',
            target: '#replicationgroup.ordering',
            actions: ['noteLook', 'takeMoves'],
          },
          { guard: 'hasResyncFailed', ...atRestBecause('a home was not resynced') },
          nothingSeen,
        ],
      },
    },
    waiting: again,
  },
  after: { resync: { target: resting, actions: endedBy('resyncs late') } },
});

export const orderingState = groupSetup.createStateConfig({
  entry: [...enter('ordering')],
  on: { 'replicationgroup.cancel': cancelled },
  invoke: {
    ...calls.orderPromotions(),
    onDone: [
      { guard: 'allTook', target: 'gatheringReady' },
      { target: 'aborting', actions: cause('not every member took the order') },
    ],
  },
});

const nextAfter: Readonly<Record<Barrier, string>> = {
  ready: '#replicationgroup.gatheringFenced',
  fenced: '#replicationgroup.gatheringMade',
  made: '#replicationgroup.arming',
};

const lateAt: Readonly<Record<Barrier, string>> = {
  ready: 'not every member was ready in time',
  fenced: 'not every old writer was fenced in time',
  made: 'not every member was made in time',
};

/** Until all of them stand at the barrier; then all of them are let past it, or, at the last one, one by one. */
export const gatheringState = (barrier: Barrier) =>
  groupSetup.createStateConfig({
    entry: [...enter(gathering[barrier])],
    initial: 'looking',
    on: { 'replicationgroup.cancel': cancelled },
    states: {
      looking: {
        invoke: {
          ...calls.look(),
          onDone: [
            {
              guard: 'someFell',
              target: aborting,
              actions: ['noteLook', cause('a member gave up')],
            },
            {
              guard: { type: 'allAt', params: { barrier } },
              // Past the last one they go one by one.
              target: barrier === 'made' ? nextAfter.made : 'releasing',
              actions: 'noteLook',
            },
            { guard: 'isKeepDue', target: 'keeping', actions: 'noteLook' },
            nothingSeen,
          ],
        },
      },
      waiting: again,
      keeping,
      releasing: {
        invoke: {
          ...calls.releaseAll(barrier),
          onDone: [
            { guard: 'allTook', target: nextAfter[barrier] },
            { target: aborting, actions: cause('a member did not go on') },
          ],
        },
      },
    },
    after: { [barrier]: { target: aborting, actions: cause(lateAt[barrier]) } },
  });
