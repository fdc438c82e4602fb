/** Bad input from a stranger on the real stack: a precise refusal, nothing created, and the subject goes on working. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fairlead } from '../../servers/cli-process.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { deadLetter, stranger } from '../../servers/stranger.ts';
import type { Answer, Headers, Stranger } from '../../servers/stranger.ts';
import { badCommands, cmd, good } from './bad-commands.ts';

let world: StackWorld;
let outside: Stranger;

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 21 });
  outside = await stranger(world.stack);
  await world.apply('good', 1);
  await world.until('good runs', async () => (await world.state('good')) === 'running.steady');
});
afterAll(async () => {
  await outside.close();
  await world.close();
});

/** Whatever a person or a program is told, put together. */
const told = ({ body }: Answer): string => JSON.stringify(body);

const names = async (): Promise<unknown> => {
  const { body } = await outside.query('fairlead.v1.qry.test.cluster._.list');
  const items = body['items'] as { metadata: { name: string }; revision: number }[];
  return items.map(({ metadata }) => metadata.name);
};

describe('a stranger on NATS is told what is wrong with', () => {
  it.each(badCommands)('$what', async (bad) => {
    const { subject, payload = '{}', headers } = bad;
    const answer = await outside.command(subject, payload, headers);
    expect(answer.status, told(answer)).toBe(bad.status);
    expect(answer.body).toMatchObject({ code: bad.code, status: bad.status });
    expect(answer.body['remedy']).toMatch(/\w+/);
    expect(answer.body['message']).toMatch(/^\S.*[.?]$/);
    if (bad.problem) {
      const [path, code] = bad.problem;
      expect(answer.body['problems']).toContainEqual(expect.objectContaining({ path, code }));
    }
    expect(told(answer).replaceAll('\\"', '"')).toMatch(bad.says);

    const next = await outside.command(cmd('apply'), good);
    expect(next.body).toMatchObject({ accepted: true, unchanged: true, state: 'running.steady' });
  });

  it('nothing of it was created or changed', async () => {
    expect(await names()).toEqual(['good']);
    const truth = await world.truth();
    expect(Object.values(truth.launchedByUid)).toEqual([1]);
    expect(truth.instances).toHaveLength(1);
  });
});

const yaml = (name: string, count: string): string => `apiVersion: fairlead.dev/v1
kind: Cluster
metadata: { namespace: test, name: ${name} }
spec:
  region: eu-central-1
  servers: { count: ${count}, instanceTypes: [t3.medium] }
`;

describe('the CLI names file, line and field of', () => {
  it.each([
    ['text that is no YAML', 'kind: Cluster\n  spec: [', ['stdin:2:', 'manifest.syntax']],
    ['an unknown field', yaml('new', '1, cuont: 3'), ['stdin:6:', 'did you mean count?']],
    ['one bad document of two', `${yaml('new', '1')}---\n${yaml('new2', '4')}`, ['stdin:13:']],
  ])('%s and sends nothing', async (_what, text, says) => {
    const { exit, stdout, stderr } = await fairlead(
      world.stack,
      ['apply', '-f', '-', '-o', 'json'],
      text,
    );
    expect([exit, stdout]).toEqual([2, '']);
    const { error } = JSON.parse(stderr) as { error: { code: string; problems: unknown[] } };
    expect(error.code).toBe('manifest.invalid');
    expect(error.problems).not.toEqual([]);
    for (const part of says) expect(stderr).toContain(part);
    expect(await names()).toEqual(['good']);
  });

  it('a change of what cannot change, with the service’s own words', async () => {
    const elsewhere = yaml('good', '1').replace('eu-central-1', 'eu-west-1');
    const { exit, stderr } = await fairlead(world.stack, ['apply', '-f', '-'], elsewhere);
    expect(exit).toBe(2);
    expect(stderr).toMatch(/spec\.region is "?eu-west-1"?, was "?eu-central-1"?/);
    expect(stderr).toContain('create a new cluster');
  });
});

describe('a payload too large', () => {
  const large = (bytes: number) => JSON.stringify({ reason: 'x'.repeat(bytes) });

  it('is refused by the server at once when it is beyond the stream’s bound', async () => {
    const ack = await outside.publish(cmd('pause'), large(300 * 1024));
    expect(ack.error).toMatchObject({ code: 400, err_code: 10054 });
  });

  it('is refused by the client library with the number of bytes', async () => {
    const outcome = await world.client.command({
      ...{ namespace: 'test', kind: 'cluster', name: 'good', verb: 'pause' },
      arguments: { reason: 'x'.repeat(300 * 1024) },
    });
    expect(outcome).toMatchObject({
      ok: false,
      problem: { code: 'command.tooLarge', status: 400 },
    });
  });

  it('leaves the subject working', async () => {
    expect((await outside.command(cmd('apply'), good)).body).toMatchObject({ unchanged: true });
  });
});

describe('a reply subject that is no inbox', () => {
  it('is refused, and nothing is ever published to it', async () => {
    const heard: string[] = [];
    const target = 'fairlead.v1.evt.test.cluster.good.deleted';
    const watch = outside.nc.subscribe(target, {
      callback: (_error, message) => {
        heard.push(message.string());
      },
    });
    const ack = await outside.publish(cmd('retry'), '{}', { 'Fairlead-Reply-To': target });
    const commandId = `cmd-${ack.seq ?? 0}`;
    const asked = () =>
      outside.query('fairlead.v1.qry.test.cluster.good.outcome', JSON.stringify({ commandId }));
    await world.until(
      'it is refused',
      async () => (await asked()).body['code'] !== 'command.notFound',
    );
    const { status, body } = await asked();
    expect(status).toBe(400);
    expect(body['problems']).toContainEqual(
      expect.objectContaining({ path: 'Fairlead-Reply-To', code: 'command.badHeader' }),
    );
    await outside.nc.flush();
    expect(heard).toEqual([]);
    watch.unsubscribe();
  });
});

describe('the outcome of a refused command', () => {
  const refused = { subject: cmd('pause', 'ghost'), address: 'test.cluster.ghost' };

  it.each<[string, Headers]>([
    ['the id it was given', { 'Nats-Msg-Id': 'ghost-1' }],
    ['its stream sequence', {}],
  ])('is found in three ways by %s', async (_by, headers) => {
    const { ack, body } = await outside.command(refused.subject, '{"reason":"a"}', headers);
    const commandId = headers['Nats-Msg-Id'] ?? `cmd-${ack.seq ?? 0}`;
    const asked = await outside.query(
      `fairlead.v1.qry.${refused.address}.outcome`,
      JSON.stringify({ commandId }),
    );
    expect(asked).toEqual({ status: 404, body });
    const letter = await deadLetter(world.stack, `${refused.address}.pause`);
    expect(letter?.problem).toEqual(body);
    expect(letter?.payload).toBe('{"reason":"a"}');
    expect(letter?.headers).toMatchObject({
      'Fairlead-Fault': 'resource.notFound',
      'Fairlead-Command-Id': commandId,
      'Fairlead-Source-Seq': String(ack.seq),
    });
  });

  it('is found in the record when the resource exists', async () => {
    const { ack, body } = await outside.command(cmd('retry'), '{}');
    const asked = await outside.query(
      'fairlead.v1.qry.test.cluster.good.outcome',
      JSON.stringify({ commandId: `cmd-${ack.seq ?? 0}` }),
    );
    expect(asked).toEqual({ status: 409, body });
  });
});

describe('a resource on its way out', () => {
  it('refuses what would change it, and lets its name be used again once it is gone', async () => {
    await world.simulator('POST', 'faults', {
      ...{ id: 'slow', service: 'ec2', op: 'TerminateInstances' },
      act: { kind: 'hold' },
    });
    await world.remove('good');
    await world.until('it is deleting', async () =>
      (await world.state('good')).startsWith('deleting'),
    );
    for (const verb of ['apply', 'create', 'pause', 'retry']) {
      const payload = verb === 'apply' || verb === 'create' ? good : '{}';
      const { status, body } = await outside.command(cmd(verb), payload);
      expect([verb, status, body['code']]).toEqual([verb, 409, 'resource.deleting']);
    }
    await world.simulator('DELETE', 'faults');
    // The held call hangs to its own deadline; the host is started anew instead of waiting for that.
    await world.restartHost();
    const gone = async () => (await world.state('good')) === 'resource.deleted';
    await world.until('it is deleted', gone);
    for (const verb of ['pause', 'delete', 'retry']) {
      const { status, body } = await outside.command(cmd(verb), '{}');
      expect([verb, status, body['code']]).toEqual([verb, 410, 'resource.deleted']);
    }
    expect((await outside.command(cmd('create'), good)).body).toMatchObject({ accepted: true });
  });
});
