/** A simulated cloud for one test file: in process, quick, with machines that only repeat what they are told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { CommandOrder, CommandResult } from '../../../src/simulator/node/contract.ts';
import type { NodeHalf, NodeHalfOptions } from '../../../src/simulator/node/half.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { clients } from '../../contract/aws/target.ts';
import type { Target } from '../../contract/aws/target.ts';

const region = 'eu-central-1';

interface Machines {
  readonly halted: string[];
  readonly forgotten: string[];
  readonly orders: CommandOrder[];
  /** What a command comes to; by default it prints its own text. */
  answer: (order: CommandOrder) => Promise<CommandResult>;
  options?: NodeHalfOptions;
}

export interface Cloud extends Target {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly dataDir: string;
  readonly machines: Machines;
  /** One request on the side path; the body is sent as JSON. @throws Error for any refusal */
  side<Reply = unknown>(method: string, path: string, body?: object): Promise<Reply>;
  /** The clients of somebody else. */
  as(accessKeyId: string): { ec2: EC2Client; ssm: SSMClient };
  /** Ends this process's part and starts again on the same folder. */
  restarted(): Promise<Cloud>;
  close(): Promise<void>;
}

export function startCloud(scale = 600): Promise<Cloud> {
  return open(mkdtempSync(join(tmpdir(), 'fairlead-sim-')), scale);
}

async function open(dataDir: string, scale: number): Promise<Cloud> {
  const machines: Machines = {
    halted: [],
    forgotten: [],
    orders: [],
    answer: (order) =>
      Promise.resolve({ status: 'Success', responseCode: 0, stdout: order.text, stderr: '' }),
  };
  const simulator = await startSimulator({
    dataDir,
    port: 0,
    scale,
    seed: 7,
    isFresh: false,
    makeNodes: (options) => {
      machines.options = options;
      return parrots(machines);
    },
  });
  const { endpoint, accessKey } = simulator;
  const [accessKeyId = '', secretAccessKey = ''] = accessKey.split(':');
  const own = clients(endpoint, { accessKeyId, secretAccessKey }, region);
  return {
    name: 'sim',
    region,
    ...own,
    abilities: new Set(),
    instanceProfile: 'fairlead-server',
    patienceMs: 8_000,
    endpoint,
    accessKey,
    dataDir,
    machines,
    side: async <Reply>(method: string, path: string, body?: object) => {
      const reply = await fetch(`${endpoint}/_sim/${path}`, {
        method,
        headers: { 'x-sim-key': accessKey },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await reply.text();
      if (!reply.ok) throw new Error(`${method} ${path}: ${String(reply.status)} ${text}`);
      return JSON.parse(text) as Reply;
    },
    as: (id) => clients(endpoint, { accessKeyId: id, secretAccessKey: 'unchecked' }, region),
    restarted: async () => {
      await simulator.close();
      return open(dataDir, scale);
    },
    close: async () => {
      own.ec2.destroy();
      own.ssm.destroy();
      await simulator.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function parrots(machines: Machines): NodeHalf {
  return {
    runner: {
      run: (order) => {
        machines.orders.push(order);
        return machines.answer(order);
      },
      cancel: () => undefined,
      halt: (instanceId) => {
        machines.halted.push(instanceId);
      },
      forget: (instanceId) => {
        machines.forgotten.push(instanceId);
      },
      endLeftovers: () => undefined,
    },
    handle: () => false,
    state: () => ({}),
    close: () => undefined,
  };
}
