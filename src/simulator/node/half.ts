/** The machines behind the simulated cloud, put together: command runner, metadata, release files and the K3s world. */
import { mkdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z, ZodError } from 'zod';
import { isShipped, splitScript } from '../../k3s/script.ts';
import { createArtifactFaults } from '../artifacts/faults.ts';
import { answerArtifact } from '../artifacts/server.ts';
import { createDraw } from '../draw.ts';
import { groundTruth } from '../k3s-world/ground-truth.ts';
import { createStuckPods } from '../k3s-world/pods.ts';
import { answerK3s } from '../k3s-world/requests.ts';
import { createWorld } from '../k3s-world/world.ts';
import type { CommandRunner, InstanceDirectory } from './contract.ts';
import { readBody, replyJson, replyText } from './http-body.ts';
import { answerImds } from './imds.ts';
import type { RoleCredentials } from './imds.ts';
import { createRunner } from './runner.ts';
import { prepareTools } from './sandbox.ts';

export interface NodeHalfOptions {
  /** Everything the machines leave behind; survives the process. */
  readonly folder: string;
  /** Divides every simulated duration; a whole number. */
  readonly scale: number;
  readonly seed: number;
  readonly directory: InstanceDirectory;
  /** `http://127.0.0.1:<port>`, known once the server listens. */
  readonly baseUrl: () => string;
  readonly ssmEndpoint: () => string;
  readonly credentialsFor: (instanceId: string) => RoleCredentials;
}

export interface NodeHalf {
  readonly runner: CommandRunner;
  /** Takes `/_artifacts/…`, `/_imds/<instance>/…`, `/_k3s/…` and `/_sim/node/…`; false when the request is not ours. */
  handle(req: IncomingMessage, res: ServerResponse, pathname: string): boolean;
  /** What the machines know: clusters with members, and the faults still set. Holds no secret. */
  state(): object;
  /** Stops the processes of all machines that this process started. */
  close(): void;
}

export function createNodeHalf(options: NodeHalfOptions): NodeHalf {
  const { folder, scale, seed, directory } = options;
  const machines = join(folder, 'machines');
  mkdirSync(machines, { recursive: true });
  const tools = prepareTools(folder);
  const draw = createDraw(seed);
  const faults = createArtifactFaults(folder);
  const stuck = createStuckPods(folder);
  const world = createWorld({
    folder: join(folder, 'clusters'),
    scale,
    draw,
    upSinceMs: (instanceId) => directory.upSinceMs(instanceId),
  });
  const runner = createRunner({
    folder: machines,
    tools,
    refusal: refusalOf,
    upSinceMs: (instanceId) => directory.upSinceMs(instanceId),
    environment: ({ instanceId }) => ({
      FAIRLEAD_IMDS: `${options.baseUrl()}/_imds/${instanceId}`,
      FAIRLEAD_ARTIFACTS: `${options.baseUrl()}/_artifacts`,
      FAIRLEAD_PEERS: `${options.baseUrl()}/_k3s/${instanceId}/peer`,
      FAIRLEAD_TIME_SCALE: String(scale),
      AWS_ENDPOINT_URL_SSM: options.ssmEndpoint(),
    }),
    onHalt: (instanceId) => {
      world.refresh(instanceId);
    },
    onForget: (instanceId) => {
      world.forget(instanceId);
    },
  });

  const allFaults = () => [...faults.list(), ...stuck.list()];
  const state = () => ({ clusters: world.clusters().map(groundTruth), faults: allFaults() });

  async function answerControl(
    req: IncomingMessage,
    res: ServerResponse,
    name: string,
  ): Promise<void> {
    if (name === 'state') {
      replyJson(res, 200, state());
    } else if (name === 'faults' && req.method === 'POST') {
      addFault(JSON.parse(await readBody(req)));
      replyJson(res, 200, allFaults());
    } else if (name === 'faults' && req.method === 'DELETE') {
      faults.clear();
      stuck.clear();
      replyJson(res, 200, []);
    } else if (name === 'crash' && req.method === 'POST') {
      const { node } = crashOrder.parse(JSON.parse(await readBody(req)));
      const crashed = world.crash(node);
      replyJson(res, crashed ? 200 : 404, crashed ? {} : { error: `no service runs on ${node}` });
    } else {
      replyJson(res, 404, { error: 'use GET state, POST faults, DELETE faults or POST crash' });
    }
  }

  /** Pods that refuse to go are kept apart from what goes wrong with release files. */
  function addFault(rule: unknown): void {
    const isAboutPods = z.looseObject({ kind: z.literal('stuckPods') }).safeParse(rule).success;
    if (isAboutPods) stuck.add(rule);
    else faults.add(rule);
  }

  async function answer(
    req: IncomingMessage,
    res: ServerResponse,
    pathname: string,
  ): Promise<void> {
    if (pathname.startsWith('/_artifacts')) {
      await answerArtifact({ scale, draw, faults }, req, res, pathname.slice('/_artifacts'.length));
    } else if (pathname.startsWith('/_k3s/')) {
      await answerK3s({ world, scale, stuck, directory }, req, res, pathname);
    } else if (pathname.startsWith('/_sim/node/')) {
      await answerControl(req, res, pathname.slice('/_sim/node/'.length));
    } else {
      const [, , instanceId = '', ...rest] = pathname.split('/');
      const instance = directory.byId(instanceId);
      if (instance === undefined || directory.upSinceMs(instanceId) === undefined) {
        replyText(res, 404, 'no such machine is running');
      } else {
        answerImds(req, res, instance, `/${rest.join('/')}`, () =>
          options.credentialsFor(instanceId),
        );
      }
    }
  }

  return {
    runner,
    handle: (req, res, pathname) => {
      if (!/^\/(_artifacts|_imds|_k3s|_sim\/node)(\/|$)/.test(pathname)) return false;
      answer(req, res, pathname).catch((error: unknown) => {
        if (res.headersSent) res.destroy();
        else replyText(res, isCallersFault(error) ? 400 : 500, String(error));
      });
      return true;
    },
    state,
    close: () => {
      runner.endLeftovers();
    },
  };
}

const crashOrder = z.strictObject({ node: z.string().min(1) });

function refusalOf(text: string): string | undefined {
  try {
    return isShipped(splitScript(text).body)
      ? undefined
      : 'refused: this machine runs only the node scripts that are shipped';
  } catch (error) {
    return `refused: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function isCallersFault(error: unknown): boolean {
  return error instanceof ZodError || error instanceof SyntaxError;
}
