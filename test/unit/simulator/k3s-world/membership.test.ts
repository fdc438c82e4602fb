import { describe, expect, it } from 'vitest';
import {
  dropLeaving,
  hasQuorum,
  isReady,
  promote,
  refusal,
} from '../../../../src/simulator/k3s-world/membership.ts';
import type { Member, SimulatedCluster } from '../../../../src/simulator/k3s-world/membership.ts';

const nowMs = 1_000;

function member(name: string, changes: Partial<Member> = {}): Member {
  return {
    name,
    instanceId: `i-${name}`,
    region: 'eu-test-1',
    ip: '172.31.0.9',
    role: 'server',
    version: 'v1.31.4+k3s1',
    running: true,
    enabled: true,
    machine: 'on',
    bootedAtMs: 0,
    restarts: 0,
    removed: false,
    leavesAtMs: null,
    listed: true,
    cordoned: false,
    evicted: 'none',
    readyAtMs: 0,
    voterAtMs: 0,
    voter: true,
    stoppedAtMs: 0,
    ...changes,
  };
}

function cluster(...members: Member[]): SimulatedCluster {
  return {
    id: 'c',
    caPem: '',
    caHash: 'hash',
    serverTokenHash: 'server',
    agentTokenHash: 'agent',
    members,
    passwords: members.map(({ name }) => name),
    quorumLost: 0,
    learnersMax: 0,
    evictions: 0,
  };
}

const off = { running: false };
const attempt = {
  name: 'new',
  role: 'server' as const,
  caHash: 'hash',
  user: 'server',
  tokenHash: 'server',
};

describe('quorum', () => {
  it.each([
    [1, 0, true],
    [1, 1, false],
    [2, 1, false],
    [3, 1, true],
    [3, 2, false],
    [5, 2, true],
    [5, 3, false],
  ])('of %i voters with %i down is %s', (count, down, holds) => {
    const members = Array.from({ length: count }, (_, at) =>
      member(`s${String(at)}`, at < down ? off : {}),
    );
    expect(hasQuorum(cluster(...members), nowMs)).toBe(holds);
  });

  it('does not count a learner, and a lone voter that is not up yet has none', () => {
    const learner = member('s1', { voter: false });
    expect(hasQuorum(cluster(member('s0'), learner), nowMs)).toBe(true);
    expect(hasQuorum(cluster(member('s0', { readyAtMs: nowMs + 1 }), learner), nowMs)).toBe(false);
  });

  it('decides about servers, not about agents', () => {
    const [lone, agent] = [member('s0'), member('a0', { role: 'agent', voter: false })];
    const lost = cluster(lone, member('s1', off), agent);
    expect(isReady(lost, lone, nowMs)).toBe(false);
    expect(isReady(lost, agent, nowMs)).toBe(true);
  });
});

describe('a learner', () => {
  it('votes when its time has come, and not without quorum', () => {
    const learner = member('s1', { voter: false, voterAtMs: nowMs });
    expect(promote(cluster(member('s0'), learner), nowMs - 1)).toBe(false);
    expect(promote(cluster(member('s0', off), learner), nowMs)).toBe(false);
    expect(promote(cluster(member('s0'), learner), nowMs)).toBe(true);
    expect(learner.voter).toBe(true);
  });
});

describe('a member that is asked to leave etcd', () => {
  const leaving = () => member('s2', { leavesAtMs: nowMs });

  it('is dropped when its time has come and a majority stays, even if it is dead', () => {
    for (const changes of [{}, off, { machine: 'gone' as const, ...off }]) {
      const last = { ...leaving(), ...changes };
      const three = cluster(member('s0'), member('s1'), last);
      expect(dropLeaving(three, nowMs - 1)).toBe(false);
      expect(dropLeaving(three, nowMs)).toBe(true);
      expect(last).toMatchObject({ removed: true, voter: false, leavesAtMs: null });
      expect([isReady(three, last, nowMs), hasQuorum(three, nowMs)]).toEqual([false, true]);
    }
  });

  it.each([
    ['the only one', [leaving()]],
    ['needed beside a dead one', [member('s0'), member('s1', off), leaving()]],
    ['in a cluster without a majority', [member('s0', off), member('s1', off), leaving()]],
  ])('stays when it is %s, as etcd has it', (_, members) => {
    expect(dropLeaving(cluster(...members), nowMs)).toBe(false);
  });
});

describe('a join', () => {
  const one = cluster(member('s0'));

  it('is let in with the right token of its role', () => {
    expect(refusal(one, attempt, nowMs)).toBeUndefined();
    const asNode = { ...attempt, role: 'agent' as const, user: 'node', tokenHash: 'agent' };
    expect(refusal(one, asNode, nowMs)).toBeUndefined();
    expect(refusal(one, { ...asNode, role: 'server' }, nowMs)).toBe('not authorized');
    expect(refusal(one, { ...asNode, tokenHash: 'server' }, nowMs)).toBe('not authorized');
  });

  it.each([
    ['another authority', one, { caHash: 'other' }, /CA hash does not match/],
    ['a taken name', one, { name: 's0' }, /duplicate hostname/],
    [
      'a second learner',
      cluster(member('s0'), member('s1', { voter: false })),
      {},
      /too many learner/,
    ],
    ['no quorum', cluster(member('s0'), member('s1', off)), {}, /no leader/],
  ])('is refused for %s', (_, target, changes, message) => {
    expect(refusal(target, { ...attempt, ...changes }, nowMs)).toMatch(message);
  });
});
