import { describe, expect, it } from 'vitest';
import { ClientProblem, clientProblem } from '../../../src/nats/problem.ts';
import { exitOfStatus } from '../../../src/cli/exit-codes.ts';
import { exitCodeOf } from '../../../actors/faults.ts';
import { fakeService } from './fake-service.ts';
import { fairlead } from './running.ts';
import { clusterView } from './views.ts';

interface JsonError {
  readonly error: Readonly<Record<string, unknown>>;
}

describe('errors of the service', () => {
  it('say what, why, what is allowed and what to try', async () => {
    const service = fakeService(clusterView({ name: 'web' }));
    service.refuse(
      clientProblem(
        409,
        'transition.notAllowed',
        'cluster/default/web is running.steady: there is nothing to retry.',
        {
          actor: 'cluster/default/web',
          state: 'running.steady',
          because: ['retry works in failed, pending.blocked and deleting.stuck'],
          allowedNext: ['apply', 'delete', 'pause'],
        },
      ),
    );
    const { stderr, stdout, exit } = await fairlead('retry cluster web', service);
    expect(stderr.split('\n')).toEqual([
      'error:   cluster/default/web is running.steady: there is nothing to retry.   transition.notAllowed   cluster/default/web   in running.steady',
      'reason:  retry works in failed, pending.blocked and deleting.stuck',
      'allowed: apply, delete, pause',
      'try:     fairlead describe cluster web -n default',
      '',
    ]);
    expect([stdout, exit]).toEqual(['', 5]);
  });

  it('are one JSON object on stderr with -o json', async () => {
    const { stderr, stdout, exit } = await fairlead('get cluster nope -o json');
    const { error } = JSON.parse(stderr) as JsonError;
    expect(error).toMatchObject({
      code: 'resource.notFound',
      actor: 'cluster/default/nope',
      retryable: false,
      exitCode: 3,
    });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect([stdout, exit]).toEqual(['', 3]);
  });

  it('name the resource that was probably meant', async () => {
    const service = fakeService(clusterView({ name: 'web' }));
    const { stderr } = await fairlead('get cluster wbe', service);
    expect(stderr).toContain('reason:  did you mean web?');
    service.refuse(clientProblem(404, 'resource.notFound', 'there is no cluster wev'));
    const order = await fairlead('pause cluster wev', service);
    expect([order.stderr.includes('did you mean web?'), order.exit]).toEqual([true, 3]);
  });

  it('list every problem of a refused manifest', async () => {
    const service = fakeService();
    service.refuse(
      clientProblem(
        400,
        'manifest.invalid',
        'cluster/default/web was not changed: 1 field cannot change.',
        {
          problems: [
            {
              path: 'spec.region',
              code: 'manifest.immutableField',
              message: 'spec.region is "eu-west-1", was "eu-central-1": it is fixed.',
            },
          ],
        },
      ),
    );
    const { stderr, exit } = await fairlead('cluster create web --region eu-west-1', service);
    expect(stderr).toContain('\n  spec.region is "eu-west-1", was "eu-central-1": it is fixed.\n');
    expect(exit).toBe(2);
  });

  it('keep the command id that finds an outcome later', async () => {
    const service = fakeService();
    service.refuse(clientProblem(503, 'service.unavailable', 'stored, but no host has answered'));
    const { stderr, exit } = await fairlead('pause cluster web --command-id abc', service);
    expect(stderr).toContain('fairlead outcome cluster web abc -n default');
    expect(exit).toBe(6);
  });

  it('call a fault of the CLI one', async () => {
    const service = fakeService();
    const broken = {
      ...service,
      session: { ...service.session, query: () => Promise.reject(new Error('boom')) },
    };
    const { stderr, exit } = await fairlead('get clusters', broken);
    expect(stderr).toContain('error:   boom   cli.unexpected');
    expect(exit).toBe(1);
  });

  it('close the session all the same', async () => {
    const service = fakeService();
    await fairlead('get cluster nope', service);
    expect(service.closed()).toBe(true);
  });
});

describe('wrong usage', () => {
  const rows: readonly [line: string, told: string][] = [
    ['gte clusters', 'gte is not a fairlead command; did you mean get?'],
    ['get clustres', 'clustres is not a known kind; did you mean clusters?'],
    ['get clusters --nmespace x', "unknown option '--nmespace'; did you mean --namespace?"],
    ['get clusters -o jsn', "argument 'jsn' is invalid. Allowed choices are table, wide"],
    ['get', "missing required argument 'kind'"],
    ['cluster', 'cluster needs a verb'],
    ['cluster crete x', 'crete is not a fairlead command; did you mean create?'],
    ['delete nodes x', 'delete does not take nodes'],
    ['delete cluster', 'delete needs a name, or -f'],
    ['wait cluster web', 'wait needs a goal'],
    ['wait cluster web --for runing', 'runing is nothing to wait for'],
    ['get clusters --timeout soon', 'Write one such as 90s'],
    ['get clusters --timeout 90d', 'At most 24d'],
    ['cluster create web', 'create needs --region'],
    ['get cluster a/b/c', 'cluster/a/b/c is no resource'],
    ['completion bsh', 'no completion for bsh; did you mean bash?'],
    ['help aply', 'there is no help on aply; did you mean apply?'],
    ['explain cluster.spec.servrs', 'cluster.spec has no field servrs; did you mean servers?'],
    ['apply', 'apply needs -f'],
    ['apply -f no-such-file.yaml', 'there is no file no-such-file.yaml'],
  ];
  it.each(rows)('%s', async (line, told) => {
    const service = fakeService();
    const { stderr, stdout, exit } = await fairlead(line, service);
    expect(stderr).toContain(told);
    expect(stderr).toMatch(/^error: /);
    expect([stdout, exit]).toEqual(['', 2]);
    expect(service.orders).toEqual([]);
  });

  it('is JSON with -o json, even when the rest cannot be parsed', async () => {
    const { stderr } = await fairlead('gte clusters -o json');
    expect((JSON.parse(stderr) as JsonError).error).toMatchObject({
      code: 'cli.usage',
      exitCode: 2,
    });
    const glued = await fairlead('gte clusters --output=json');
    expect(JSON.parse(glued.stderr)).toHaveProperty('error.code', 'cli.usage');
  });
});

describe('exit codes', () => {
  it('are those of the fault registry', () => {
    for (const status of [400, 403, 404, 409, 410, 422, 429, 500, 503, 504])
      expect([status, exitOfStatus(status)]).toEqual([status, exitCodeOf(status)]);
  });

  it.each([
    [400, 2],
    [403, 4],
    [404, 3],
    [409, 5],
    [410, 5],
    [422, 5],
    [429, 6],
    [500, 1],
    [503, 6],
    [504, 124],
  ])('a problem of status %i ends with %i', async (status, exit) => {
    const service = fakeService();
    const query = () =>
      Promise.reject(new ClientProblem(clientProblem(status, 'any.code', 'text')));
    const broken = { ...service, session: { ...service.session, query } };
    expect((await fairlead('get clusters', broken)).exit).toBe(exit);
  });
});
