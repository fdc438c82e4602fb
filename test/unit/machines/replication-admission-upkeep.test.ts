/** What a replication answers to orders that move no side: tests, pauses, points, deletion, another pace; word for word. */
import { describe, expect, it } from 'vitest';
import { accepted, unchanged } from '../../../machines/refusal.ts';
import { admitReplication } from '../../../machines/replication-admission.ts';
import type { Phase, ReplicationContext } from '../../../machines/replication-context.ts';
import { aimed, order, refusal, rested, standing } from './replication-standing.ts';

const following = standing('replica.following');
const conflict = { refusal: { code: 'operation.conflict' } };
const on = (backend: string, more: Partial<ReplicationContext> = {}): ReplicationContext =>
  standing('replica.following', {
    ...more,
    spec: { ...rested.spec, backend } as ReplicationContext['spec'],
  });
const promoting = {
  ...{ kind: 'promote', endpoint: 'home', seq: 3, group: null },
} as unknown as ReplicationContext['operation'];

describe('a test of a failover', () => {
  const test = aimed('test-start', { ttlSeconds: 60 });

  it('is begun on a side that follows, once', () => {
    expect(admitReplication(following, test)).toEqual(accepted);
    expect(admitReplication(standing('replica.testing'), test)).toEqual(unchanged);
    expect(admitReplication({ ...following, operation: promoting }, test)).toMatchObject(conflict);
    expect(admitReplication({ ...following, spec: null }, test)).toEqual(accepted);
  });

  it('is refused with its reasons, and where the back end has none', () => {
    const seeding = admitReplication(standing('source.protected'), test);
    expect(seeding).toMatchObject({
      refusal: {
        code: 'precondition.failed',
        message: `replication "prod/db-1", away: cannot be tested now: away is source.`,
      },
    });
    expect(admitReplication(on('trident'), test)).toEqual(
      refusal('operation.unsupported', ': backend trident cannot test a failover.'),
    );
  });

  it('is ended where one runs', () => {
    const stop = aimed('test-stop');
    expect(admitReplication(standing('replica.testing'), stop)).toEqual(accepted);
    expect(admitReplication(following, stop)).toEqual(unchanged);
  });
});

describe('a pause', () => {
  it.each([
    ['pause', false, accepted],
    ['pause', true, unchanged],
    ['resume', true, accepted],
    ['resume', false, unchanged],
  ])('%s where paused is %s', (verb, isPaused, answer) => {
    const context = standing('replica.following', { isPaused });
    expect(admitReplication(context, order(verb))).toEqual(answer);
    expect(admitReplication({ ...context, spec: null }, order(verb))).toEqual(answer);
  });

  it('is refused where the back end has none, its end is not', () => {
    expect(admitReplication(on('trident'), order('pause'))).toEqual(
      refusal('operation.unsupported', ': backend trident cannot be paused.'),
    );
    expect(admitReplication(on('trident', { isPaused: true }), order('resume'))).toEqual(accepted);
  });
});

describe('a point now', () => {
  const at = (phase: string, more: Partial<ReplicationContext> = {}): ReplicationContext =>
    standing('replica.following', {
      ...more,
      schedule: { ...rested.schedule, phase } as ReplicationContext['schedule'],
    });
  const sync = order('sync');

  it('is taken while nothing else is, and is on its way already otherwise', () => {
    expect(admitReplication(at('idle'), sync)).toEqual(accepted);
    expect(admitReplication({ ...at('idle'), spec: null }, sync)).toEqual(accepted);
    for (const phase of ['snapshotting', 'copying', 'committing', 'pruning'])
      expect(admitReplication(at(phase), sync)).toEqual(unchanged);
  });

  const nobody = { writer: 'none' } as const;
  it.each<[string, Partial<ReplicationContext>, string]>([
    ['paused', { isPaused: true }, 'it is paused: resume it first'],
    ['backoff', {}, 'the last point was abandoned: the next one is tried within a minute'],
    ['idle', nobody, 'writer is none, home is source.protected, away is replica.following'],
    ['waiting', {}, 'writer is home, home is source.protected, away is replica.following'],
  ])('is refused with the reason: %s %j', (phase, more, reason) => {
    expect(admitReplication(at(phase, more), sync)).toEqual(
      refusal('precondition.failed', `: no point can be taken now: ${reason}.`, [reason]),
    );
  });

  it('is refused where the back end copies by itself', () => {
    const text = ': backend csi-addons copies by its own schedule and takes no order to copy now.';
    expect(admitReplication(on('csi-addons'), sync)).toEqual(
      refusal('operation.unsupported', text),
    );
  });
});

describe('deletion', () => {
  const remove = (more: object = {}) => order('delete', { force: false, ...more });
  const unclear = 'failed.indeterminate' as const;
  const text = (sides: string) =>
    ` cannot be deleted now: nobody knows whether ${sides} can write. ` +
    'Wait until it is known, or delete with force and ack db-1.';

  it('is under way already', () => {
    const context = standing(unclear, { lifecycle: 'deleting' });
    expect(admitReplication(context, remove({ force: true }))).toEqual(unchanged);
  });

  it('says of which side nobody knows', () => {
    expect(admitReplication(standing(unclear), remove())).toEqual(
      refusal('precondition.failed', text('away'), [`away is ${unclear}`]),
    );
    const home = { ...rested.home, phase: unclear };
    const both = { ...standing(unclear), home };
    expect(admitReplication(both, remove())).toEqual(
      refusal('precondition.failed', text('home and away'), [
        ...[`home is ${unclear}`, `away is ${unclear}`],
      ]),
    );
  });

  it('by force minds an old writer that may still write; without force it waits for it', () => {
    const riskAccepted = { clearedAtMs: null } as ReplicationContext['riskAccepted'];
    const context = standing('source.protected', { writer: 'away', riskAccepted });
    const home = { ...rested.home, phase: 'source.protected' as Phase, epoch: 4, fencedBelow: 5 };
    const old: ReplicationContext = { ...context, home: { ...home, writable: 'unknown' } };
    expect(admitReplication(old, remove())).toEqual(accepted);
    expect(admitReplication(old, remove({ force: true }))).toEqual(
      refusal('precondition.failed', text('home'), ['home is source.protected']),
    );
    expect(admitReplication(old, remove({ force: true, ack: 'db-1' }))).toEqual(accepted);
    const fenced: ReplicationContext = { ...old, home: { ...home, writable: 'no' } };
    expect(admitReplication(fenced, remove({ force: true }))).toEqual(accepted);
  });

  it('is taken again only to make it forced', () => {
    const ordered = standing('replica.following', { isDeleteOrdered: true });
    expect(admitReplication(ordered, remove())).toEqual(unchanged);
    expect(admitReplication(ordered, remove({ force: true }))).toEqual(accepted);
    const forced = { ...ordered, isForcedDelete: true };
    expect(admitReplication(forced, remove({ force: true }))).toEqual(unchanged);
  });
});

describe('another pace', () => {
  const reconfigure = (more: object) => order('reconfigure', more);

  it('is taken where it is another one', () => {
    expect(admitReplication(following, reconfigure({ every: '30s' }))).toEqual(accepted);
    expect(admitReplication(on('powerstore'), reconfigure({ mode: 'synchronous' }))).toEqual(
      accepted,
    );
    for (const same of [{}, { every: '1m' }, { every: '60s' }, { mode: 'asynchronous' }])
      expect(admitReplication(following, reconfigure(same))).toEqual(unchanged);
    const both = { mode: 'asynchronous', every: '30s' };
    expect(admitReplication(following, reconfigure(both))).toEqual(accepted);
  });

  it('is held to what may be lost', () => {
    expect(admitReplication(following, reconfigure({ every: '2m' }))).toEqual(accepted);
    const text = ': every 3m is longer than rpo 2m, which could never hold; write at most 2m.';
    expect(admitReplication(following, reconfigure({ every: '3m' }))).toEqual(
      refusal('precondition.failed', text, ['rpo is 2m']),
    );
    const { rpo: _rpo, ...schedule } = rested.spec?.schedule ?? {};
    const spec = { ...rested.spec, schedule } as ReplicationContext['spec'];
    expect(admitReplication({ ...following, spec }, reconfigure({ every: '3m' }))).toEqual(
      accepted,
    );
  });

  it('is refused where the back end has not that mode, and before anything is declared', () => {
    expect(admitReplication(following, reconfigure({ mode: 'synchronous' }))).toEqual(
      refusal(
        'mode.unsupported',
        ': backend ebs does not copy synchronously; it offers asynchronous.',
      ),
    );
    for (const nothing of [{ spec: null }, { settings: null }] as const)
      expect(admitReplication({ ...following, ...nothing }, reconfigure({ every: '3m' }))).toEqual(
        accepted,
      );
  });

  it('waits for what is under way', () => {
    const context = { ...following, operation: promoting };
    expect(admitReplication(context, reconfigure({ every: '30s' }))).toMatchObject(conflict);
  });
});
