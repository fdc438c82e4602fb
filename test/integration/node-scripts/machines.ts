/** Simulated machines on a loopback server of their own, with a small Parameter Store: what the node-script tests stand on. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { parseResult, renderScript } from '../../../src/k3s/script.ts';
import type { ScriptResult, Verb } from '../../../src/k3s/script.ts';
import type { CommandResult, SimulatedInstance } from '../../../src/simulator/node/contract.ts';
import type { Member } from '../../../src/simulator/k3s-world/membership.ts';
import { createNodeHalf } from '../../../src/simulator/node/half.ts';
import type { NodeHalf } from '../../../src/simulator/node/half.ts';
import { agentTokenName, defaults, serverTokenName } from './script-parameters.ts';

/** Calls cost more than waiting: several bash processes each. */
const pollMs = 75;
export interface Machine extends SimulatedInstance {
  readonly node: string;
  readonly role: 'server' | 'agent';
  /** Since when it is up; undefined while it is down. */
  upSinceMs: number | undefined;
}

export interface Machines {
  readonly half: () => NodeHalf;
  readonly folder: string;
  readonly baseUrl: () => string;
  /** Name → value; the two tokens hold canaries. */
  readonly parameters: Map<string, string>;
  readonly canaries: readonly string[];
  add(node: string, role: 'server' | 'agent', changes?: Partial<Machine>): Machine;
  root(machine: Machine): string;
  /** The script of a verb with its defaults. */
  render(verb: Verb, machine: Machine, opId: string, changes?: Record<string, string>): string;
  deliver(machine: Machine, text: string, executionTimeoutMs?: number): Promise<CommandResult>;
  /** Renders with the defaults of the verb and delivers once. */
  call(
    verb: Verb,
    machine: Machine,
    opId: string,
    changes?: Record<string, string>,
  ): Promise<ScriptResult>;
  /** Calls again while the script says that it is running or that the node is busy. */
  finish(
    verb: Verb,
    machine: Machine,
    opId: string,
    changes?: Record<string, string>,
  ): Promise<ScriptResult>;
  /** Everything the scripts left behind in files, except where secrets belong. */
  writtenText(): string;
  fault(rule: object): Promise<void>;
  clearFaults(): Promise<void>;
  /** The K3s service of the node dies. */
  crash(node: string): Promise<void>;
  /** Changes the stored members of every cluster, as a kill at an unlucky moment may have left them. */
  editClusters(change: (members: Member[]) => object[]): void;
  /** A new half over the same folder, as after a kill of the simulator's process. */
  restart(): void;
  stop(): Promise<void>;
}

export async function startMachines(options: { scale: number; seed?: number }): Promise<Machines> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-node-'));
  const machines = new Map<string, Machine>();
  const canaries = [0, 1].map(() => `canary${randomBytes(24).toString('hex')}`);
  const parameters = new Map([
    [serverTokenName, canaries[0] ?? ''],
    [agentTokenName, canaries[1] ?? ''],
  ]);
  let half: NodeHalf;
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (half.handle(req, res, pathname)) return;
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      const target = String(req.headers['x-amz-target']);
      const signed = /Credential=AKIDNODE\/\d+\/eu-test-1\/ssm\/aws4_request/.test(
        req.headers.authorization ?? '',
      );
      const reply = signed
        ? parameterStore(parameters, target, JSON.parse(body) as Record<string, unknown>)
        : { __type: 'UnrecognizedClientException' };
      res.writeHead('__type' in reply ? 400 : 200, {
        'content-type': 'application/x-amz-json-1.1',
      });
      res.end(JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = () => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

  function start(): void {
    half = createNodeHalf({
      folder,
      scale: options.scale,
      seed: options.seed ?? 1,
      directory: {
        byId: (id) => machines.get(id),
        byPrivateIp: (ip) => [...machines.values()].find((each) => each.privateIp === ip),
        upSinceMs: (id) => machines.get(id)?.upSinceMs,
      },
      baseUrl,
      ssmEndpoint: baseUrl,
      credentialsFor: () => ({
        accessKeyId: 'AKIDNODE',
        secretAccessKey: 'node-secret-key',
        sessionToken: 'node-session',
      }),
    });
    half.runner.endLeftovers();
  }
  start();

  const root = (machine: Machine) => join(folder, 'machines', machine.instanceId);
  let commands = 0;

  const render = (
    verb: Verb,
    machine: Machine,
    opId: string,
    changes: Record<string, string> = {},
  ) => renderScript(verb, { ...defaults(verb, machine, opId), ...changes });

  async function deliver(
    machine: Machine,
    text: string,
    executionTimeoutMs = 60_000,
  ): Promise<CommandResult> {
    commands += 1;
    return half.runner.run({
      commandId: `command-${String(commands)}`,
      instance: machine,
      text,
      executionTimeoutMs,
    });
  }

  async function call(
    verb: Verb,
    machine: Machine,
    opId: string,
    changes?: Record<string, string>,
  ): Promise<ScriptResult> {
    const result = await deliver(machine, render(verb, machine, opId, changes));
    if (result.status !== 'Success') {
      throw new Error(`${verb} ended ${result.status}: ${result.stdout} ${result.stderr}`);
    }
    return parseResult(result.stdout);
  }

  async function side(method: string, path: string, body?: object): Promise<void> {
    const response = await fetch(`${baseUrl()}/_sim/node/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  return {
    half: () => half,
    folder,
    baseUrl,
    parameters,
    canaries,
    add: (node, role, changes = {}) => {
      const number = machines.size + 1;
      const machine: Machine = {
        instanceId: `i-${String(number).padStart(17, '0')}`,
        region: 'eu-test-1',
        zone: 'eu-test-1a',
        privateIp: `172.31.0.${String(number + 10)}`,
        architecture: 'x86_64',
        memoryMiB: 8_192,
        node,
        role,
        upSinceMs: 1_000,
        ...changes,
      };
      machines.set(machine.instanceId, machine);
      return machine;
    },
    root,
    render,
    deliver,
    call,
    finish: async (verb, machine, opId, changes) => {
      for (let calls = 0; calls < 500; calls += 1) {
        const result = await call(verb, machine, opId, changes);
        if (result.running !== true && result.code !== 'script.busy') return result;
        await pause(pollMs);
      }
      throw new Error(`${verb} did not end within 500 calls`);
    },
    writtenText: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/token|k3s\.yaml|kubeconfig/.test(entry.name))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
        .join('\n'),
    fault: (rule) => side('POST', 'faults', rule),
    clearFaults: () => side('DELETE', 'faults'),
    crash: (node) => side('POST', 'crash', { node }),
    editClusters: (change) => {
      const clusters = join(folder, 'clusters');
      for (const name of readdirSync(clusters)) {
        const file = join(clusters, name);
        const cluster = JSON.parse(readFileSync(file, 'utf8')) as { members: Member[] };
        writeFileSync(file, JSON.stringify({ ...cluster, members: change(cluster.members) }));
      }
      start();
    },
    restart: start,
    stop: async () => {
      half.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function parameterStore(
  parameters: Map<string, string>,
  target: string,
  body: Record<string, unknown>,
): object {
  if (target === 'AmazonSSM.GetParameters') {
    const names = body['Names'] as string[];
    return {
      InvalidParameters: names.filter((name) => !parameters.has(name)),
      Parameters: names
        .filter((name) => parameters.has(name))
        .map((name) => ({ ARN: 'arn', Name: name, Value: parameters.get(name), Version: 1 })),
    };
  }
  parameters.set(String(body['Name']), String(body['Value']));
  return { Tier: body['Tier'], Version: 1 };
}
