/** A replication by the CLI, against a real host: what a person types on an ordinary day, and the answers to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/run.ts';
import type { ReplicationView } from '../../../src/cli/replication-view.ts';
import { connectNats } from '../../../src/cli/session.ts';
import { startStack } from '../../../src/stack/stack.ts';
import type { Stack } from '../../../src/stack/stack.ts';
import { watchWriters } from '../../../src/stack/writers.ts';
import type { WriterWatch } from '../../../src/stack/writers.ts';
import { replicatedVolume } from '../../servers/replicated-volume.ts';
import { fakeTerminal } from '../../unit/cli/fake-terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-replication-'));
let stack: Stack;
let writers: WriterWatch;
let manifest: string;

/** Words in double quotes stay together. */
async function fairlead(line: string, stdin = '') {
  const options = { cwd: folder, env: { USER: 'pat' }, stdin };
  const terminal = { ...fakeTerminal(options), nowMs: Date.now };
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );
  const exit = await run(words, terminal, connectNats);
  return { exit, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

/** A line that has to end well; what it printed. */
async function done(line: string, stdin = ''): Promise<string> {
  const { exit, stdout, stderr } = await fairlead(line, stdin);
  expect(exit, `${line}: ${stderr}`).toBe(0);
  return stdout;
}

const view = async (): Promise<ReplicationView> =>
  JSON.parse(await done('get replication db-1 -o json')) as ReplicationView;

beforeAll(async () => {
  stack = await startStack({ dataDir: join(folder, '.fairlead'), scale: 100, seed: 17 });
  const volume = await replicatedVolume(stack);
  ({ manifest } = volume);
  writers = watchWriters(stack.simulator.ready, volume.volumeId);
});
afterAll(async () => {
  writers.stop();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Lines of `-o jsonl`. */
const items = async (line: string): Promise<Record<string, unknown>[]> =>
  (await done(`${line} -o jsonl`))
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Record<string, unknown>);

async function until(what: string, holds: () => Promise<boolean>, boundMs = 20_000): Promise<void> {
  const deadlineMs = performance.now() + boundMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('an ordinary day of a replication on the command line', () => {
  it('applies the example with ids of its own, and waits for its first point', async () => {
    const applied = await fairlead('apply -f - --wait --timeout 40s', manifest);
    expect(applied.exit, applied.stderr).toBe(0);
    expect(applied.stdout).toMatch(
      /^replication\/default\/db-1 accepted {3}revision \d+ {3}command \w{26}\nreplication\/default\/db-1 home source\.protected, away replica\.following\n$/,
    );
    expect(applied.stderr).toMatch(/^\d\d:\d\d {2}replication\/default\/db-1 .*replica\.seeding/m);
    expect(await done('apply -f -', manifest)).toContain(' unchanged ');
  });

  it('shows who writes and how current the copy is, as a row, a page and an object [U-34]', async () => {
    await until('it is healthy', async () => (await view()).status?.health === 'healthy');
    const rows = await done('get repl --no-headers');
    expect(rows).toMatch(/^db-1 +replica +following +home +1 +healthy +\d+s \(0\.0×\) +15m /);
    const told = await done('describe replication db-1');
    expect(told).toMatch(/^Home {8}source\.protected {3}writable yes .*eu-a\/eu-west-1a$/m);
    expect(told).toMatch(/^Away {8}replica\.following {3}writable no .*eu-b\/eu-central-1b$/m);
    expect(told).toContain('Protected=True');
    expect(await view()).toMatchObject({
      spec: { backend: 'ebs', schedule: { every: '450s' } },
      status: { state: 'replica', writer: 'home', epoch: 1 },
    });
  });

  it('lists its points, what each side may become, and what a command would come to [U-08]', async () => {
    const [point] = await items('points replication db-1');
    expect(point).toMatchObject({ seq: 1, at: 'away', isFinal: false });
    const next = await done('next replication db-1');
    expect(next).toMatch(/^home +source\.protected +demoting +yes +fairlead demote replication /m);
    expect(next).toMatch(/^away +replica\.following +promoting +yes +fairlead promote /m);
    expect(await done('why failover replication db-1')).toContain('failover would be accepted');
    const why = await fairlead('why demote replication db-1');
    expect(why.stdout).toContain('demote is refused   transition.notAllowed');
    expect(why.exit).toBe(5);
  });

  it('is refused what its state does not allow, with 5, in words and as an object [U-05]', async () => {
    const message =
      'replication "default/db-1", away: replica → demoting is not allowed (phase following). Allowed next: promoting, syncing. Use promote or resync.';
    const words = await fairlead('demote replication db-1');
    expect([words.exit, words.stdout]).toEqual([5, '']);
    expect(words.stderr).toContain(message);
    const object = await fairlead('demote replication db-1 -o json');
    expect(object.exit).toBe(5);
    expect(JSON.parse(object.stderr)).toMatchObject({
      error: {
        ...{ code: 'transition.notAllowed', message, exitCode: 5 },
        ...{
          allowedNext: ['promoting', 'syncing'],
          because: ['away is replica (phase following)'],
        },
      },
    });
  });

  it('pauses, goes on, and takes a point when told to', async () => {
    await done('pause replication db-1');
    expect(await done('get replication db-1 --no-headers')).toMatch(/^db-1 +replica +paused /);
    await done('resume replication db-1');
    await done('sync replication db-1');
    await until('there is a second point', async () => {
      const points = await items('points replication db-1');
      return points.at(-1)?.['seq'] === 2;
    });
  });

  it('rehearses: a test holds a failover back until it is stopped', async () => {
    await done('test-start replication db-1 --ttl 1h --wait --timeout 20s');
    const why = await fairlead('why failover replication db-1');
    expect(why.stdout).toContain('x a test runs on away: stop it first');
    expect(why.exit).toBe(5);
    await done('replication test stop db-1 --wait --timeout 20s');
    expect(await done('get repl db-1 --no-headers')).toMatch(/^db-1 +replica +following /);
  });

  it('hands over by plan, loses nothing, and nobody else writes', async () => {
    const line = 'failover replication db-1 --planned --wait --timeout 60s --by ana';
    const ran = await fairlead(`${line} --reason user_requested_failover`);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/\nreplication\/default\/db-1 home \S+, away source\.\w+\n$/);
    expect(ran.stderr).toContain('promoting.quietWindow');
    expect((await view()).status).toMatchObject({ writer: 'away', epoch: 2, loss: { seconds: 0 } });
    expect(writers.looks()).toBeGreaterThan(10);
    expect([writers.twoWriters(), await writers.lostPoints()]).toEqual([0, 0]);
  });

  it('keeps why, who and the id of the order with every move, and tells all of one order by it [U-06] [U-07] [U-49]', async () => {
    const ordered = { by: 'ana', reason: 'failover (planned): user_requested_failover', epoch: 2 };
    const moves = (await view()).status?.history ?? [];
    const move = moves.find(({ to }) => to === 'promoting') as Record<string, unknown> | undefined;
    expect(move).toMatchObject({ ...ordered, endpoint: 'away', from: 'replica' });
    const events = await items('events replication db-1');
    const its = events.filter(({ correlationid }) => correlationid === move?.['correlationId']);
    const [first] = its;
    expect(first).toMatchObject({ by: 'ana', causationid: move?.['requestId'] });
    const told = its.map(({ type }) => String(type).replace(/^fairlead\.replication\.|\.v1$/g, ''));
    for (const type of ['transitioned', 'stepEnded', 'fenceProven', 'lossRecorded'])
      expect(told).toContain(type);
    expect(await done('events replication db-1')).toMatch(
      /transitioned +endpoint=away from=replica to=promoting .*reason=failover \(planned\): user_/,
    );
  });
});
