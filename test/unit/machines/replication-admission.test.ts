/** What a replication answers to every order in every public state, in which words; and what back ends cannot do. */
import { describe, expect, it } from 'vitest';
import { phases } from '../../../machines/replication-context.ts';
import type { Phase, ReplicationContext } from '../../../machines/replication-context.ts';
import { admitReplication, admitState } from '../../../machines/replication-admission.ts';
import type { ReplicationCommand } from '../../../machines/replication-events.ts';
import { allowedNext, publicStates } from '../../../machines/replication-table.ts';
import type { PublicState } from '../../../machines/replication-table.ts';
import { replicationManifest } from '../../model/replication/manifest.ts';
import { aimed, order, rested, stamp, standing } from './replication-standing.ts';

/** The phase of each state in which its orders are taken. */
const open: Readonly<Record<PublicState, Phase>> = {
  absent: 'absent.created',
  replica: 'replica.following',
  promoting: 'promoting.fencing',
  source: 'source.protected',
  demoting: 'demoting.draining',
  syncing: 'syncing.transferring',
  failed: 'failed.safe',
};

/** Written out: the words users were promised, by where it stands and what was asked for. */
const wayOut: Readonly<Record<PublicState, (to: PublicState) => string>> = {
  absent: () => 'Use apply.',
  replica: (to) =>
    to === 'source' ? 'Use promote; it becomes source by itself.' : 'Use promote or resync.',
  promoting: () => 'It becomes source by itself; use cancel to give it up.',
  source: (to) => (to === 'replica' ? 'Use demote; it becomes replica by itself.' : 'Use demote.'),
  demoting: () => 'It becomes replica by itself; use cancel to give it up.',
  syncing: () => 'It becomes replica by itself; use cancel to give it up.',
  failed: () => 'Use resync or recover.',
};
const next: Readonly<Record<PublicState, string>> = {
  absent: 'replica, source',
  replica: 'promoting, syncing',
  promoting: 'source, failed',
  source: 'demoting',
  demoting: 'replica, failed',
  syncing: 'replica, failed',
  failed: 'syncing, replica',
};

const textOf = (from: PublicState, to: PublicState): string =>
  `replication "prod/db-1", away: ${from} → ${to} is not allowed (phase ` +
  `${open[from].split('.')[1] ?? ''}). Allowed next: ${next[from]}. ${wayOut[from](to)}`;

const refusal = (from: PublicState, to: PublicState) => ({
  kind: 'refused',
  refusal: {
    ...{ code: 'transition.notAllowed', message: textOf(from, to) },
    allowedNext: allowedNext(from),
  },
});

describe('a point asked for', () => {
  it('has to be at that side before anybody is stopped for it', () => {
    const context = standing('replica.following', {
      points: [{ seq: 7, pitMs: 1, at: 'away', isFinal: false, epoch: 1 }],
    });
    expect(admitReplication(context, aimed('failover', { point: 7 })).kind).toBe('accepted');
    expect(admitReplication(context, aimed('failover', { point: 4 }))).toMatchObject({
      refusal: {
        code: 'precondition.failed',
        because: ['point 4 is not at away; there are 7'],
      },
    });
  });
});

describe('a state asked for by its name', () => {
  for (const from of publicStates)
    for (const to of publicStates)
      if (from === to)
        it(`changes nothing: ${from} → ${to} [U-03]`, () => {
          expect(admitState(standing(open[from]), 'away', to)).toEqual({ kind: 'unchanged' });
        });
      else if (next[from].split(', ').includes(to))
        it(`is taken: ${from} → ${to} [U-02]`, () => {
          expect(admitState(standing(open[from]), 'away', to)).toEqual({ kind: 'accepted' });
        });
      else
        it(`is refused in the words of the table: ${from} → ${to} [U-05]`, () => {
          expect(admitState(standing(open[from]), 'away', to)).toMatchObject(refusal(from, to));
        });

  it('answers the example of the seed: replica → promoting is taken, replica → source is not [U-50]', () => {
    const context = standing('replica.following');
    expect(admitState(context, 'away', 'promoting').kind).toBe('accepted');
    expect(admitState(context, 'away', 'source')).toMatchObject({
      refusal: { message: expect.stringContaining('replica → source is not allowed') as string },
    });
  });
});

describe('verbs', () => {
  const aims = {
    promote: 'promoting',
    demote: 'demoting',
    resync: 'syncing',
    recover: 'replica',
  } as const;
  for (const [verb, to] of Object.entries(aims))
    it(`${verb} is held to the table in every phase of every state`, () => {
      for (const from of publicStates)
        for (const phase of phases[from]) {
          const context = standing(`${from}.${phase}` as Phase);
          const answer = admitReplication(context, aimed(verb));
          const isWait = verb === 'recover' && (from === 'syncing' || from === 'demoting');
          const code = answer.kind === 'refused' ? answer.refusal.code : answer.kind;
          if (from === to) expect([from, phase, code]).toEqual([from, phase, 'unchanged']);
          else if (isWait) expect(code).toBe('operation.conflict');
          else if (!allowedNext(from).some((state) => state === to))
            expect([from, phase, code]).toEqual([from, phase, 'transition.notAllowed']);
          else expect(['accepted', 'precondition.failed']).toContain(code);
        }
    });

  it('are refused on an older writer than was meant', () => {
    const context = standing('replica.following', { epoch: 9 });
    expect(admitReplication(context, aimed('promote', { expectEpoch: 7 }))).toMatchObject({
      refusal: {
        code: 'epoch.stale',
        message: expect.stringContaining('expectEpoch 7, current 9') as string,
      },
    });
    expect(admitReplication(context, aimed('promote', { expectEpoch: 9 })).kind).toBe('accepted');
  });

  it('name the operation they meet, with its phase', () => {
    const away = { ...standing('promoting.fencing') };
    const operation = {
      kind: 'promote',
      verb: 'failover',
      then: null,
      endpoint: 'away',
      how: 'planned',
      seq: 3,
      startedAtMs: 0,
      correlationId: '',
      by: '',
      epoch: 2,
      wanted: null,
      chosen: null,
      observed: '',
      fencedAtMs: 0,
      fenceRounds: 0,
      reissues: 0,
      estimate: null,
      group: null,
    } as const;
    const answer = admitReplication(
      { ...away, operation, home: { ...away.home, phase: 'replica.following' } },
      aimed('promote', { endpoint: 'home' }),
    );
    expect(answer).toMatchObject({ refusal: { code: 'operation.conflict' } });
    expect(JSON.stringify(answer)).toContain(
      `fr-${'u'.repeat(26)}-promote-s3, phase promoting.fencing`,
    );
  });

  it('ask for an end that may be there already', () => {
    const there = standing('source.protected');
    expect(admitReplication(there, order('failover', { how: 'planned' })).kind).toBe('unchanged');
    const nobody = standing('replica.following', { writer: 'none' });
    expect(admitReplication(nobody, order('relocate'))).toMatchObject({
      refusal: { code: 'precondition.failed', because: ['writer is none'] },
    });
  });

  it('test a failover at three times the interval only by force', () => {
    const late = standing('replica.lagging', { lagRatio: 3.2 });
    expect(admitReplication(late, aimed('test-start', { ttlSeconds: 60 }))).toMatchObject({
      refusal: {
        code: 'precondition.failed',
        because: ['lag is 3.2× every (limit 3×); repeat with force to test an old point'],
      },
    });
    const forced = aimed('test-start', { ttlSeconds: 60, force: true });
    expect(admitReplication(late, forced).kind).toBe('accepted');
  });

  it('are refused where the back end cannot do them', () => {
    const on = (backend: string, backends = { ...rested.spec, backend }) =>
      standing('replica.following', { spec: backends as ReplicationContext['spec'] });
    const codeOf = (context: ReplicationContext, event: ReplicationCommand) => {
      const answer = admitReplication(context, event);
      return answer.kind === 'refused' ? answer.refusal.code : answer.kind;
    };
    expect(codeOf(on('csi-addons'), order('pause'))).toBe('operation.unsupported');
    expect(codeOf(on('trident'), order('pause'))).toBe('operation.unsupported');
    expect(codeOf(on('powerstore'), order('pause'))).toBe('accepted');
    expect(codeOf(on('csi-addons'), order('sync'))).toBe('operation.unsupported');
    expect(codeOf(on('trident'), order('sync'))).toBe('accepted');
    expect(codeOf(on('trident'), aimed('test-start', { ttlSeconds: 60 }))).toBe(
      'operation.unsupported',
    );
    const toSync = order('reconfigure', { mode: 'synchronous' });
    expect(codeOf(on('ebs'), toSync)).toBe('mode.unsupported');
    expect(codeOf(on('trident'), toSync)).toBe('accepted');
  });
});

describe('deletion', () => {
  const remove = (more: object = {}) => order('delete', { force: false, ...more });
  it('is taken in every state but one of which nobody knows whether it writes', () => {
    for (const state of publicStates)
      for (const phase of phases[state]) {
        const full = `${state}.${phase}` as Phase;
        const answer = admitReplication(standing(full), remove()).kind;
        expect([full, answer]).toEqual([
          full,
          full === 'failed.indeterminate' ? 'refused' : 'accepted',
        ]);
      }
  });

  it('of that one wants force and its name typed again', () => {
    const context = standing('failed.indeterminate');
    expect(admitReplication(context, remove({ force: true })).kind).toBe('refused');
    expect(admitReplication(context, remove({ force: true, ack: 'db-2' })).kind).toBe('refused');
    expect(admitReplication(context, remove({ ack: 'db-1' })).kind).toBe('refused');
    expect(admitReplication(context, remove({ force: true, ack: 'db-1' })).kind).toBe('accepted');
  });

  it('leaves no room for other orders, but for those that end what is under way', () => {
    const context = standing('replica.following', { isDeleteOrdered: true });
    expect(admitReplication(context, aimed('promote'))).toMatchObject({
      refusal: { code: 'resource.deleting' },
    });
    expect(admitReplication(context, order('cancel')).kind).toBe('unchanged');
    expect(admitReplication(context, remove()).kind).toBe('unchanged');
    expect(admitReplication(context, remove({ force: true })).kind).toBe('accepted');
  });
});

describe('a manifest declared again', () => {
  const apply = (spec: object) =>
    admitReplication(standing('replica.following'), {
      ...{ type: 'replication.apply', ...stamp },
      manifest: { ...replicationManifest(), spec: { ...replicationManifest().spec, ...spec } },
    });

  it('changes nothing when it is the same', () => {
    expect(apply({})).toEqual({ kind: 'unchanged' });
  });

  it('may not move endpoints, volumes or the back end, and names each field', () => {
    const { endpoints } = replicationManifest().spec;
    const moved = { ...endpoints, away: { ...endpoints.away, cluster: 'eu-z' } };
    expect(apply({ endpoints: moved, initialSource: 'away' })).toMatchObject({
      refusal: {
        code: 'manifest.immutableField',
        problems: [
          {
            path: 'spec.endpoints.away.cluster',
            got: 'eu-z',
            message:
              'spec.endpoints.away.cluster is "eu-z": fixed at creation as "eu-b"; create a new Replication.',
          },
          { path: 'spec.initialSource', got: 'away' },
        ],
      },
    });
  });

  it('may change the pace only while both sides rest in step', () => {
    const faster = { schedule: { mode: 'interval', every: '30s', rpo: '2m' } };
    expect(apply(faster)).toEqual({ kind: 'accepted' });
    const manifest = {
      ...replicationManifest(),
      spec: { ...replicationManifest().spec, ...faster },
    };
    const event = { type: 'replication.apply', manifest, ...stamp } as ReplicationCommand;
    expect(admitReplication(standing('replica.seeding'), event)).toMatchObject({
      refusal: {
        code: 'precondition.failed',
        because: ['away is replica.seeding: wait until it follows, or pause first'],
      },
    });
  });
});
