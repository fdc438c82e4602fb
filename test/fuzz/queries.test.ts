/** Whatever is asked is answered, with what was asked for or with a code; no question changes anything. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { bodyOf, failureOf } from '../../src/nats/query.ts';
import { ClientProblem } from '../../src/nats/problem.ts';
import { isInbox, parseQuery, parseStep, parseStoredCommand } from '../../src/nats/subjects.ts';
import { querySchemas } from '../../machines/messages.ts';
import type { QueryAnswer, QueryRequest } from '../../actors/ports.ts';
import { HostedFleet } from '../fakes/hosted-fleet.ts';
import { fuzz } from './fuzzing.ts';
import { mangled, oddText, secret, torn, written } from './odd.ts';
import { isCode, keys, realArguments } from './scenes.ts';

let fleet: HostedFleet;
let ask: (request: QueryRequest) => Promise<QueryAnswer>;
beforeAll(async () => {
  fleet = new HostedFleet({ intake: { ratePerSecond: 1e6, burst: 1e6 } });
  const { bus } = fleet.world;
  const serve = bus.serveQueries.bind(bus);
  bus.serveQueries = (handle) => {
    ask = handle;
    return serve(handle);
  };
  await fleet.start();
  // Nothing moves by itself, so that what is stored can be compared.
  fleet.ends = () => 'never';
  for (const kind of ['cluster', 'replication', 'replicationgroup'] as const)
    await fleet.ask(keys[kind], 'apply', { ...realArguments[kind]?.['apply'] });
});
afterAll(() => fleet.stop());

const realQueries: Readonly<Record<string, readonly object[]>> = {
  get: [{}, { minRevision: 1 }],
  list: [{ limit: 10, cursor: 'shop/eu', allNamespaces: true }],
  survey: [{ names: ['a'], after: '', now: true }],
  history: [{ limit: 5, correlationId: 'c1' }],
  outcome: [{ commandId: 'c1' }],
  'dry-run': Object.entries(realArguments['cluster'] ?? {}).map(([verb, given]) => ({
    ...{ verb, arguments: given, explain: true },
  })),
  why: Object.entries(realArguments['replication'] ?? {}).map(([verb, given]) => ({
    ...{ verb, arguments: given },
  })),
};

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const request: fc.Arbitrary<QueryRequest> = fc
  .constantFrom(...Object.keys(querySchemas))
  .chain((verb) => {
    const real = realQueries[verb] ?? [{}];
    const address = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom(...Object.values(keys)).map((key) => ({ ...key, verb })),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: oddText, namespace: oddText, name: oddText, verb: oddText }),
      },
    );
    const payload = fc.oneof(
      { weight: 3, arbitrary: mangled(real, 2).map((value) => bytesOf(written(value))) },
      { weight: 1, arbitrary: torn(real.map(written)) },
    );
    return fc.tuple(address, payload).map(([to, sent]) => ({ ...to, payload: sent }));
  });

fuzz('queries of any form are answered or refused with a code', 100, request, async (given) => {
  const { store, clock } = fleet.world;
  await clock.advance(0);
  const standing = () => JSON.stringify(store.keys().map((key) => store.peek(key)));
  const before = standing();
  const answering = ask(given);
  const answered = { is: false };
  void answering.finally(() => (answered.is = true));
  await clock.advance(0);
  // Before any time passes, in which actors do what they do by themselves.
  expect(standing() === before, 'a query changed something').toBe(true);
  // `get` waits for a revision.
  if (!answered.is) await clock.advance(2_500);
  const { body, error } = await answering;
  if (error === undefined) return;
  const text = JSON.stringify(body);
  expect(isCode(body['code']), text.slice(0, 300)).toBe(true);
  expect(
    ['service.unavailable', 'internal.assertion'].includes(String(body['code'])) &&
      !text.includes('at revision'),
    text.slice(0, 300),
  ).toBe(false);
  expect(text.includes(secret), text.slice(0, 300)).toBe(false);
});

const answer = fc.record({
  body: torn([written({ code: 'a.b', message: 'm', problems: [] }), written({ items: [] }), '']),
  code: fc.oneof(fc.constant(''), fc.constant('404'), oddText),
  text: oddText,
});
fuzz('answers of any form are read or refused as a problem', 300, answer, async (given) => {
  const message = {
    string: () => new TextDecoder().decode(given.body),
    headers: {
      get: (name: string) => (name === 'Nats-Service-Error-Code' ? given.code : given.text),
    },
  };
  const failure = failureOf(message);
  if (failure !== undefined) expect(typeof failure.status).toBe('number');
  try {
    expect(typeof bodyOf(message)).toBe('object');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ClientProblem);
  }
});

const subject = fc.oneof(
  oddText,
  torn([
    'fairlead.v1.pcmd.12.shop.cluster.eu.apply',
    'fairlead.v1.qry.a.b.c.get',
    '_INBOX.a.b',
  ]).map((bytes) => new TextDecoder().decode(bytes)),
);
fuzz('subjects of any form are read whole or not at all', 300, subject, async (given) => {
  const parts = [parseQuery(given), parseStep(given), parseStoredCommand(given)];
  for (const found of parts)
    if (found) expect(given).toContain(`.${found.namespace}.${found.kind}.${found.name}`);
  if (isInbox(given)) expect(given).toMatch(/^_INBOX/);
});
