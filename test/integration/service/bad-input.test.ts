/** Bad input from a stranger on the real stack: a precise refusal, nothing created, and the subject goes on working. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fairlead } from '../../servers/cli-process.ts';
import { manifest, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { deadLetter, stranger } from '../../servers/stranger.ts';
import type { Answer, Headers, Stranger } from '../../servers/stranger.ts';

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

const good = JSON.stringify({ manifest: manifest('good') });
const cmd = (verb: string, name = 'good', kind = 'cluster') =>
  `fairlead.v1.cmd.test.${kind}.${name}.${verb}`;

/** The manifest of `new` with one part written differently; nothing of that name may ever come to be. */
function broken(spec: object, rest: object = {}): string {
  const { metadata, ...top } = manifest('new');
  return JSON.stringify({
    manifest: { ...top, metadata, spec: { ...top.spec, ...spec }, ...rest },
  });
}

/** The good cluster's manifest with one part changed. */
const changed = (spec: object): string => {
  const whole = manifest('good');
  return JSON.stringify({ manifest: { ...whole, spec: { ...whole.spec, ...spec } } });
};

interface Bad {
  readonly what: string;
  readonly subject: string;
  readonly payload?: string | Uint8Array;
  readonly headers?: Headers;
  readonly status: number;
  readonly code: string;
  /** Path and code of the problem that must be named. */
  readonly problem?: readonly [path: string, code: string];
  /** What the texts must say. */
  readonly says: RegExp;
}

const servers = (more: object) => ({ servers: { ...manifest('new').spec.servers, ...more } });

const manifests: readonly Bad[] = [
  {
    what: 'an unknown field',
    payload: broken(servers({ instancetypes: ['t3.medium'] })),
    problem: ['spec.servers.instancetypes', 'manifest.unknownKey'],
    says: /did you mean instanceTypes/,
  },
  {
    what: 'a wrong type',
    payload: broken(servers({ count: '3' })),
    problem: ['spec.servers.count', 'manifest.wrongType'],
    says: /is "3": not a whole number; use/,
  },
  {
    what: 'an even number of servers',
    payload: broken(servers({ count: 2 })),
    problem: ['spec.servers.count', 'manifest.serverCountEven'],
    says: /use 1, 3, 5 or 7/,
  },
  {
    what: 'no region',
    payload: broken({ region: undefined }),
    problem: ['spec.region', 'manifest.required'],
    says: /is missing; write/,
  },
  {
    what: 'an unknown kind in the manifest',
    payload: broken({}, { kind: 'Clusters' }),
    problem: ['kind', 'manifest.notAllowed'],
    says: /Cluster/,
  },
  {
    what: 'the manifest of another name',
    payload: good,
    problem: ['metadata.name', 'manifest.subjectMismatch'],
    says: /the subject says "new"/,
  },
].map((each) => ({
  ...each,
  problem: each.problem as [string, string],
  ...{ subject: cmd('apply', 'new'), status: 400, code: 'manifest.invalid' },
}));

const header = (name: string, value: string, says: RegExp): Bad => ({
  ...{
    what: `${name}: ${value}`,
    subject: cmd('apply'),
    payload: good,
    headers: { [name]: value },
  },
  ...{ status: 400, code: 'command.badHeader', problem: [name, 'command.badHeader'], says },
});

const envelopes: readonly Bad[] = [
  ...[
    ['text that is no JSON', '{"manifest":'],
    ['a JSON list', '[]'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
  ].map(([what, payload]) => ({
    ...{ what: String(what), subject: cmd('apply'), payload: payload as string | Uint8Array },
    ...{ status: 400, code: 'command.malformed', says: /write/ },
  })),
  {
    ...{ what: 'an unknown argument', subject: cmd('delete'), payload: '{"forse":true}' },
    ...{ status: 400, code: 'command.malformed', problem: ['forse', 'manifest.unknownKey'] },
    says: /did you mean force/,
  },
  {
    ...{ what: 'an unknown verb', subject: cmd('delet'), status: 404 },
    ...{ code: 'command.unknownVerb', says: /did you mean delete/ },
  },
  {
    ...{ what: 'an unknown kind', subject: cmd('apply', 'good', 'clutser'), status: 404 },
    ...{ code: 'command.unknownKind', says: /did you mean cluster/ },
  },
  {
    ...{ what: 'a name that is no DNS label', subject: cmd('apply', 'Good_1'), status: 400 },
    ...{ code: 'command.badName', problem: ['name', 'command.badName'], says: /lower-case/ },
  },
  header('Fairlead-If-Revison', '3', /did you mean Fairlead-If-Revision/),
  header('Fairlead-If-Revision', 'latest', /number of the last reply/),
  header('Fairlead-Deadline', 'tomorrow', /RFC 3339/),
  header('Content-Type', 'application/yaml', /only application\/json/),
];

const states: readonly Bad[] = [
  {
    ...{ what: 'a resource that never was', subject: cmd('pause', 'ghost'), status: 404 },
    ...{ code: 'resource.notFound', says: /check namespace and name/ },
  },
  {
    ...{ what: 'a taken name', subject: cmd('create'), payload: good, status: 409 },
    ...{ code: 'resource.exists', says: /apply changes it/ },
  },
  {
    ...{ what: 'retry of what runs', subject: cmd('retry'), status: 409 },
    ...{ code: 'transition.notAllowed', says: /nothing to retry/ },
  },
  {
    ...{
      what: 'another revision',
      subject: cmd('pause'),
      headers: { 'Fairlead-If-Revision': '1' },
    },
    ...{ status: 409, code: 'revision.conflict', says: /read it again/ },
  },
  {
    ...{ what: 'a deadline that has passed', subject: cmd('pause'), status: 504 },
    headers: { 'Fairlead-Deadline': '2020-01-01T00:00:00Z' },
    ...{ code: 'command.deadlinePassed', says: /not executed/ },
  },
  ...(
    [
      ['region', { region: 'eu-west-1' }, 'spec.region'],
      ['number of servers', servers({ count: 3 }), 'spec.servers.count'],
    ] as const
  ).map(([what, spec, path]) => ({
    ...{ what: `another ${what} of what runs`, subject: cmd('apply'), payload: changed(spec) },
    ...{
      status: 400,
      code: 'manifest.invalid',
      problem: [path, 'manifest.immutableField'] as const,
    },
    says: /create a new cluster/,
  })),
];

/** Whatever a person or a program is told, put together. */
const told = ({ body }: Answer): string => JSON.stringify(body);

const names = async (): Promise<unknown> => {
  const { body } = await outside.query('fairlead.v1.qry.test.cluster._.list');
  const items = body['items'] as { metadata: { name: string }; revision: number }[];
  return items.map(({ metadata }) => metadata.name);
};

describe('a stranger on NATS is told what is wrong with', () => {
  it.each([...manifests, ...envelopes, ...states])('$what', async (bad) => {
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
    const { exit, stderr } = await fairlead(world.stack, ['apply', '-f', '-'], yaml('good', '3'));
    expect(exit).toBe(2);
    expect(stderr).toContain('spec.servers.count is 3, was 1');
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
    await world.until('it is deleting', async () => /^deleting/.test(await world.state('good')));
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
