/** The CLI against a real stack: nats-server, simulator and host, each a process of its own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/run.ts';
import { connectNats } from '../../../src/cli/session.ts';
import type { ClusterView } from '../../../src/cli/view.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { startStack } from '../../../src/stack/stack.ts';
import type { Stack } from '../../../src/stack/stack.ts';
import { fakeTerminal } from '../../unit/cli/fake-terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-cli-'));
const bin = join(packageRoot(), 'src/fairlead.mjs');
let stack: Stack;

interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

beforeAll(async () => {
  // In `.fairlead` below the working folder the CLI finds the stack by itself, as a user's does.
  stack = await startStack({ dataDir: join(folder, '.fairlead'), scale: 100, seed: 7 });
});
afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  readonly interrupt: () => void;
  /** Resolves once the text was printed; rejects when the process ends without. */
  readonly saw: (text: string) => Promise<void>;
  readonly ended: Promise<Ran>;
}

function start(line: string, stdin = ''): Running {
  const child = spawn(process.execPath, [bin, ...line.split(' ')], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  child.stdin.end(stdin);
  const ended = new Promise<Ran>((resolve) => {
    child.once('close', (exit) => {
      resolve({ exit, stdout, stderr });
    });
  });
  const saw = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if ((stdout + stderr).includes(text)) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('close', () => {
        reject(new Error(`ended without "${text}":\n${stdout}${stderr}`));
      });
      look();
    });
  return { interrupt: () => child.kill('SIGINT'), saw, ended };
}
/** Most lines run in this process: the same code and the same wire without a start-up of Node each. */
async function fairlead(line: string, stdin = ''): Promise<Ran> {
  const terminal = fakeTerminal({ cwd: folder, stdin });
  const exit = await run(line.split(' '), terminal, connectNats);
  return { exit, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

const manifest = (name: string, region = 'eu-central-1'): string =>
  `apiVersion: fairlead.dev/v1\nkind: Cluster\nmetadata: {name: ${name}}\nspec: {region: ${region}}\n`;

describe('the CLI against a running stack', () => {
  it('finds nothing wrong on the way', async () => {
    const { exit, stdout } = await start('doctor').ended;
    expect(stdout.match(/^ok {4}\w+/gm)).toHaveLength(6);
    expect(exit).toBe(0);
  });

  it('applies, waits, and shows what runs [G-47]', async () => {
    const applied = await start('apply -f - --wait --timeout 60s', manifest('dev')).ended;
    expect(applied.stdout).toMatch(
      /^cluster\/default\/dev accepted {3}revision \d+ {3}command \w{26}\ncluster\/default\/dev running\.steady\n$/,
    );
    expect(applied.stderr).toMatch(/^\d\d:\d\d {2}cluster\/default\/dev {2}installing/m);
    expect(applied.exit).toBe(0);

    const shown = await fairlead('get cluster dev -o json');
    const view = JSON.parse(shown.stdout) as ClusterView;
    expect(view.status).toMatchObject({ phase: 'Running', health: 'healthy' });
    const rows = await fairlead('get clusters --no-headers');
    expect(rows.stdout).toMatch(/^dev +running\.steady +1\/1 +0\/0 +v1\.\S+ +eu-central-1 /);
    const nodes = await fairlead('get nodes dev -o jsonl');
    expect(JSON.parse(nodes.stdout)).toMatchObject({ kind: 'Node', status: { state: 'ready' } });
    const told = await fairlead('describe cluster dev');
    expect(told.stdout).toContain('Steps       Provisioning Done · Installing Done');
    expect([told.stdout.includes('Last events'), told.exit]).toEqual([true, 0]);
  });

  it('says unchanged the second time, and refuses what cannot change', async () => {
    const again = await fairlead('apply -f -', manifest('dev'));
    expect([again.stdout.includes(' unchanged '), again.exit]).toEqual([true, 0]);
    const moved = await fairlead('apply -f -', manifest('dev', 'eu-west-1'));
    expect(moved.stderr).toContain('\n  spec.region is "eu-west-1", was "eu-central-1"');
    const dry = await fairlead('apply -f - --dry-run', manifest('dev', 'eu-west-1'));
    expect(dry.stderr).toContain('\n  spec.region is "eu-west-1", was "eu-central-1"');
    expect([moved.exit, dry.exit]).toEqual([2, 2]);
  });

  it('runs an order with one id once, and finds its outcome', async () => {
    const first = await fairlead('pause cluster dev --command-id order-1 -o json');
    const second = await fairlead('pause cluster dev --command-id order-1 -o json');
    const { revision } = JSON.parse(first.stdout) as { revision: number };
    expect(JSON.parse(second.stdout)).toMatchObject({ commandId: 'order-1', revision });
    const found = await fairlead('outcome cluster dev order-1');
    expect(found.stdout).toContain(`revision ${revision} `);
    expect((await fairlead('outcome cluster dev nothing')).exit).toBe(3);
    expect((await fairlead('resume cluster dev')).exit).toBe(0);
  });

  it.each([
    [5, 'retry cluster dev', 'transition.notAllowed'],
    [5, 'pause cluster dev --if-revision 1', 'revision.conflict'],
    [5, 'cluster create dev --region eu-central-1', 'resource.exists'],
    [3, 'get cluster dve', 'did you mean dev?'],
    [3, 'pause cluster nobody', 'resource.notFound'],
    [2, 'get cluster Not_A_Label', 'is not a DNS label'],
  ])('ends with %i for %s', async (exit, line, told) => {
    const ran = await fairlead(line);
    expect(ran.stderr).toContain(told);
    expect([ran.exit, ran.stdout]).toEqual([exit, '']);
  });

  it('shows history and events of what happened', async () => {
    const history = await fairlead('history cluster dev -o jsonl');
    const types = history.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toContain('fairlead.cluster.ready.v1');
    const events = await fairlead('events --no-headers --limit 500');
    expect(events.stdout).toMatch(/cluster\/default\/dev +ready +generation=1/);
  });

  it('detaches on Ctrl-C and leaves the work alone', async () => {
    const waiting = start('wait cluster dev --for stopped');
    await waiting.saw('cluster/default/dev  running.steady');
    waiting.interrupt();
    expect(await waiting.ended).toMatchObject({ exit: 130 });
    expect((await fairlead('get cluster dev')).exit).toBe(0);
  });

  it('waits through a host that is killed, until everything is deleted', async () => {
    const deleting = start('delete cluster dev --wait --timeout 80s');
    await deleting.saw('accepted');
    await stack.host.kill('SIGKILL');
    await stack.host.start();
    const ran = await deleting.ended;
    expect(ran.stdout).toContain('cluster/default/dev deleted\n');
    expect(ran.exit).toBe(0);
    const gone = await fairlead('get cluster dev');
    expect([gone.exit, gone.stderr.includes('resource.deleted')]).toEqual([5, true]);
    expect((await fairlead('get clusters -A')).stdout).toBe('');
  });
});
