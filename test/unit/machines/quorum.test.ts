/** Which servers may go: counted by hand for every phase, and for clusters of every size there is. */
import { describe, expect, it } from 'vitest';
import type { NodeEntry } from '../../../machines/cluster-context.ts';
import type { NodePhase } from '../../../machines/node-context.ts';
import { isMember, majorityOf, mayLeave, mayRestart, quorumOf } from '../../../machines/quorum.ts';

/** What a server in this phase is to etcd, as far as anybody can know. */
const etcd: Readonly<Record<NodePhase, 'voter' | 'member' | 'none'>> = {
  waiting: 'none',
  launching: 'none',
  booting: 'none',
  registering: 'none',
  registered: 'none',
  staging: 'none',
  staged: 'none',
  joining: 'member',
  ready: 'voter',
  draining: 'voter',
  drained: 'voter',
  undrained: 'voter',
  uncordoning: 'voter',
  leaving: 'member',
  left: 'none',
  deregistering: 'none',
  rebooting: 'member',
  rebooted: 'member',
  stopping: 'member',
  stopped: 'member',
  starting: 'member',
  checking: 'member',
  terminating: 'none',
  failed: 'member',
  lost: 'member',
  gone: 'none',
};

const server = (phase: NodePhase): NodeEntry => ({ phase }) as NodeEntry;
const servers = (...phases: NodePhase[]): NodeEntry[] => phases.map(server);

/** Whether the first of them may leave. */
const mayFirstLeave = (...phases: NodePhase[]): boolean => {
  const all = servers(...phases);
  const [first = server('gone')] = all;
  return mayLeave(all, first);
};

it.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
  [7, 4],
])('of %i members %i are a majority', (members, majority) => {
  expect(majorityOf(members)).toBe(majority);
});

it.each(Object.entries(etcd))('a server that is %s counts as %s', (phase, is) => {
  const one = server(phase as NodePhase);
  expect(isMember(one)).toBe(is !== 'none');
  const voters = is === 'voter' ? 1 : 0;
  expect(quorumOf([one])).toEqual({ members: is === 'none' ? 0 : 1, voters });
});

it('a server that failed before it could join is no member', () => {
  const unjoined: NodeEntry = { ...server('failed'), isUnjoined: true };
  expect(isMember(unjoined)).toBe(false);
  expect(quorumOf([unjoined, server('ready')])).toEqual({ members: 1, voters: 1 });
});

describe('a server may leave', () => {
  it('where the others are a majority of what is left', () => {
    expect(mayFirstLeave('ready', 'ready')).toBe(true);
    expect(mayFirstLeave('ready', 'ready', 'ready')).toBe(true);
    expect(mayFirstLeave('drained', 'ready', 'ready', 'failed', 'ready')).toBe(true);
  });

  it('unless it is the only one', () => {
    expect(mayFirstLeave('ready')).toBe(false);
  });

  it('unless too few would be left who vote', () => {
    expect(mayFirstLeave('ready', 'failed', 'ready')).toBe(false);
    expect(mayFirstLeave('drained', 'ready', 'ready', 'failed', 'lost')).toBe(false);
  });

  it('that does not vote itself, while the others are a majority with it counted', () => {
    expect(mayFirstLeave('failed', 'ready', 'ready')).toBe(true);
    expect(mayFirstLeave('failed', 'lost', 'ready', 'ready', 'ready')).toBe(true);
    expect(mayFirstLeave('failed', 'ready')).toBe(false);
    expect(mayFirstLeave('failed', 'stopped', 'ready')).toBe(false);
  });

  it('not before who joins or leaves is through', () => {
    expect(mayFirstLeave('ready', 'ready', 'ready', 'ready', 'joining')).toBe(false);
    expect(mayFirstLeave('ready', 'ready', 'ready', 'ready', 'leaving')).toBe(false);
  });

  it('whatever is launched meanwhile, or gone', () => {
    expect(mayFirstLeave('ready', 'ready', 'ready', 'staged', 'gone')).toBe(true);
    expect(mayFirstLeave('ready', 'booting', 'left')).toBe(false);
  });
});

describe('a server may go down for a moment', () => {
  it('where the others are a majority', () => {
    expect(mayRestart(servers('ready', 'ready', 'ready'))).toBe(true);
    expect(mayRestart(servers('ready', 'ready', 'ready', 'ready', 'failed'))).toBe(true);
  });

  it('where it is the only one, and whatever is not in etcd', () => {
    expect(mayRestart(servers('ready'))).toBe(true);
    expect(mayRestart(servers('ready', 'staged', 'terminating'))).toBe(true);
  });

  it('not where the others are too few', () => {
    expect(mayRestart(servers('ready', 'ready'))).toBe(false);
    expect(mayRestart(servers('ready', 'ready', 'rebooting'))).toBe(false);
    expect(mayRestart(servers('ready', 'ready', 'ready', 'failed', 'lost'))).toBe(false);
  });
});
