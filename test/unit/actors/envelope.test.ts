/** What comes off the stream: every malformed command gets a problem that says what to do. */
import { expect, it } from 'vitest';
import type { CommandDelivery } from '../../../actors/ports.ts';
import { bounds } from '../../../machines/limits.ts';
import { commandSchemas } from '../../../machines/messages.ts';
import { manifest, open, problemOf } from './opened.ts';

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
  expect(problem.message).toBe('The command was not accepted: 1 header problem.');
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

it('tells of all headers that are wrong', () => {
  const problem = problemOf({ headers: { 'Nats-Msg-Id': 'two words', 'Fairlead-Colour': 'red' } });
  expect(problem.message).toBe('The command was not accepted: 2 header problems.');
  expect(problem.problems).toHaveLength(2);
});

const kinds = Object.keys(commandSchemas);
const verbs = Object.keys(commandSchemas.cluster);
const tooLong = bounds.payloadBytesMax + 1;
const noObject = 'The payload is not a JSON object; write { … }.';

it.each<[string, Partial<CommandDelivery> & { json?: object }, string, number, string | RegExp]>([
  [
    'an unknown kind',
    { kind: 'clutser' },
    'command.unknownKind',
    404,
    '"clutser" is no known kind; did you mean cluster?',
  ],
  [
    'a kind far from any',
    { kind: 'x' },
    'command.unknownKind',
    404,
    `"x" is no known kind; known: ${kinds.join(', ')}.`,
  ],
  [
    'an unknown verb',
    { verb: 'detele' },
    'command.unknownVerb',
    404,
    '"detele" is no known verb of cluster; did you mean delete?',
  ],
  [
    'a verb of Object',
    { verb: 'constructor' },
    'command.unknownVerb',
    404,
    `"constructor" is no known verb of cluster; known: ${verbs.join(', ')}.`,
  ],
  ['a bad name', { name: 'Eu' }, 'command.badName', 400, 'The subject names no resource.'],
  [
    'broken JSON',
    { payload: bytes('{"a":') },
    'command.malformed',
    400,
    /^The .* is not JSON \(.+\)/,
  ],
  ['a JSON list', { payload: bytes('[]') }, 'command.malformed', 400, noObject],
  ['JSON null', { payload: bytes('null') }, 'command.malformed', 400, noObject],
  [
    'no UTF-8',
    { payload: Uint8Array.of(0xff, 0xfe) },
    'command.malformed',
    400,
    'The payload is not JSON (not UTF-8); write one JSON object.',
  ],
  [
    'a payload over the bound',
    { payload: new Uint8Array(tooLong) },
    'command.tooLarge',
    400,
    `The payload has ${tooLong} bytes; at most ${bounds.payloadBytesMax} are taken.`,
  ],
  [
    'unknown arguments',
    { verb: 'delete', json: { forec: true } },
    'command.malformed',
    400,
    'delete for Cluster shop/eu was not accepted: 1 problem.',
  ],
  [
    'no manifest',
    { json: {} },
    'command.malformed',
    400,
    'create for Cluster shop/eu was not accepted: 1 problem.',
  ],
])('refuses %s', (_what, change, code, status, text) => {
  const { kind = 'cluster', name = 'eu' } = change;
  const problem = problemOf(change);
  expect(problem).toMatchObject({ code, status, retryable: false, correlationId: 'cmd-7' });
  expect(problem.actor).toBe(`${kind}/shop/${name}`);
  expect(problem.message).toEqual(text instanceof RegExp ? expect.stringMatching(text) : text);
});

it('says which kinds and verbs there are, for who asks by program', () => {
  expect(problemOf({ kind: 'clutser' }).allowedNext).toEqual(kinds);
  expect(problemOf({ verb: 'detele' }).allowedNext).toEqual(verbs);
});

it('says what is wrong with each part of an address', () => {
  const told = (path: string, got: string) => ({
    ...{ path, code: 'command.badName', got },
    message: `${path} is "${got}": not a DNS label; use lower-case letters, digits and '-'.`,
  });
  expect(problemOf({ namespace: 'a_b', name: 'Eu' }).problems).toEqual([
    told('namespace', 'a_b'),
    told('name', 'Eu'),
  ]);
  expect(problemOf({ name: 'Eu' }).problems).toEqual([told('name', 'Eu')]);
});

it('takes a payload that is as long as may be', () => {
  const payload = bytes('{}'.padEnd(bounds.payloadBytesMax));
  expect(open({ verb: 'pause', payload }).ok).toBe(true);
});

it('refuses a manifest sent to the subject of another resource', () => {
  const problem = problemOf({
    json: { manifest: manifest({}, { namespace: 'other', name: 'us' }) },
  });
  expect(problem.message).toBe('Cluster shop/eu was not accepted: 2 problems.');
  expect(problem.problems.map(({ path }) => path)).toEqual(['metadata.namespace', 'metadata.name']);
  expect(problem.problems[1]).toEqual({
    ...{ path: 'metadata.name', code: 'manifest.subjectMismatch', got: 'us', allowed: ['eu'] },
    message:
      'metadata.name is "us": the subject says "eu"; send it to the subject of its own name.',
  });
});

it('survives any JSON value as arguments', () => {
  const odd = [0, '', [], [[]], { manifest: null }, { manifest: [1] }, { ['__proto__']: 1 }];
  for (const json of odd) expect(open({ json }).ok, JSON.stringify(json)).toBe(false);
});
