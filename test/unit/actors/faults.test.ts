/** Fault codes, problem objects, times: small pure parts of answers. */
import { expect, it } from 'vitest';
import { exitCodeOf, faults, problem, toEffectFault } from '../../../actors/faults.ts';
import { isoTime, parseIsoTime } from '../../../actors/iso-time.ts';
import { metrics } from '../../../actors/metric-names.ts';
import { nearest } from '../../../actors/nearest.ts';

it('spells every code area.camelCase and gives each a meaning and a remedy', () => {
  for (const [code, { meaning, remedy }] of Object.entries(faults)) {
    expect(code).toMatch(/^[a-z]+\.[a-z][A-Za-z]*$/);
    expect(meaning.length > 0 && remedy.length > 0, code).toBe(true);
  }
});

it('takes status and retry rule from the registry', () => {
  const fields = { message: 'm', actor: 'a', correlationId: 'c' };
  expect(problem('mailbox.full', { ...fields, retryAfterMs: 5 })).toMatchObject({
    ...{ code: 'mailbox.full', status: 429, retryable: true, retryAfterMs: 5, ...fields },
    ...{ problems: [], allowedNext: [], because: [] },
  });
  expect(problem('nobody.knows', fields)).toMatchObject({ code: 'nobody.knows', status: 500 });
});

it.each([
  [400, 2],
  [403, 4],
  [404, 3],
  [409, 5],
  [410, 5],
  [422, 5],
  [429, 6],
  [503, 6],
  [504, 124],
  [500, 1],
  [418, 1],
])('gives status %i the exit code %i', (status, exit) => expect(exitCodeOf(status)).toBe(exit));

it('turns anything thrown into a plain fault', () => {
  const carried = { type: 'RateLimit', code: 'Throttling', message: 'slow down', retryAfterMs: 9 };
  expect(toEffectFault(Object.assign(new Error('x'), { fault: carried }))).toEqual(carried);
  expect(toEffectFault(new DOMException('left', 'AbortError'))).toMatchObject({
    type: 'Cancelled',
  });
  for (const odd of [new Error('e'), 'text', undefined, null, 7, { fault: { type: 'Odd' } }])
    expect(toEffectFault(odd)).toMatchObject({ type: 'InternalError', code: 'internal.assertion' });
  expect(toEffectFault(new Error('x'.repeat(999))).message).toHaveLength(300);
});

it('writes and reads times like Date does', () => {
  const times = [
    0, 1, 951_782_400_000, 1_709_164_800_123, 4_102_444_799_999, -1, -62_135_596_800_000,
  ];
  for (const atMs of times) {
    expect(isoTime(atMs)).toBe(new Date(atMs).toISOString());
    expect(parseIsoTime(isoTime(atMs))).toBe(atMs);
  }
  expect(parseIsoTime('2026-01-31t08:15:00.5-00:30')).toBe(Date.UTC(2026, 0, 31, 8, 45, 0, 500));
  for (const bad of ['', '2026-01-31', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z', '1e3'])
    expect(parseIsoTime(bad), bad).toBeUndefined();
});

it('guesses what was meant, within reason', () => {
  expect(nearest('detele', ['create', 'delete'])).toBe('delete');
  expect(nearest('xyz', ['create', 'delete'])).toBeUndefined();
});

it('names metrics with their prefix and unit', () => {
  for (const [name, { type }] of Object.entries(metrics)) {
    expect(name).toMatch(/^(fairlead|unified_replication)_[a-z_]+$/);
    if (type === 'counter') expect(name).toMatch(/_total$/);
    if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
  }
});
