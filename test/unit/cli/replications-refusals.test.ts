/** Refusals about replications on the command line: what never leaves it, and how the service's own are told. */
import { describe, expect, it } from 'vitest';
import { refuseTransition } from '../../../machines/replication-table.ts';
import { clientProblem } from '../../../src/nats/problem.ts';
import { fakeService } from './fake-service.ts';
import { replicationExample, view } from './replication-views.ts';
import { fairlead } from './running.ts';

describe('orders to replications', () => {
  it.each([
    'failover replication db-1 --forced',
    'promote replication db-1 --forced',
    'delete replication db-1 --force',
    'override replication db-1 --token t',
    'failover replication db-1 --forced --confirm db-2',
    'promote replication db-1 --planned --forced',
    'reconfigure replication db-1',
    'promote cluster db-1',
    'pause replication db-1 --wait',
  ])('%s is refused here, nothing is sent', async (line) => {
    const service = fakeService(view());
    const { exit, stderr } = await fairlead(line, service);
    expect([exit, service.orders]).toEqual([2, []]);
    expect(stderr).toContain('cli.usage');
  });
});

describe('refusals', () => {
  const refusal = refuseTransition('default/db-1', 'away', {
    ...{ from: 'replica', to: 'source', phase: 'replica.following' },
  });

  it('tell what may follow instead, and end with 5 [U-05]', async () => {
    const service = fakeService(view());
    service.refuse(clientProblem(409, refusal.code, refusal.message, { ...refusal }));
    const { stderr, exit } = await fairlead('promote replication db-1', service);
    expect(exit).toBe(5);
    expect(stderr).toContain('away: replica → source is not allowed (phase following).');
    expect(stderr).toContain('allowed: promoting, syncing');
    expect(stderr).toContain('fairlead next replication db-1 -n default');
  });

  it('are the same object for machines', async () => {
    const service = fakeService(view());
    service.refuse(clientProblem(409, refusal.code, refusal.message, { ...refusal }));
    const { stderr } = await fairlead('promote replication db-1 -o json', service);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'transition.notAllowed', allowedNext: refusal.allowedNext, exitCode: 5 },
    });
  });
});

describe('examples/replication.yaml', () => {
  it('is refused with every problem at its line', async () => {
    const wrong = replicationExample
      .replace('eu-central-1b,', 'eu-central-1z,')
      .replace('rpo: 15m', 'rpo: 0s');
    const { stderr, exit } = await fairlead('apply -f -', fakeService(), { stdin: wrong });
    expect(exit).toBe(2);
    expect(stderr).toContain('2 problems in stdin; nothing was sent');
    expect(stderr).toMatch(/stdin:\d+:\d+ {2}spec\.endpoints\.away\.zone is "eu-central-1z": eu-/);
    expect(stderr).toContain('fairlead explain replication.spec');
  });
});
