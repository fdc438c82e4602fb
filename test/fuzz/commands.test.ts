/** Whatever comes as a command is refused with a code or in its record; what is refused changes nothing. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { readRecord } from '../../actors/record.ts';
import { recordKey } from '../../machines/ids.ts';
import type { FakeCommand } from '../fakes/fake-bus.ts';
import { fleetSchemas, HostedFleet } from '../fakes/hosted-fleet.ts';
import { fuzz } from './fuzzing.ts';
import { mangled, oddText, secret, torn, written } from './odd.ts';
import { groupManifest, isCode, keys, realArguments } from './scenes.ts';

let fleet: HostedFleet;
beforeAll(async () => {
  fleet = await new HostedFleet({ intake: { ratePerSecond: 1e6, burst: 1e6 } }).start();
  const manifestOf = (kind: string) => ({ ...realArguments[kind]?.['apply'] });
  await fleet.ask(keys.cluster, 'apply', manifestOf('cluster'));
  await fleet.ask(keys.replication, 'apply', manifestOf('replication'));
  await fleet.ask(keys.replicationgroup, 'apply', { manifest: groupManifest });
});
afterAll(() => fleet.stop());

type Kind = keyof typeof keys;
const verbs = Object.entries(fleetSchemas).flatMap(([kind, known]) =>
  Object.keys(known).map((verb) => ({ kind: kind as Kind, verb })),
);

const inbox = '_INBOX.fuzz';
const realHeaders = {
  'Fairlead-Reply-To': inbox,
  'Fairlead-By': 'somebody',
  'Fairlead-If-Revision': '3',
  'Fairlead-Deadline': '2030-01-01T00:00:00Z',
  'Fairlead-Correlation-Id': 'k1',
  'Fairlead-Reason': 'because',
  'Content-Type': 'application/json',
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
};
const someHeaders = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ 'Fairlead-Reply-To': inbox }) },
  { weight: 1, arbitrary: mangled([realHeaders], 3) },
);

const command: fc.Arbitrary<FakeCommand> = fc.constantFrom(...verbs).chain(({ kind, verb }) => {
  const real = realArguments[kind]?.[verb] ?? {};
  const others = Object.values(realArguments[kind] ?? {});
  const address = fc.oneof(
    { weight: 12, arbitrary: fc.constant({ ...keys[kind], verb }) },
    { weight: 2, arbitrary: fc.constant({ ...keys[kind], name: 'other', verb }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: oddText, namespace: oddText, name: oddText, verb: oddText }),
    },
  );
  const payload = fc.oneof(
    { weight: 3, arbitrary: mangled([real, ...others]).map((value) => bytesOf(written(value))) },
    { weight: 2, arbitrary: torn([written(real)]) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  );
  return fc
    .tuple(address, payload, someHeaders)
    .map(([to, sent, headers]) => ({ ...to, payload: sent, headers: textsOf(headers) }));
});

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
/** On the wire a header is a text. */
const textsOf = (headers: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers ?? {}).filter((each): each is [string, string] => {
      return typeof each[1] === 'string';
    }),
  );

/** What a refusal must leave as it is: whose records there are, and the state of this one. */
function standing({ kind, namespace, name }: FakeCommand): string {
  const { store } = fleet.world;
  const bytes = store.peek(recordKey({ kind, namespace, name }))?.bytes ?? '{}';
  const { snapshot, timers, uid } = JSON.parse(bytes) as Stored;
  return JSON.stringify([store.keys(), snapshot, timers, uid]);
}
interface Stored {
  readonly snapshot: unknown;
  readonly timers: unknown;
  readonly uid: string;
}

/** What the record says became of a command; undefined where there is no record, or it does not say. */
function decidedIn({ kind, namespace, name }: FakeCommand, id: string): string | undefined {
  const bytes = fleet.world.store.peek(recordKey({ kind, namespace, name }))?.bytes;
  if (bytes === undefined) return undefined;
  const read = readRecord(bytes);
  if (!read.ok) throw new Error(`the record of ${kind} ${name} cannot be read any more`);
  return read.record.seen.find((each) => each.id === id)?.code;
}

let sent = 0;
fuzz(
  'commands of any form are refused with a code, or are in a record that can be read',
  150,
  command,
  async (given) => {
    const { world } = fleet;
    const { bus, clock, telemetry } = world;
    await clock.advance(50);
    const before = standing(given);
    const [replies, lines] = [bus.replies.length, telemetry.lines.length];
    const id = `f${(sent += 1)}`;
    const headers = { ...given.headers, 'Nats-Msg-Id': id };
    const { sequence } = bus.publishCommand({ ...given, headers });
    await clock.advance(0);

    expect(bus.waiting()).toEqual([]);
    // Groups order their members about meanwhile.
    const answered = bus.replies.slice(replies).filter((each) => each.inbox === inbox);
    const filed = bus.deadLetters
      .filter(({ delivery }) => delivery.sequence === sequence)
      .map(({ problem }) => problem);
    if (given.headers?.['Fairlead-Reply-To'] === inbox) expect(answered).toHaveLength(1);
    const refusals = [...answered.filter(({ error }) => error).map(({ body }) => body), ...filed];
    for (const { code, message, actor, status } of refusals) {
      expect(isCode(code), String(code)).toBe(true);
      expect(code).not.toBe('internal.unregistered');
      expect([code, message]).not.toContain('internal.assertion');
      expect(code).not.toBe('actor.poisoned');
      expect(String(message).length).toBeGreaterThan(0);
      expect([typeof actor, typeof status]).toEqual(['string', 'number']);
    }
    const decided = decidedIn(given, id);
    // Neither refused nor filed as nobody's: it is in the record, whole.
    if (refusals.length === 0) expect(decided, `${given.kind} ${given.verb}`).toBeDefined();
    // Who left no inbox is refused in the record alone.
    if (refusals.length === 0 && decided === 'ok') return;
    expect(standing(given) === before, `${given.kind} ${given.verb} changed it`).toBe(true);
    const told = JSON.stringify([answered, filed, telemetry.lines.slice(lines)]);
    expect(told.includes(secret), told.slice(0, 1_000)).toBe(false);
  },
);
