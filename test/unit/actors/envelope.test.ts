/** What comes off the stream: every malformed command gets a problem that says what to do. */
import { expect, it } from 'vitest';
import { openEnvelope, problemsOf } from '../../../actors/envelope.ts';
import type { CommandDelivery } from '../../../actors/ports.ts';
import { bounds } from '../../../machines/limits.ts';
import { commandSchemas } from '../../../machines/messages.ts';
import { clusterManifestSchema } from '../../../machines/specs.ts';

const manifest = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'fairlead.dev/v1',
  kind: 'Cluster',
  metadata: { namespace: 'shop', name: 'eu', ...metadata },
  spec: { region: 'eu-central-1', ...spec },
});

function delivery(change: Partial<CommandDelivery> & { json?: unknown } = {}): CommandDelivery {
  const { json = { manifest: manifest() }, ...rest } = change;
  return {
    ...{ sequence: 7, namespace: 'shop', kind: 'cluster', name: 'eu', verb: 'create' },
    headers: {},
    payload: new TextEncoder().encode(JSON.stringify(json)),
    deliveries: 1,
    wasWaiting: false,
    ack: () => undefined,
    ackConfirmed: () => Promise.resolve(),
    terminate: () => Promise.resolve(),
    working: () => undefined,
    ...rest,
  };
}

const open = (change?: Parameters<typeof delivery>[0]) =>
  openEnvelope(delivery(change), commandSchemas);

function problemOf(change: Parameters<typeof delivery>[0]) {
  const opened = open(change);
  if (opened.ok) throw new Error('it was accepted');
  return opened.problem;
}

it('reads a plain command: id from the sequence, correlation from the id, defaults filled in', () => {
  const opened = open();
  expect(opened).toMatchObject({
    ok: true,
    command: {
      commandId: 'cmd-7',
      correlationId: 'cmd-7',
      key: { kind: 'cluster', namespace: 'shop', name: 'eu' },
      verb: 'create',
      arguments: { manifest: { spec: { servers: { count: 1 } } } },
    },
  });
});

it('reads every header, in any case', () => {
  const headers = {
    'Nats-Msg-Id': 'id-1',
    'fairlead-correlation-id': 'corr',
    'Fairlead-Causation-Id': 'cause',
    'Fairlead-If-Revision': '12',
    'Fairlead-Deadline': '2026-01-31T08:15:00.250+01:00',
    'Fairlead-Reply-To': '_INBOX_acme.abc.1',
    'Fairlead-By': 'ann',
    'Fairlead-Reason': 'because',
    'Content-Type': 'application/json; charset=utf-8',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  };
  const opened = open({ headers });
  expect(opened.ok && opened.command).toMatchObject({
    ...{ commandId: 'id-1', correlationId: 'corr', causationId: 'cause', ifRevision: 12 },
    ...{ replyTo: '_INBOX_acme.abc.1', claimedBy: 'ann', reason: 'because' },
    deadlineMs: 1_769_843_700_250,
    traceparent: headers.traceparent,
  });
});

it('takes an empty payload as no arguments', () => {
  expect(open({ verb: 'pause', payload: new Uint8Array() })).toMatchObject({
    ok: true,
    command: { arguments: {} },
  });
});

it.each([
  ['Fairlead-If-Revison', '1', 'did you mean Fairlead-If-Revision?'],
  ['Fairlead-Colour', 'red', 'known: Fairlead-Reply-To'],
  ['Fairlead-If-Revision', 'latest', 'not a revision'],
  ['Fairlead-Deadline', 'tomorrow', 'not an RFC 3339 time'],
  ['Fairlead-Deadline', '2026-02-30T00:00:00Z', 'not an RFC 3339 time'],
  ['Fairlead-Reply-To', 'fairlead.v1.pcmd.1.a.b.c.d', 'not an inbox'],
  ['Fairlead-Reply-To', '_INBOX.>', 'not an inbox'],
  ['Fairlead-Correlation-Id', 'two words', 'not an id'],
  ['Nats-Msg-Id', 'x'.repeat(129), 'not an id'],
  ['Fairlead-Reason', 'x'.repeat(501), 'longer than 500'],
  ['Content-Type', 'text/yaml', 'only application/json'],
])('refuses header %s: %s', (name, value, why) => {
  const problem = problemOf({ headers: { [name]: value } });
  expect(problem).toMatchObject({ code: 'command.badHeader', status: 400 });
  expect(problem.problems).toHaveLength(1);
  expect(problem.problems[0]?.message).toContain(why);
});

it('ignores a broken trace header, as its standard asks', () => {
  const opened = open({ headers: { traceparent: 'nonsense' } });
  expect(opened.ok && 'traceparent' in opened.command).toBe(false);
});

it('never takes a bad reply subject for the answer', () => {
  const opened = open({ headers: { 'Fairlead-Reply-To': '$JS.API.STREAM.PURGE.X' } });
  expect(opened.ok).toBe(false);
  expect(!opened.ok && opened.replyTo).toBeUndefined();
});

const bytes = (text: string) => new TextEncoder().encode(text);

it.each([
  ['an unknown kind', { kind: 'clutser' }, 'command.unknownKind', 404, 'did you mean cluster?'],
  ['an unknown verb', { verb: 'detele' }, 'command.unknownVerb', 404, 'did you mean delete?'],
  ['a verb of Object', { verb: 'constructor' }, 'command.unknownVerb', 404, 'known: create'],
  ['a bad name', { name: 'Eu' }, 'command.badName', 400, 'names no resource'],
  ['broken JSON', { payload: bytes('{"a":') }, 'command.malformed', 400, 'not JSON'],
  ['a JSON list', { payload: bytes('[]') }, 'command.malformed', 400, 'not a JSON object'],
  ['JSON null', { payload: bytes('null') }, 'command.malformed', 400, 'not a JSON object'],
  ['no UTF-8', { payload: Uint8Array.of(0xff, 0xfe) }, 'command.malformed', 400, 'not UTF-8'],
  [
    'a payload over the bound',
    { payload: new Uint8Array(bounds.payloadBytesMax + 1) },
    'command.tooLarge',
    400,
    `at most ${bounds.payloadBytesMax}`,
  ],
  [
    'unknown arguments',
    { verb: 'delete', json: { forec: true } },
    'command.malformed',
    400,
    '1 problem',
  ],
  ['no manifest', { json: {} }, 'command.malformed', 400, '1 problem'],
])('refuses %s', (_what, change, code, status, text) => {
  const problem = problemOf(change);
  expect(problem).toMatchObject({ code, status, retryable: false, correlationId: 'cmd-7' });
  expect(problem.message).toContain(text);
});

it('refuses a manifest sent to the subject of another resource', () => {
  const problem = problemOf({
    json: { manifest: manifest({}, { namespace: 'other', name: 'us' }) },
  });
  expect(problem.problems.map(({ path }) => path)).toEqual(['metadata.namespace', 'metadata.name']);
  expect(problem.problems[1]?.message).toBe(
    'metadata.name is "us": the subject says "eu"; send it to the subject of its own name.',
  );
});

it('reports all problems of a manifest together, each with path, value and what to write', () => {
  const problem = problemOf({
    json: {
      manifest: manifest({
        region: 'moon',
        servers: { count: 2, instancetypes: ['t3.medium'] },
        agentPools: [{ name: 'web', count: '3', instanceTypes: ['m7g.large'] }],
      }),
    },
  });
  expect(problem).toMatchObject({
    code: 'manifest.invalid',
    message: 'Cluster shop/eu was not accepted: 4 problems.',
  });
  expect(problem.problems.map(({ path, code }) => `${path} ${code}`).sort()).toEqual([
    'spec.agentPools[0].count manifest.wrongType',
    'spec.region manifest.badFormat',
    'spec.servers.count manifest.serverCountEven',
    'spec.servers.instancetypes manifest.unknownKey',
  ]);
});

it.each<[string, object, string]>([
  [
    'an even server count',
    { servers: { count: 2 } },
    'spec.servers.count is 2: 2 etcd members survive no more failures than 1; use 1, 3, 5 or 7.',
  ],
  [
    'a misspelt key',
    { servers: { instancetypes: ['t3.medium'] } },
    'spec.servers.instancetypes is not a known key; did you mean instanceTypes?',
  ],
  [
    'an unknown key far from any',
    { addons: { colour: 1 } },
    'spec.addons.colour is not a known key; known keys: disable.',
  ],
  [
    'a text where a number belongs',
    { servers: { count: 'three' } },
    'spec.servers.count is "three": not a whole number; use 1, 3, 5 or 7.',
  ],
  [
    'a region that is none',
    { region: 'moon' },
    'spec.region is "moon": not an AWS region; write one such as eu-central-1.',
  ],
  [
    'a choice that is none',
    { profile: 'developement' },
    'spec.profile is "developement": not one of development, staging, production, high-volume; did you mean development?',
  ],
  [
    'a list where a map belongs',
    { network: [] },
    'spec.network is not a map of keys; write a map of keys.',
  ],
  [
    'a number below its minimum',
    { snapshots: { retain: 0 } },
    'spec.snapshots.retain is 0: less than 1; use at least 1.',
  ],
  [
    'two pools of one name',
    {
      agentPools: [1, 2].map(() => ({ name: 'web', count: 1, instanceTypes: ['m7g.large'] })),
    },
    'spec.agentPools has two pools of one name; rename one of them.',
  ],
  [
    'a reserved tag',
    { tags: { 'aws:x': '1' } },
    'spec.tags["aws:x"] uses a reserved prefix (aws:, fairlead:); choose another key.',
  ],
  [
    'a range that overlaps',
    { network: { serviceCIDR: '10.42.0.0/16', clusterDNS: '10.42.0.10' } },
    'spec.network.serviceCIDR is "10.42.0.0/16": overlaps clusterCIDR 10.42.0.0/16; choose a disjoint range.',
  ],
  [
    'the nearest form of a union',
    { network: { zones: { count: 9 } } },
    'spec.network.zones.count is 9: more than 6; use at most 6.',
  ],
])('tells of %s in one sentence', (_what, spec, sentence) => {
  const problem = problemOf({ json: { manifest: manifest(spec) } });
  expect(problem.problems.map(({ message }) => message)).toContain(sentence);
});

it('tells of what is missing', () => {
  const problem = problemOf({ json: { manifest: { apiVersion: 'v2', metadata: {} } } });
  expect(problem.problems.map(({ message }) => message)).toEqual([
    'apiVersion is "v2": not fairlead.dev/v1; write apiVersion: fairlead.dev/v1.',
    'kind is missing; write Cluster.',
    'metadata.name is missing; write a text.',
    'spec is missing; write a map of keys.',
  ]);
});

it('serves the command line from the bare parse error as well', () => {
  const error = clusterManifestSchema.safeParse(manifest({ servers: { count: 2 } })).error;
  expect(error && problemsOf(error)).toMatchObject([{ path: 'spec.servers.count' }]);
});

it('survives any JSON value as arguments', () => {
  const odd = [0, '', [], [[]], { manifest: null }, { manifest: [1] }, { ['__proto__']: 1 }];
  for (const json of odd) expect(open({ json }).ok, JSON.stringify(json)).toBe(false);
});
