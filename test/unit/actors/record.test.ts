/** The stored form of an actor: what of it hosting relies on, and what it tells about waking. */
import { expect, it } from 'vitest';
import {
  isRecordOf,
  keyOf,
  readRecord,
  snapshotOf,
  stepsOf,
  wakeAtMsOf,
} from '../../../actors/record.ts';
import type { ActorRecord } from '../../../actors/record.ts';

const timer = {
  from: 'job',
  to: 'job',
  id: 'later',
  event: { type: 'later', more: 1 },
  atMs: 9_000,
};
const event = { id: 'u/1', event: 'done', correlationId: 'c', data: { n: 1 }, atMs: 5 };
const record: ActorRecord = {
  schema: 1,
  key: 'job/shop/a',
  uid: 'u',
  machineId: 'job',
  machineVersion: 3,
  definitionHash: 'f00',
  fence: 7,
  host: 'h1',
  steps: 4,
  snapshot: { status: 'active', value: { running: 'steady' }, context: { n: 1 }, children: {} },
  timers: [timer],
  outbox: [event],
  outboxNext: 2,
  seen: [{ id: 'c1', code: 'ok', correlationId: 'c' }],
  strikes: { count: 1, code: 'x', message: 'y', atMs: 1, machineVersion: 3 },
  wakeAtMs: 0,
};

/** Of this record with one part replaced, or left out where `value` is undefined. */
const reasonOf = (path: string, value: unknown): string => {
  const changed = structuredClone(record) as unknown as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  let inside = changed;
  for (const name of names) inside = inside[name] as Record<string, unknown>;
  inside[last] = value;
  const read = readRecord(JSON.stringify(changed));
  return read.ok ? 'read' : read.reason;
};
/** As the reason names it. */
const shown = (path: string): string => path.replace(/\.(\d+)/g, '[$1]');

it('is read with everything in it, also what this version knows nothing of', () => {
  const later = { ...record, addedLater: { deep: [1] } };
  expect(readRecord(JSON.stringify(later))).toEqual({ ok: true, record: later });
});

it.each([
  ...['strikes', 'wakeAtMs'].map((path) => [path, null] as const),
  ...['steps', 'outbox.0.correlationId', 'timers.0.event.more'].map(
    (path) => [path, undefined] as const,
  ),
  ['host', ''] as const,
  ['steps', 0] as const,
  ['fence', 0] as const,
  ['outboxNext', 0] as const,
  ['snapshot.status', 'done'] as const,
  ['snapshot.value', 'ended'] as const,
])('is read where %s is %j', (path, value) => {
  expect(reasonOf(path, value)).toBe('read');
});

const names = ['key', 'uid', 'machineId', 'definitionHash'];
it.each([
  ...names.flatMap((path) => [[path, ''] as const, [path, 1] as const, [path, undefined] as const]),
  ...['machineVersion', 'fence', 'outboxNext', 'steps'].map((path) => [path, 1.5] as const),
  ...['fence', 'outboxNext', 'steps'].map((path) => [path, -1] as const),
  ...[
    'schema',
    'machineVersion',
    'fence',
    'host',
    'snapshot',
    'timers',
    'outbox',
    'outboxNext',
  ].map((path) => [path, undefined] as const),
  ...['seen', 'strikes', 'wakeAtMs'].map((path) => [path, undefined] as const),
  ['schema', 2] as const,
  ['wakeAtMs', 'soon'] as const,
  ...['status', 'value', 'context', 'children'].flatMap((name) => [
    [`snapshot.${name}`, undefined] as const,
    [`snapshot.${name}`, 1] as const,
  ]),
  ['snapshot.status', 'error'] as const,
  ...['from', 'to', 'id', 'event', 'atMs', 'event.type'].map(
    (name) => [`timers.0.${name}`, undefined] as const,
  ),
  ['timers.0.id', ''] as const,
  ['timers.0.event.type', ''] as const,
  ...['id', 'event', 'data'].map((name) => [`outbox.0.${name}`, undefined] as const),
  ...['id', 'event'].map((name) => [`outbox.0.${name}`, ''] as const),
  ...['id', 'code'].flatMap((name) => [
    [`seen.0.${name}`, undefined] as const,
    [`seen.0.${name}`, ''] as const,
  ]),
  ...['count', 'machineVersion'].map((name) => [`strikes.${name}`, undefined] as const),
])('is not read where %s is %j, and the reason names it', (path, value) => {
  expect(reasonOf(path, value)).toContain(`at ${shown(path)}`);
});

it('is not read where it is no JSON, and the reason tells nothing of what was inside', () => {
  const read = readRecord('{"password": "s3cret", oops}');
  expect(read).toMatchObject({ ok: false });
  const { reason } = read as { reason: string };
  expect(reason).toMatch(/^not JSON: ./);
  expect(reason).not.toContain('s3cret');
});

it('wakes at once while events wait or a call is under way, here or in a machine inside', () => {
  const call = { snapshot: { status: 'active', context: {} } };
  const inside = { snapshot: { status: 'active', value: 'a', children: { call } } };
  const ended = { snapshot: { status: 'done', context: {} } };
  const without = (children: object) => ({ ...(record.snapshot as object), children });
  expect(wakeAtMsOf(record.snapshot, [timer], [event])).toBe(0);
  expect(wakeAtMsOf(without({ call }), [timer], [])).toBe(0);
  expect(wakeAtMsOf(without({ inside }), [], [])).toBe(0);
  expect(wakeAtMsOf(without({ ended }), [timer], [])).toBe(9_000);
});

it('wakes at its earliest deadline, or never by itself', () => {
  const early = { ...timer, atMs: 4_000 };
  expect(wakeAtMsOf(record.snapshot, [timer, early, timer], [])).toBe(4_000);
  expect(wakeAtMsOf(record.snapshot, [], [])).toBeNull();
});

it('counts itself as the first step where none were counted', () => {
  const { steps: _steps, ...before } = record;
  expect([stepsOf(record), stepsOf(before)]).toEqual([4, 1]);
});

it('says whose it is', () => {
  expect(keyOf(record)).toEqual({ kind: 'job', namespace: 'shop', name: 'a' });
  expect(keyOf({ ...record, key: '' })).toEqual({ kind: '', namespace: '', name: '' });
  expect(isRecordOf(record, keyOf(record))).toBe(true);
  expect(isRecordOf(record, { kind: 'job', namespace: 'shop', name: 'b' })).toBe(false);
  expect(snapshotOf(record)).toBe(record.snapshot);
});
