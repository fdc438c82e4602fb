// Steps of a real host: what a page sees is what the records hold, also after the host was killed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image, Row, Step } from '../../../actors/steps/step.ts';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { followSteps } from '../../../src/nats/step-feed.ts';
import { readSteps, replay, stepAt } from '../../../src/nats/step-reader.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

interface Inspected {
  readonly row: Row;
  readonly image: Image;
  readonly hash: string;
  readonly seq: number;
}

let world: StackWorld;
let connection: Connection;
beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 51 });
  const { ready } = world.stack.nats;
  connection = await connectNats({
    ...{ url: ready.url, nkeySeedFile: world.stack.keys.cliSeedFile },
    ...{ name: 'steps', inboxPrefix: '_INBOX_cli' },
  });
});
afterAll(async () => {
  await connection.close();
  await world.close();
});

const keyOf = (name: string) => ({ namespace: 'test', kind: 'cluster', name });
const inspect = async (name: string): Promise<Inspected> =>
  (await world.client.query({ ...keyOf(name), verb: 'inspect' })) as unknown as Inspected;
const isSteady = (name: string) => async () => (await world.state(name)) === 'running.steady';

/** All that is kept of the newest life. */
async function allSteps(name: string): Promise<readonly Step[]> {
  return (await readSteps(connection, keyOf(name), { limit: 2_000 })).steps;
}
const seqs = (steps: readonly Step[]): number[] => steps.map(({ seq }) => seq);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);

/** The record's own view once the log has come as far. */
async function inLog(name: string): Promise<{ found: Inspected; steps: readonly Step[] }> {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await inspect(name);
    const steps = await allSteps(name);
    if (steps.at(-1)?.seq === found.seq) return { found, steps };
  }
  throw new Error(`the log of ${name} does not come as far as its record`);
}

describe('the creation of a cluster', () => {
  it('is told without a gap, and the images replayed are those of the records', async () => {
    expect(await world.apply('told', 1, 1)).toMatchObject({ ok: true });
    const seen: Inspected[] = [];
    await world.until('the cluster runs', async () => {
      seen.push(await inspect('told'));
      return isSteady('told')();
    });
    const { found, steps } = await inLog('told');
    expect(seqs(steps)).toEqual(upTo(found.seq));
    expect(steps.length).toBeGreaterThan(20);
    expect(replay(steps)?.image).toEqual(found.image);
    expect(steps.at(-1)?.row).toEqual(found.row);
    const moments = [...new Map(seen.map((each) => [each.seq, each])).values()];
    expect(moments.length).toBeGreaterThan(3);
    for (const moment of moments) {
      const at = await stepAt(connection, keyOf('told'), moment.seq);
      expect(at?.image).toEqual(moment.image);
      expect(at?.step.row).toEqual(moment.row);
    }
  });

  it('begins with its command and names the edges of root, nodes and calls', async () => {
    const steps = await allSteps('told');
    expect(steps[0]).toMatchObject({ importance: 'command', command: { verb: 'apply' } });
    const taken = steps.flatMap((step) => step.taken);
    const depths = new Set(taken.map(({ path }) => (path === '' ? 0 : path.split('/').length)));
    expect([...depths].sort()).toEqual([0, 1, 2]);
    expect(taken.flatMap(({ edges }) => edges).length).toBeGreaterThan(20);
    const rows = steps.map(({ row }) => `${row.severity} ${row.region}`);
    expect(rows[0]).toBe('changing eu-central-1');
    expect(rows.at(-1)).toBe('healthy eu-central-1');
  });
});

describe('a host that is killed', () => {
  it('tells no step twice, and the last step of every actor is what its record holds', async () => {
    expect(await world.apply('killed', 1, 1)).toMatchObject({ ok: true });
    const last = new Map<string, Step>();
    const feed = followSteps(
      connection,
      { step: (step) => void last.set(step.actor, step) },
      { log: () => undefined, nowMs: () => Date.now() },
    );
    for (const state of ['provisioning', 'installing', 'configuring']) {
      const isThere = async () => /^(running|failed)/.test(await world.state('killed')) || (await world.state('killed')).startsWith(state); // prettier-ignore
      await world.until(`the cluster is ${state}`, isThere);
      await world.restartHost();
    }
    await world.until('the cluster runs', isSteady('killed'), 120_000);
    for (const name of ['told', 'killed']) {
      const { found, steps } = await inLog(name);
      expect(new Set(seqs(steps)).size).toBe(steps.length);
      expect(seqs(steps)).toEqual([...seqs(steps)].sort((one, other) => one - other));
      expect(steps.at(-1)?.seq).toBe(found.seq);
      expect((await stepAt(connection, keyOf(name), found.seq))?.image).toEqual(found.image);
      await world.until('the index is as far', () =>
        Promise.resolve(last.get(`cluster/test/${name}`)?.seq === found.seq),
      );
      const { host: _host, ...row } = last.get(`cluster/test/${name}`)?.row ?? ({} as Row);
      expect(row).toMatchObject({ state: found.row.state, uid: found.row.uid, seq: found.seq });
      const missing = upTo(found.seq).filter((seq) => !seqs(steps).includes(seq));
      // What a kill took along shows as missing, and what follows it is whole.
      for (const seq of missing.filter((each) => !missing.includes(each + 1)))
        expect(steps.find((step) => step.seq === seq + 1)?.image).toBeDefined();
    }
    await feed.stop();
  });
});
