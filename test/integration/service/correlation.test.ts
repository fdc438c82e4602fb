/** One correlation id through a command's whole life, and no secret of the cluster anywhere it does not belong. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GetCommandInvocationCommand, GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { stranger, streamTexts } from '../../servers/stranger.ts';

let world: StackWorld;
let ssm: SSMClient;
let lines: readonly Line[];

interface Line {
  readonly msg: string;
  readonly actor?: string;
  readonly correlationId?: string;
  readonly effect?: string;
  readonly event?: string;
  readonly call?: string;
}
const correlationId = 'order-4711';

const logText = (name: string): string =>
  readFileSync(join(world.stack.dataDir, 'logs', `${name}.log`), 'utf8');

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 24, logLevel: 'debug' });
  ssm = ownerOf(world);
  const outside = await stranger(world.stack);
  await outside.command(
    'fairlead.v1.cmd.test.cluster.one.apply',
    JSON.stringify({ manifest: manifest('one') }),
    { 'Nats-Msg-Id': 'apply-1', 'Fairlead-Correlation-Id': correlationId },
  );
  await outside.close();
  await world.until('one runs', async () => (await world.state('one')) === 'running.steady');
  const published = () => logText('host').includes('"event":"ready"');
  await world.until('its last event is out', () => Promise.resolve(published()));
  lines = logText('host')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
});
afterAll(async () => {
  ssm.destroy();
  await world.close();
});

function ownerOf({ stack }: StackWorld): SSMClient {
  const { endpoint, accessKeyFile } = stack.simulator.ready;
  const [accessKeyId = '', secretAccessKey = ''] = readFileSync(accessKeyFile, 'utf8')
    .trim()
    .split(':');
  const credentials = { accessKeyId, secretAccessKey };
  return new SSMClient({ endpoint, region: 'eu-central-1', credentials });
}

describe('the correlation id of a command', () => {
  const found = (): string[] =>
    lines
      .filter((line) => line.correlationId === correlationId)
      .map(({ msg, effect, event }) => [msg, effect ?? event].filter(Boolean).join(' '));

  it('is on its log lines from receipt to the last event', () => {
    const steps = [
      'command received cluster.apply',
      'command committed cluster.apply',
      ...['cluster.plan', 'network.ensure', 'secrets.ensure', 'node.launch', 'node.script'].flatMap(
        (effect) => [`effect started ${effect}`, `effect ended ${effect}`],
      ),
      ...['accepted', 'planned', 'phaseChanged', 'nodeChanged', 'ready'].map(
        (event) => `event published ${event}`,
      ),
      'aws call',
    ];
    expect(found()).toEqual(expect.arrayContaining(steps));
  });

  it('is on every line about that cluster, and on every call to AWS but the fleet’s own look and the probes of health', () => {
    const others = lines.filter(
      (line) =>
        (line.actor === 'cluster/test/one' || line.msg === 'aws call') &&
        ![correlationId, 'fleet-poll', 'health-probe'].includes(line.correlationId ?? ''),
    );
    expect(others).toEqual([]);
  });

  it('is in every event of the cluster', async () => {
    const { items } = (await world.client.query({
      ...{ namespace: 'test', kind: 'cluster', name: 'one', verb: 'history' },
    })) as { items: { type: string; correlationid: string }[] };
    expect(items.length).toBeGreaterThan(5);
    expect(new Set(items.map((event) => event.correlationid))).toEqual(new Set([correlationId]));
  });
});

describe('a secret of the cluster', () => {
  async function secrets(): Promise<readonly string[]> {
    const { parameters } = await world.truth();
    const names = parameters
      .map(({ name }) => name)
      .filter((name) => name.startsWith('/fairlead/'));
    const values = await Promise.all(
      names.map(async (Name) => {
        const reply = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
        return reply.Parameter?.Value ?? '';
      }),
    );
    // Of a kubeconfig the private key counts; the rest of it is public.
    return values.map((value) => /client-key-data: (\S+)/.exec(value)?.[1] ?? value);
  }

  async function scriptOutputs(): Promise<string[]> {
    const { commands } = (await world.simulator('GET', 'state')) as {
      commands: { commandId: string; instanceId: string }[];
    };
    return Promise.all(
      commands.map(async ({ commandId: CommandId, instanceId: InstanceId }) => {
        const reply = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
        return `${reply.StandardOutputContent ?? ''}\n${reply.StandardErrorContent ?? ''}`;
      }),
    );
  }

  /** What scripts leave on the machine: logs, results, progress, themselves. */
  function nodeTexts(): string[] {
    const machines = join(world.stack.dataDir, 'simulator', 'nodes', 'machines');
    return readdirSync(machines, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile() && /var\/(log|lib\/fairlead)/.test(entry.parentPath))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  }

  it('is in no log, record, event, call, script output or leftover of a script [U-60]', async () => {
    const canaries = await secrets();
    expect(canaries.map((value) => value.length > 30)).toEqual([true, true, true]);
    const places: Record<string, string[]> = {
      hostLog: [logText('host')],
      simulatorLog: [logText('simulator')],
      natsLog: [logText('nats-server')],
      records: await streamTexts(world.stack, 'KV_FAIRLEAD_STATE'),
      events: await streamTexts(world.stack, 'FAIRLEAD_EVT'),
      calls: [JSON.stringify(await world.simulator('GET', 'log'))],
      books: [JSON.stringify(await world.simulator('GET', 'state'))],
      scriptOutputs: await scriptOutputs(),
      nodes: nodeTexts(),
    };
    for (const [place, texts] of Object.entries(places)) {
      expect(texts.join('').length, `${place} was read`).toBeGreaterThan(0);
      for (const canary of canaries)
        expect(
          texts.some((text) => text.includes(canary)),
          place,
        ).toBe(false);
    }
  });
});
