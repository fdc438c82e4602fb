import { describe, expect, it, vi } from 'vitest';
import { fakeService } from './fake-service.ts';
import type { FakeService } from './fake-service.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { fairlead, finished } from './running.ts';
import { ClientProblem, clientProblem } from '../../../src/nats/problem.ts';

interface Seat {
  readonly name: string;
  readonly status?: string;
  readonly isDrained?: boolean;
  readonly held?: number;
}

/** What one look at the hosts shows. */
const answersOf = (seats: readonly Seat[]) =>
  seats.map(({ name, status, isDrained = false, held = 32 }) => {
    const counts = { held, partitions: held, share: isDrained ? 0 : 32 };
    return { host: name, items: [{ host: name, name, status, isDrained, ...counts }] };
  });

type Look = readonly Seat[] | 'silence';

/** Successive looks show these, the last one for ever. */
function service(looks: readonly Look[], marks: readonly string[] = []): FakeService {
  const fake = fakeService();
  const drained = marks.map((host) => ({ host, by: 'ana', reason: 'update', atMs: 0 }));
  fake.answers.set('guard', [{ host: 'h1', items: [], standing: [], drained }]);
  let at = 0;
  const get = fake.answers.get.bind(fake.answers);
  fake.answers.get = (kind) => {
    if (kind !== 'host') return get(kind);
    const seats = looks[Math.min(at, looks.length - 1)] ?? [];
    at += 1;
    if (seats === 'silence')
      throw new ClientProblem(clientProblem(503, 'service.unavailable', 'no host answered'));
    return answersOf(seats);
  };
  return fake;
}

const two = [{ name: 'h1' }, { name: 'h2' }];
const going = (held: number) => [
  { name: 'h1', held: 64 - held },
  { name: 'h2', isDrained: true, held },
];

describe('fairlead drain', () => {
  it('sends one order to the fleet, and waits until the host has no partition', async () => {
    const fake = service([two, going(28), going(28), going(0)]);
    const { exit, stdout, stderr } = await fairlead('drain h2 --reason update --by ana', fake);
    expect(fake.orders).toMatchObject([
      {
        ...{ namespace: 'system', kind: 'guard', name: 'fleet', verb: 'drain', by: 'ana' },
        arguments: { host: 'h2', reason: 'update' },
      },
    ]);
    expect([stdout, exit]).toEqual([
      'host/h2 gives its partitions away   command id-1\nhost/h2 runs nothing\n',
      0,
    ]);
    expect(stderr).toBe('00:00  host/h2  28 partitions left\n00:00  host/h2  0 partitions left\n');
  });

  it('prints one object that tells what is left', async () => {
    const fake = service([two, going(0)]);
    const { exit, stdout } = await fairlead('drain host/h2 -o json', fake);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ kind: 'Outcome', verb: 'drain', host: 'h2', commandId: 'id-1', partitionsLeft: 0 },
    });
    expect(exit).toBe(0);
  });

  it('waits for nothing with --no-wait, and with --undo', async () => {
    const fake = service([two]);
    expect((await fairlead('host drain h2 --no-wait', fake)).stdout).toBe(
      'host/h2 gives its partitions away   command id-1\n',
    );
    const undone = await fairlead('drain h2 --undo', service([two], ['h2']));
    expect([undone.stdout, undone.exit]).toEqual([
      'host/h2 takes its share again   command id-1\n',
      0,
    ]);
  });

  it('ends with 124 when its time is over, and says what is left', async () => {
    const { exit, stdout, stderr } = await fairlead(
      'drain h2 --timeout 600ms -o json',
      service([two, going(12)]),
    );
    expect([exit, JSON.parse(stdout)]).toMatchObject([124, { partitionsLeft: 12 }]);
    expect(stderr).toContain('cli.waitTimedOut');
  });

  it('detaches on Ctrl-C', async () => {
    const terminal = fakeTerminal();
    const running = finished('drain h2', service([two, going(12)]), terminal);
    // It has looked how far the host is, and waits.
    await vi.waitUntil(() => terminal.stderr().includes('12 partitions left'));
    terminal.interrupt();
    const { exit, stderr } = await running;
    expect([exit, stderr.includes('detached; the work goes on')]).toEqual([130, true]);
  });

  it('is over when the host is gone', async () => {
    const { exit, stderr } = await fairlead('drain h2', service([two, [{ name: 'h1' }]]));
    expect([exit, stderr.includes('does not answer')]).toEqual([0, true]);
  });

  it.concurrent('is not over at one look in which the other host is missing', async () => {
    const looks = [two, going(32).slice(1), going(28), going(0)];
    const { exit, stdout } = await fairlead('drain h2', service(looks));
    expect([exit, stdout.includes('host/h2 runs nothing')]).toEqual([0, true]);
  });

  it.concurrent('fails when no other host is there any more to take what is left', async () => {
    const fake = service([two, going(32).slice(1)]);
    const { exit, stdout, stderr } = await fairlead('drain h2 -o json', fake);
    expect([exit, JSON.parse(stdout)]).toMatchObject([1, { partitionsLeft: 32 }]);
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      error: {
        code: 'cli.goalUnreachable',
        message: 'host/h2 keeps 32 partitions',
        try: ['start another host, then the same again', 'fairlead drain h2 --undo'],
      },
    });
  });

  it.concurrent('is not over while nobody answers, and ends with the last figure', async () => {
    const fake = service([two, going(28), 'silence']);
    const { exit, stdout, stderr } = await fairlead('drain h2 --timeout 3500ms -o json', fake);
    expect([exit, JSON.parse(stdout)]).toMatchObject([124, { partitionsLeft: 28 }]);
    expect(stderr.match(/nobody answers; waiting/g)).toHaveLength(1);
    expect(stderr).toContain('nobody answers; 28 partitions were left when it last did');
    expect(stderr).not.toContain('takes nothing');
  });

  it.concurrent('goes on when somebody answers again', async () => {
    const silence = Array.from({ length: 6 }, () => 'silence' as const);
    const looks = [two, going(28), ...silence, going(0)];
    const { exit, stderr } = await fairlead('drain h2', service(looks));
    expect([exit, stderr.endsWith('host/h2  0 partitions left\n')]).toEqual([0, true]);
  });

  it.concurrent('asks the later of two processes under its name what is left', async () => {
    const earlier = { name: 'h2', status: 'replaced', isDrained: true, held: 0 };
    const looks = [two, [...going(28), earlier], [earlier, ...going(8)], [...going(0), earlier]];
    const { exit, stderr } = await fairlead('drain h2', service(looks));
    const told = [...stderr.matchAll(/(\d+) partitions left/g)].map(([, left]) => Number(left));
    expect([exit, told]).toEqual([0, [28, 8, 0]]);
  });

  it('refuses a host nobody knows, and tells which are known', async () => {
    const fake = service([two], ['h9']);
    const { exit, stderr } = await fairlead('drain h3', fake);
    expect([exit, fake.orders]).toEqual([3, []]);
    expect(stderr).toContain('no host h3 is known; did you mean h');
    expect(stderr).toContain('h1, h2, h9');
    expect((await fairlead('drain h9 --undo', fake)).exit).toBe(0);
  });

  it('refuses the only host that may run anything, but for --force', async () => {
    for (const marks of [[], ['h2']]) {
      const seats = marks.length === 0 ? [{ name: 'h1' }] : two;
      const fake = service([seats], marks);
      const { exit, stderr } = await fairlead('drain h1', fake);
      expect([exit, fake.orders]).toEqual([5, []]);
      expect(stderr).toContain('h1 is the only host that may run anything');
      expect(stderr.includes('fairlead drain h2 --undo')).toBe(marks.length > 0);
    }
    const forced = await fairlead('drain h1 --force', service([[{ name: 'h1', held: 64 }]]));
    expect([forced.exit, forced.stderr.includes('keeps its partitions')]).toEqual([0, true]);
    expect(forced.stdout).not.toContain('runs nothing');
  });

  it.each(['h1', 'h2'])('looks again before it refuses %s', async (host) => {
    const fake = service([[{ name: 'h1' }], two]);
    const { exit } = await fairlead(`drain ${host} --no-wait`, fake);
    expect([exit, fake.orders.length]).toEqual([0, 1]);
  });

  it('says how to find the outcome of an order that found no answer', async () => {
    const fake = service([two]);
    fake.refuse(clientProblem(503, 'service.unavailable', 'no host answers'));
    const { exit, stderr } = await fairlead('drain h2 --no-wait -o json', fake);
    expect([exit, JSON.parse(stderr)]).toMatchObject([
      6,
      { error: { try: ['npm start', 'fairlead doctor', 'the same again with --command-id id-1'] } },
    ]);
    await fairlead('drain h2 --no-wait --command-id id-1', fake);
    expect(fake.orders.map(({ commandId }) => commandId)).toEqual([undefined, 'id-1']);
  });

  it('names no command that takes no guard when it is refused', async () => {
    const fake = service([two]);
    fake.refuse(clientProblem(409, 'precondition.failed', '64 hosts are drained'));
    const { exit, stderr } = await fairlead('drain h2 --no-wait', fake);
    expect([exit, stderr.includes('guard fleet')]).toEqual([5, false]);
  });

  it('rehearses without sending', async () => {
    const fake = service([two]);
    const { exit, stdout } = await fairlead('drain h2 --dry-run', fake);
    expect([exit, fake.orders]).toEqual([0, []]);
    expect(stdout).toContain('guard/system/fleet would be accepted');
  });

  it.each(['drain', 'drain h1 h2', 'drain host h1 h2', 'drain h2 --undo --force'])(
    '%s is no order',
    async (line) => {
      expect((await fairlead(line, service([two]))).exit).toBe(2);
    },
  );

  it('takes one host, as its help says, with the kind before it or not', async () => {
    expect((await fairlead('drain --help')).stdout).toContain('fairlead drain [options] <host>\n');
    for (const line of ['drain h2', 'drain host h2', 'drain hosts/h2', 'host drain h2'])
      expect((await fairlead(`${line} --no-wait -o name`, service([two]))).stdout).toBe(
        'host/h2\n',
      );
    const { stderr } = await fairlead('drain h1 h2', service([two]));
    expect(stderr).toContain('drain takes one host');
  });
});

describe('fairlead hosts and partitions', () => {
  it('events tell the orders to hosts, and leave those to breakers to theirs', async () => {
    const fake = service([two]);
    const event = (type: string, data: object) => ({
      ...{ id: `${type} ${JSON.stringify(data)}`, time: '2026-01-02T11:00:00.000Z', data },
      ...{ type: `fairlead.guard.${type}.v1`, source: '/fairlead/test/guard/system/fleet' },
    });
    const order = event('ordered', { key: 'main/eu/ec2', verb: 'reset' });
    const marks = ['h1', 'h2'].map((host) => event('hostDrained', { host, by: 'ana' }));
    fake.past.set('fleet', [order, ...marks]);
    const told = async (line: string) =>
      (await fairlead(`events ${line} -o jsonl`, fake)).stdout.trim().split('\n').map(idIn);
    const idIn = (line: string) => (JSON.parse(line) as { id: string }).id;
    expect(await told('hosts')).toEqual(marks.map(({ id }) => id));
    expect(await told('host/h2')).toEqual([marks[1]?.id]);
    expect(await told('breakers')).toEqual([order.id]);
  });

  it('shows both processes under one name, and which of them is replaced', async () => {
    for (const statuses of [
      ['serving', 'replaced'],
      ['replaced', 'serving'],
    ]) {
      const seats = statuses.map((status) => ({ name: 'h1', status }));
      const { stdout } = await fairlead('hosts --no-headers', service([seats]));
      expect(stdout.match(/serving|replaced/g)?.sort()).toEqual(['replaced', 'serving']);
    }
  });

  it('tells by whose order a host runs nothing, and why', async () => {
    const fake = fakeService();
    const drain = { by: 'ana', reason: 'update', at: '2026-01-02T11:00:00.000Z' };
    const h2 = { name: 'h2', host: 'h2', status: 'draining', partitions: 8, share: 0, drain };
    fake.answers.set('host', [{ host: 'h2', items: [h2] }]);
    const { stdout } = await fairlead('hosts -o wide', fake);
    expect(stdout).toMatch(/h2 +draining +8\/0 .*ana "update"/);
  });

  it('shows the partitions of one host, and refuses a host that does not answer', async () => {
    const fake = service([two]);
    const partition = (host: string, name: string) => ({ name, host, status: 'serving', fence: 3 });
    fake.answers.set('partition', [
      { host: 'h1', items: [partition('h1', '00')] },
      { host: 'h2', items: [] },
    ]);
    const { stdout } = await fairlead('partitions --host h1 -o name', fake);
    expect(stdout).toBe('partition/00\n');
    const none = await fairlead('partitions --host h2', fake);
    expect([none.exit, none.stderr]).toEqual([0, 'no partitions of host h2\n']);
    expect((await fairlead('partitions --host h3', fake)).exit).toBe(3);
  });
});
