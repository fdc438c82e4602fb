// The client for programs outside, against a real server and a small service of our own behind the Bus port.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ClientProblem, connectClient } from '../../../src/nats/client.ts';
import type { CloudEvent, FairleadClient, Problem } from '../../../src/nats/client.ts';
import type { Bus, CommandDelivery, Subscription } from '../../../actors/ports.ts';
import { startRig, until } from '../../contract/ports/nats-rig.ts';
import { consumeAll } from '../../servers/all-partitions.ts';
import type { NatsRig } from '../../contract/ports/nats-rig.ts';

const eu = { namespace: 'shop', kind: 'cluster', name: 'eu' };

let rig: NatsRig;
let bus: Bus;
let client: FairleadClient;
let epoch = 0;
const cleanup: (() => Promise<void>)[] = [];

beforeAll(async () => {
  rig = await startRig();
  ({ bus } = rig);
  const { url, nkeySeedFile } = rig.server;
  client = await connectClient({ url, nkeySeedFile, inboxPrefix: '_INBOX_cli' });
});
beforeEach(async () => {
  for (const end of cleanup.splice(0)) await end();
});
afterAll(async () => {
  for (const end of cleanup.splice(0)) await end();
  await client.close();
  await rig.stop();
});

const serve = async (handle: (delivery: CommandDelivery) => void): Promise<Subscription> => {
  const subscription = await consumeAll(bus, (epoch += 1), handle);
  cleanup.push(() => subscription.stop());
  return subscription;
};

/** Answers like a host: outcomes are kept, refusals carry a problem. */
async function serveOutcomes(outcomes: Map<string, Record<string, unknown>>): Promise<void> {
  const service = await bus.serveQueries(async ({ verb, payload }) => {
    const { commandId } = JSON.parse(new TextDecoder().decode(payload)) as { commandId: string };
    const found = outcomes.get(commandId);
    if (verb === 'outcome' && found) return { body: found };
    const body = { code: 'command.notFound', message: 'nothing is known', status: 404 };
    return { body, error: { status: 404, text: 'command.notFound' } };
  });
  cleanup.push(() => service.stop());
}

const replyTo = ({ headers }: CommandDelivery): string => headers['Fairlead-Reply-To'] ?? '';
const idOf = ({ headers }: CommandDelivery): string => headers['Nats-Msg-Id'] ?? '';

const problemOf = async (asking: Promise<unknown>): Promise<Problem> => {
  const error: unknown = await asking.catch((thrown: unknown) => thrown);
  if (error instanceof ClientProblem) return error.problem;
  throw new Error(`no problem but ${String(error)}`);
};

describe('commands', () => {
  it('resolve with the reply and carry every header of the envelope', async () => {
    const got: CommandDelivery[] = [];
    await serve((delivery) => {
      got.push(delivery);
      bus.reply(replyTo(delivery), { accepted: true, commandId: idOf(delivery), revision: 7 });
      delivery.ack();
    });
    const outcome = await client.command({
      ...{ ...eu, verb: 'delete', arguments: { force: true }, ifRevision: 3, by: 'ada' },
      ...{ correlationId: 'c-1', reason: 'two\nlines', deadline: '2030-01-01T00:00:00Z' },
    });
    expect(outcome).toMatchObject({ ok: true, accepted: true, revision: 7 });
    expect(outcome.commandId).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(got[0]?.headers).toMatchObject({
      'Nats-Msg-Id': outcome.commandId,
      'Fairlead-Reply-To': expect.stringMatching(/^_INBOX_cli\./),
      'Fairlead-If-Revision': '3',
      'Fairlead-Deadline': '2030-01-01T00:00:00Z',
      'Fairlead-Correlation-Id': 'c-1',
      'Fairlead-By': 'ada',
      'Fairlead-Reason': 'two lines',
    });
    expect(new TextDecoder().decode(got[0]?.payload)).toBe('{"force":true}');
  });

  it('resolve with the problem of a refusal', async () => {
    await serve((delivery) => {
      const problem = { code: 'transition.notAllowed', message: 'not now', allowedNext: ['retry'] };
      bus.reply(replyTo(delivery), problem, { status: 409, text: 'transition.notAllowed' });
      delivery.ack();
    });
    expect(await client.command({ ...eu, verb: 'pause' })).toMatchObject({
      ok: false,
      problem: { code: 'transition.notAllowed', status: 409, allowedNext: ['retry'], problems: [] },
    });
  });

  it('find the outcome of a repeat, which the stream neither stores nor answers', async () => {
    const outcomes = new Map<string, Record<string, unknown>>();
    await serveOutcomes(outcomes);
    let handled = 0;
    await serve((delivery) => {
      handled += 1;
      const body = { accepted: true, commandId: idOf(delivery), revision: 9 };
      outcomes.set(idOf(delivery), body);
      bus.reply(replyTo(delivery), body);
      delivery.ack();
    });
    const repeat = { ...eu, verb: 'resume', commandId: 'repeat-1' };
    const first = await client.command(repeat);
    expect(await client.command(repeat)).toMatchObject(first);
    expect(handled).toBe(1);
  });

  it('find the outcome when the reply got lost', async () => {
    const outcomes = new Map<string, Record<string, unknown>>();
    await serveOutcomes(outcomes);
    await serve((delivery) => {
      outcomes.set(idOf(delivery), { accepted: true, commandId: idOf(delivery), revision: 4 });
      delivery.ack();
    });
    const outcome = await client.command({ ...eu, verb: 'retry' });
    expect(outcome).toMatchObject({ ok: true, revision: 4 });
  });

  it('say what to do when no host answers, when too many wait, and when the payload is too large', async () => {
    const unanswered = await client.command({ ...eu, verb: 'apply' }, { timeoutMs: 300 });
    expect(unanswered).toMatchObject({
      problem: { code: 'service.unavailable', status: 503, retryable: true },
    });
    for (let n = 1; n < 8; n += 1) await client.command({ ...eu, verb: 'apply' }, { timeoutMs: 1 });
    expect(await client.command({ ...eu, verb: 'apply' })).toMatchObject({
      problem: { code: 'mailbox.full', status: 429, retryAfterMs: 1_000 },
    });
    const large = { manifest: 'x'.repeat(300_000) };
    expect(await client.command({ ...eu, verb: 'create', arguments: large })).toMatchObject({
      problem: { code: 'command.tooLarge', status: 400 },
    });
    const huge = { manifest: 'x'.repeat(1_200_000) };
    expect(await client.command({ ...eu, verb: 'create', arguments: huge })).toMatchObject({
      problem: { code: 'command.tooLarge', status: 400 },
    });
    const drain = await serve((delivery) => delivery.ack());
    const isEmpty = async () =>
      (await rig.connection.jsm.streams.info('FAIRLEAD_CMD')).state.messages === 0;
    await until(isEmpty, 'the stream is empty');
    await drain.stop();
  });

  it('never leave the address they were given', async () => {
    const outcome = await client.command({ ...eu, name: 'eu.delete.x', verb: 'pause' });
    expect(outcome).toMatchObject({ ok: false, problem: { code: 'command.badName', status: 400 } });
  });

  it('survive a server that is killed while they are under way', async () => {
    await serve((delivery) => {
      bus.reply(replyTo(delivery), { accepted: true, commandId: idOf(delivery) });
      delivery.ack();
    });
    await rig.server.kill('SIGKILL');
    const sending = client.command({ ...eu, verb: 'pause' }, { timeoutMs: 20_000 });
    await rig.server.restart();
    expect(await sending).toMatchObject({ ok: true });
    await until(() => rig.connection.connected(), 'the host is connected again');
  });
});

describe('queries', () => {
  it('resolve with the body and reject with the problem', async () => {
    const service = await bus.serveQueries(async ({ verb, name }) =>
      verb === 'get'
        ? { body: { name } }
        : { body: { code: 'command.unknownVerb' }, error: { status: 404, text: 'no such verb' } },
    );
    cleanup.push(() => service.stop());
    expect(await client.query({ ...eu, verb: 'get' })).toEqual({ name: 'eu' });
    expect(await client.query({ ...eu, name: '_', verb: 'get' })).toEqual({ name: '_' });
    expect(await problemOf(client.query({ ...eu, verb: 'guess' }))).toMatchObject({
      ...{ code: 'command.unknownVerb', status: 404, message: 'no such verb' },
    });
  });

  it('are refused an answer that no host would give', async () => {
    const { nc } = rig.connection;
    const stranger = nc.subscribe('fairlead.v1.qry.>', {
      callback: (_error, message) => void message.respond('not json'),
    });
    await nc.flush();
    const problem = await problemOf(client.query({ ...eu, verb: 'get' }));
    expect(problem).toMatchObject({ code: 'internal.assertion', status: 500 });
    stranger.unsubscribe();
    await nc.flush();
  });

  it('say at once that no host is running', async () => {
    const problem = await problemOf(client.query({ ...eu, verb: 'get' }));
    expect(problem).toMatchObject({ code: 'service.unavailable', status: 503, retryable: true });
    expect(problem.message).toContain('npm start');
  });
});

describe('events', () => {
  const publish = async (name: string, n: number): Promise<void> => {
    const id = `${name}/${n}`;
    await bus.publishEvent({ ...eu, name, id, event: 'phaseChanged', body: { id, data: { n } } });
  };
  const take = async (feed: AsyncIterable<CloudEvent>, count: number): Promise<CloudEvent[]> => {
    const found: CloudEvent[] = [];
    for await (const event of feed) if (found.push(event) === count) break;
    return found;
  };

  it('come from the beginning, from now on, or after a place seen before', async () => {
    for (const n of [1, 2, 3]) await publish('from', n);
    const filter = { ...eu, name: 'from' };
    const all = await take(client.events(filter, { since: 'all' }), 3);
    expect(all.map(({ id }) => id)).toEqual(['from/1', 'from/2', 'from/3']);
    const sequence = all[1]?.streamsequence ?? 0;
    const later = await take(client.events(filter, { since: { sequence } }), 1);
    expect(later.map(({ id }) => id)).toEqual(['from/3']);
    const fresh = client.events(filter);
    await fresh.ready;
    await publish('from', 4);
    expect((await take(fresh, 1)).map(({ id }) => id)).toEqual(['from/4']);
  });

  it('end with the signal', async () => {
    const ending = new AbortController();
    const feed = client.events({ namespace: 'quiet' }, { signal: ending.signal });
    await feed.ready;
    const reading = take(feed, 1);
    ending.abort();
    expect(await reading).toEqual([]);
  });

  it('go on without gap or repeat after the server was killed, even if none had come before', async () => {
    await publish('gap', 1);
    const feed = client.events({ ...eu, name: 'gap' });
    await feed.ready;
    const reading = take(feed, 3);
    await rig.server.restart();
    await until(() => client.connected() && rig.connection.connected(), 'connected again');
    for (const n of [2, 3, 4]) await publish('gap', n);
    expect((await reading).map(({ id }) => id)).toEqual(['gap/2', 'gap/3', 'gap/4']);
  });
});

describe('connecting', () => {
  it('rejects with a problem when no server is there', async () => {
    const problem = await problemOf(connectClient({ url: 'nats://127.0.0.1:1' }));
    expect(problem).toMatchObject({ code: 'service.unavailable', status: 503 });
  });
});
