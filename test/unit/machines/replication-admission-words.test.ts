/** What a replication answers, word for word: whether an order is taken, and if not why, and what to do instead. */
import { describe, expect, it } from 'vitest';
import { accepted, unchanged } from '../../../machines/refusal.ts';
import { phases } from '../../../machines/replication-context.ts';
import type {
  Operation,
  Phase,
  ReplicationContext,
} from '../../../machines/replication-context.ts';
import { admitReplication, admitState } from '../../../machines/replication-admission.ts';
import { overrideTokenOf } from '../../../machines/replication-safety.ts';
import { aimed, order, refusal, rested, standing } from './replication-standing.ts';

const following = standing('replica.following');

const promoting: Operation = {
  ...{ kind: 'promote', verb: 'promote', endpoint: 'away', how: 'planned', then: null, seq: 3 },
  ...{ startedAtMs: 0, correlationId: '', by: '', epoch: 2, wanted: null, chosen: null },
  ...{ observed: '', fencedAtMs: 0, fenceRounds: 0, reissues: 0, estimate: null, group: null },
};
const under = (phase: Phase, operation: Partial<Operation> = {}): ReplicationContext =>
  standing(phase, { operation: { ...promoting, ...operation } });

describe('whatever the order is', () => {
  it('nobody refuses where there is nothing yet', () => {
    expect(admitReplication(undefined, order('promote'))).toEqual(accepted);
  });

  it('says that it was deleted, or is being deleted', () => {
    expect(admitReplication({ ...following, lifecycle: 'deleted' }, order('delete'))).toEqual(
      refusal('resource.deleted', ' was deleted.'),
    );
    for (const more of [{ lifecycle: 'deleting' }, { isDeleteOrdered: true }] as const)
      expect(admitReplication({ ...following, ...more }, aimed('promote'))).toEqual(
        refusal(
          'resource.deleting',
          ' is being deleted: nothing else is begun; wait until it is gone.',
        ),
      );
  });

  it('says which epoch there is', () => {
    expect(
      admitReplication({ ...following, epoch: 9 }, aimed('promote', { expectEpoch: 7 })),
    ).toEqual(
      refusal('epoch.stale', ': expectEpoch 7, current 9; read it again, then decide.', [
        'current epoch is 9',
      ]),
    );
  });

  it('exists already', () => {
    expect(admitReplication(following, order('create'))).toEqual(
      refusal('resource.exists', ' exists already; apply changes it, or choose another name.'),
    );
  });
});

describe('moves', () => {
  it('lead to no other side while nobody writes', () => {
    const nobody = standing('replica.following', { writer: 'none' });
    const text = ': neither side writes, so there is no other side; promote home or away by name.';
    expect(admitReplication(nobody, order('relocate'))).toEqual(
      refusal('precondition.failed', text, ['writer is none']),
    );
  });

  it('are taken by the words for where they lead', () => {
    expect(admitReplication(following, order('failover', { how: 'planned' }))).toEqual(accepted);
    expect(admitReplication(following, order('failback'))).toEqual(unchanged);
    const away = standing('source.protected');
    expect(admitReplication(away, order('failback'))).toEqual(accepted);
  });

  it.each(['syncing', 'demoting'] as const)('need no recovery out of %s', (state) => {
    for (const phase of phases[state]) {
      const full = `${state}.${phase}` as Phase;
      const text = `, away is ${state} (${full}) and becomes replica by itself; wait, or cancel.`;
      expect(admitReplication(standing(full), aimed('recover'))).toEqual(
        refusal('operation.conflict', text, [`away is ${full}`]),
      );
    }
  });

  it('say what cannot become what, and why', () => {
    const answer = admitReplication(
      standing('replica.seeding', { points: [] }),
      aimed('promote', { how: 'forced' }),
    );
    const because = answer.kind === 'refused' ? (answer.refusal.because ?? []) : [];
    expect(because.length).toBeGreaterThan(0);
    const message = `replication "prod/db-1", away: cannot become promoting now: ${because.join('; ')}.`;
    expect(answer).toMatchObject({ refusal: { code: 'precondition.failed', message } });
  });

  it('overwrite a side with what the other one writes, and with nothing else', () => {
    expect(admitReplication(following, aimed('resync'))).toEqual(accepted);
    const home = { ...rested.home, phase: 'replica.following' as const };
    const nobody = { ...following, home };
    expect(admitReplication(nobody, aimed('resync'))).toMatchObject({
      refusal: { code: 'precondition.failed' },
    });
  });

  it('stop a writer for nobody only by force', () => {
    const context = standing('source.protected', { writer: 'away' });
    const gone: ReplicationContext = {
      ...context,
      home: { ...context.home, phase: 'failed.indeterminate' },
    };
    const [asked, forced] = [false, true].map((force) =>
      admitReplication(gone, aimed('demote', { force })),
    );
    expect(asked).toMatchObject({ kind: 'refused' });
    expect(forced).toEqual(accepted);
  });
});

describe('a state by its name', () => {
  it('is waited for where it comes by itself, and given up by its failure', () => {
    const running = under('promoting.fencing');
    expect(admitState(running, 'away', 'source')).toEqual(accepted);
    expect(admitState(running, 'away', 'failed')).toEqual(accepted);
    const late = under('promoting.compensating');
    expect(admitState(late, 'away', 'source')).toEqual(accepted);
    expect(admitState(late, 'away', 'failed')).toEqual(unchanged);
  });

  it('is the order that leads there, with its conditions', () => {
    const empty = standing('replica.seeding', { points: [] });
    expect(admitState(empty, 'away', 'promoting')).toMatchObject({ kind: 'refused' });
    expect(admitState(standing('absent.created'), 'away', 'replica')).toEqual(accepted);
  });
});

describe('an override', () => {
  const waiting = under('promoting.awaitingOverride', { observed: 'home:yes@3' });
  const token = overrideTokenOf(waiting);

  it('is for a promotion that waits for it', () => {
    expect(admitReplication(following, order('override', { token }))).toEqual(
      refusal('precondition.failed', ': no promotion waits for an override.'),
    );
    expect(admitReplication(waiting, order('override', { token }))).toEqual(accepted);
  });

  it('names what was seen; another one is told what to repeat', () => {
    const answer = (context: ReplicationContext) =>
      admitReplication(context, order('override', { token: 'of another one' }));
    const text = (wanted: string) =>
      `: that token is not of this promotion and this risk; to accept it, repeat override with ${wanted}.`;
    expect(answer(waiting)).toEqual(refusal('fence.unproven', text(token), ['seen: home:yes@3']));
    const unseen = standing('promoting.awaitingOverride');
    expect(answer(unseen)).toEqual(
      refusal('fence.unproven', text(overrideTokenOf(unseen)), ['seen: nothing']),
    );
  });
});

describe('a group’s word', () => {
  const mark = { name: 'shop', order: 4, at: 'fenced', passed: 'ready' } as const;
  const group = mark as unknown as NonNullable<Operation['group']>;
  const word = (phase: string, more: object = {}) =>
    order('barrier', { phase, group: 'shop', order: 4, hold: false, ...more });

  it('is taken where the member waits, and known where it is further on', () => {
    const context = under('promoting.fencing', { group });
    expect(admitReplication(context, word('fenced'))).toEqual(accepted);
    expect(admitReplication(context, word('ready'))).toEqual(unchanged);
  });

  it.each([
    ['made', {}],
    ['fenced', { group: 'other' }],
    ['fenced', { order: 5 }],
  ])('is refused where it does not wait for it: %s %j', (phase, more) => {
    const context = under('promoting.fencing', { group });
    const { group: name, order: number } = { group: 'shop', order: 4, ...more };
    const stands = 'it waits for order 4 of shop, fenced';
    expect(admitReplication(context, word(phase, more))).toEqual(
      refusal(
        'precondition.failed',
        ` does not wait at ${phase} for order ${number} of group ${name}: ${stands}.`,
        [stands],
      ),
    );
  });

  it('is refused by who is part of no group’s order', () => {
    for (const context of [following, under('promoting.fencing')])
      expect(admitReplication(context, word('fenced'))).toMatchObject({
        refusal: { because: ['no promotion of a group is under way'] },
      });
  });
});

describe('cancel', () => {
  it.each<[Phase, object]>([
    ['promoting.fencing', accepted],
    ['promoting.compensating', unchanged],
    ['demoting.compensating', unchanged],
    ['replica.following', unchanged],
    ['source.protected', unchanged],
    ['syncing.transferring', accepted],
  ])('of %s', (phase, answer) => {
    expect(admitReplication(standing(phase), order('cancel'))).toEqual(answer);
  });

  it('comes too late behind the point of no return', () => {
    const text = ': away is demoting.verifying: too late to cancel, wait for its end.';
    expect(admitReplication(standing('demoting.verifying'), order('cancel'))).toEqual(
      refusal('transition.notAllowed', text, ['away is demoting.verifying']),
    );
    const both = standing('demoting.verifying');
    const because = ['home is demoting.releasing', 'away is demoting.verifying'];
    const home = { ...both.home, phase: 'demoting.releasing' as const };
    expect(admitReplication({ ...both, home }, order('cancel'))).toEqual(
      refusal(
        'transition.notAllowed',
        `: ${because.join(' and ')}: too late to cancel, wait for its end.`,
        because,
      ),
    );
  });
});
