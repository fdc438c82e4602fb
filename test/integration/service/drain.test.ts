// Two host processes over one nats-server: one is drained through the CLI, stays so over restarts, and comes back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/run.ts';
import { connectNats } from '../../../src/cli/session.ts';
import type { Entry } from '../../../src/cli/surveys.ts';
import { fakeTerminal } from '../../unit/cli/fake-terminal.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

interface Outcome {
  readonly unchanged?: boolean;
  readonly partitionsLeft?: number;
}

describe('a host that is drained', () => {
  let world: StackWorld;
  let stays: string;
  let drained: string;

  beforeAll(async () => {
    world = await stackWorld({ scale: 200, seed: 22, hosts: 2 });
    const [first, second] = world.stack.hosts.map(({ ready }) => ready.hostId);
    stays = first ?? '';
    drained = second ?? '';
    await share({ [stays]: 32, [drained]: 32 });
  });
  afterAll(() => world.close());

  /** Words in double quotes stay together. */
  async function fairlead(line: string) {
    const { nats, keys } = world.stack;
    const terminal = { ...fakeTerminal({ env: { USER: 'pat' } }), nowMs: Date.now };
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    );
    const argv = ['--nats', nats.ready.url, '--nkey', keys.cliSeedFile, ...words];
    const exit = await run(argv, terminal, connectNats);
    return { exit, stdout: terminal.stdout(), stderr: terminal.stderr() };
  }
  async function entries(line: string): Promise<Entry[]> {
    const { stdout } = await fairlead(`${line} -o jsonl`);
    return stdout
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => JSON.parse(text) as Entry);
  }
  const hostNamed = async (name: string): Promise<Entry | undefined> =>
    (await entries('hosts')).find((each) => each.name === name);
  const share = (expected: Readonly<Record<string, number>>) =>
    world.until(
      `partitions are shared as ${JSON.stringify(expected)}`,
      async () => {
        const hosts = await entries('hosts');
        const wanted = Object.entries(expected);
        return (
          hosts.length === wanted.length &&
          wanted.every(
            ([name, count]) => hosts.find((each) => each.name === name)?.['held'] === count,
          )
        );
      },
      40_000,
    );
  const outcomeOf = (stdout: string): Outcome => JSON.parse(stdout) as Outcome;
  const processOf = (hostId: string) => {
    const found = world.stack.hosts.find(({ ready }) => ready.hostId === hostId);
    if (found === undefined) throw new Error(`no process of ${hostId}`);
    return found;
  };

  it('is refused unless it is known, with what is', async () => {
    const { exit, stderr } = await fairlead('drain nobody -o json');
    expect(exit).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'resource.notFound', allowedNext: [stays, drained].sort() },
    });
  });

  it('gives its partitions away while the command waits, and answers all the same', async () => {
    const rehearsed = await fairlead(`drain ${drained} --dry-run`);
    expect(rehearsed.exit, rehearsed.stderr).toBe(0);
    const { exit, stdout, stderr } = await fairlead(
      `drain ${drained} --reason "kernel update" -o json --timeout 60s`,
    );
    expect(exit, stderr).toBe(0);
    expect(outcomeOf(stdout)).toMatchObject({ verb: 'drain', host: drained, partitionsLeft: 0 });
    expect(stderr).toMatch(/\d+ partitions left/);
    expect(await hostNamed(drained)).toMatchObject({
      ...{ status: 'drained', partitions: 0, share: 0 },
      drain: { by: expect.stringContaining('pat') as unknown, reason: 'kernel update' },
    });
    await share({ [stays]: 64, [drained]: 0 });
    expect(await entries(`partitions --host ${drained}`)).toEqual([]);
    expect(await entries(`partitions --host ${stays}`)).toHaveLength(64);
    const { httpPort } = processOf(drained).ready;
    expect((await fetch(`http://127.0.0.1:${httpPort}/readyz`)).status).toBe(200);
    expect((await world.apply('one', 1)).ok).toBe(true);
  });

  it('is told in the events, with who ordered it and why', async () => {
    const { stdout } = await fairlead(`events host ${drained} -o jsonl`);
    const told = stdout.split('\n').find((line) => line.includes('fairlead.guard.hostDrained.v1'));
    expect(JSON.parse(told ?? '{}')).toMatchObject({
      data: { host: drained, reason: 'kernel update' },
    });
  });

  it('takes nothing after a restart, however it ended, nor after one of NATS', async () => {
    const again = processOf(drained);
    await again.kill('SIGKILL');
    await again.start();
    await world.until('it answers', async () => (await hostNamed(drained))?.['isDrained'] === true);
    await world.stack.nats.kill('SIGKILL');
    await world.stack.nats.start();
    await share({ [stays]: 64, [drained]: 0 });
    const repeated = await fairlead(`drain ${drained} -o json`);
    expect(repeated.exit, repeated.stderr).toBe(0);
    expect(outcomeOf(repeated.stdout)).toMatchObject({ unchanged: true, partitionsLeft: 0 });
  });

  it('leaves the other the last one, which is not drained without force', async () => {
    const { exit, stderr } = await fairlead(`drain ${stays}`);
    expect(exit).toBe(5);
    expect(stderr).toContain(`${stays} is the only host that may run anything`);
    expect(stderr).toContain(`fairlead drain ${drained} --undo`);
  });

  it('has its share again when the order is taken back', async () => {
    const { exit, stdout } = await fairlead(`drain ${drained} --undo -o json`);
    expect(exit).toBe(0);
    expect(outcomeOf(stdout)).toMatchObject({ verb: 'undrain', host: drained });
    await share({ [stays]: 32, [drained]: 32 });
    expect((await hostNamed(drained))?.['drain']).toBeUndefined();
  });
});
