/** How one cluster's API server is reached: address, certificates and token out of files, read again when they may have changed. */
import { readFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { dirname } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../actors/ports.ts';
import { kube } from '../../machines/limits.ts';
import { kubeFault } from './kube-faults.ts';

/** A kubeconfig, or the three parts of one. Paths are absolute. */
export type KubeAccessSettings =
  | { readonly kubeconfigFile: string; readonly context?: string | undefined }
  | {
      readonly server: string;
      readonly caFile: string;
      readonly tokenFile: string;
    };

export interface Access {
  readonly server: URL;
  readonly headers: RequestOptions['headers'];
  readonly auth: string | undefined;
  /** Watches hold their sockets for minutes, so they have sockets of their own. */
  readonly agents: { readonly calls: Agent; readonly watches: Agent };
}

export interface AccessSource {
  /** @throws KubeFault `kube.access`; no text of a file ever stands in it */
  open(): Promise<Access>;
  /** The server refused what was opened last: the next `open` reads the files again. */
  refused(): void;
}

export function createAccessSource(
  cluster: string,
  settings: KubeAccessSettings,
  clock: Pick<Clock, 'monotonicMs'>,
): AccessSource {
  let known: { readonly access: Promise<Access>; readonly readAtMs: number } | undefined;
  return {
    open() {
      const nowMs = clock.monotonicMs();
      if (known === undefined || nowMs - known.readAtMs >= kube.accessReadMs) {
        const read = { access: readAccess(cluster, settings), readAtMs: nowMs };
        known = read;
        read.access.catch(() => {
          if (known === read) known = undefined;
        });
      }
      return known.access;
    },
    refused() {
      known = undefined;
    },
  };
}

async function readAccess(cluster: string, settings: KubeAccessSettings): Promise<Access> {
  const config = await readConfig(cluster, settings);
  const found = config.getCurrentCluster();
  if (found === null || config.getCurrentUser() === null)
    throw unusable(cluster, 'its current context names no cluster and user; set context');
  const server = serverOf(cluster, found.server);
  if (found.skipTLSVerify && server.protocol === 'https:')
    throw unusable(cluster, 'insecure-skip-tls-verify is set; give the CA instead');
  // The SDK refuses plain HTTP by itself; on this machine's own loopback nobody else can listen.
  if (server.protocol === 'http:') config.clusters = [{ ...found, skipTLSVerify: true }];
  const [calls, watches] = [await appliedTo(cluster, config), await appliedTo(cluster, config)];
  calls.agent.maxSockets = kube.socketsMax;
  return {
    ...{ server, headers: calls.options.headers, auth: calls.options.auth ?? undefined },
    agents: { calls: calls.agent, watches: watches.agent },
  };
}

async function readConfig(cluster: string, settings: KubeAccessSettings): Promise<KubeConfig> {
  const sdk = await import('@kubernetes/client-node');
  const config = new sdk.KubeConfig();
  if ('server' in settings) {
    const { server, caFile, tokenFile } = settings;
    const token = (await contentOf(cluster, tokenFile)).trim();
    config.loadFromClusterAndUser(
      { name: cluster, server: server.replace(/\/$/, ''), caFile, skipTLSVerify: false },
      { name: cluster, token },
    );
    return config;
  }
  const { kubeconfigFile, context } = settings;
  const text = await contentOf(cluster, kubeconfigFile);
  try {
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(kubeconfigFile));
  } catch {
    // The parser's message quotes lines of the file, tokens among them.
    throw unusable(cluster, `${kubeconfigFile} is no kubeconfig`);
  }
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

async function contentOf(cluster: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code = 'an error' } = error as NodeJS.ErrnoException;
    throw unusable(cluster, `${file} cannot be read (${code})`);
  }
}

function serverOf(cluster: string, address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) throw unusable(cluster, 'the server is not an address');
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) return url;
  throw unusable(cluster, `the server is ${url.origin}; credentials go over https only`);
}

async function appliedTo(cluster: string, config: KubeConfig) {
  // Said outright, so that no variable of the environment can switch the check off.
  const options: RequestOptions & { headers: Record<string, string> } = {
    ...{ headers: {}, rejectUnauthorized: true },
  };
  try {
    await config.applyToHTTPSOptions(options);
  } catch {
    throw unusable(cluster, 'its certificates or token cannot be read');
  }
  const agent = options.agent as Agent; // What the SDK has just made.
  return { options, agent };
}

const unusable = (cluster: string, why: string) =>
  kubeFault('Unauthorized', 'kube.access', `access to cluster ${cluster} is unusable: ${why}`);
