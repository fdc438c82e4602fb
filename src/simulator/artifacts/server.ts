/** Serves K3s release files and the channel document the way GitHub and update.k3s.io do, at a simulated pace. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Draw } from '../draw.ts';
import { replyJson, replyText } from '../node/http-body.ts';
import { assetName, channelDocument, channelVersion, findRelease } from './releases.ts';
import type { Architecture, Release } from './releases.ts';
import type { ArtifactFault, ArtifactFaults } from './faults.ts';

export interface ArtifactServer {
  readonly scale: number;
  readonly draw: Draw;
  readonly faults: ArtifactFaults;
}

const binarySeconds = { min: 60, max: 105 };
const chunks = 5;
let served = 0;

/** Answers `/_artifacts/…`; `path` is what follows, still percent-encoded. */
export async function answerArtifact(
  server: ArtifactServer,
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
): Promise<void> {
  if (path === '/' || path === '') {
    replyText(res, 200, req.method === 'HEAD' ? '' : 'release files of K3s\n');
    return;
  }
  if (path.startsWith('/v1-release/channels')) {
    answerChannels(req, res, path.slice('/v1-release/channels'.length));
    return;
  }
  const [, folder = '', asset = ''] = path.split('/');
  const release = findRelease(decodeVersion(folder));
  const bytes = release && assetBytes(release, asset);
  const fault = bytes && server.faults.take(asset);
  if (bytes === undefined || fault?.kind === 'notFound') {
    replyText(res, 404, 'Not Found');
    return;
  }
  await send(server, res, asset, bytes, fault);
}

function answerChannels(req: IncomingMessage, res: ServerResponse, rest: string): void {
  const self = `http://${req.headers.host ?? '127.0.0.1'}/_artifacts/v1-release/channels`;
  if (rest === '' || rest === '/') {
    replyJson(res, 200, channelDocument(self));
    return;
  }
  const version = channelVersion(decodeURIComponent(rest.slice(1)));
  if (version === undefined) {
    replyText(res, 404, 'Not Found');
    return;
  }
  res.writeHead(302, {
    location: `https://github.com/k3s-io/k3s/releases/tag/${version.replace('+', '%2B')}`,
    'content-length': 0,
  });
  res.end();
}

function decodeVersion(folder: string): string {
  // A bare + is what a client sends that forgot to escape it; GitHub does not know that path.
  return folder.includes('+') ? '' : decodeURIComponent(folder);
}

function assetBytes(release: Release, asset: string): Buffer | undefined {
  for (const architecture of ['amd64', 'arm64'] satisfies Architecture[]) {
    if (asset === assetName(architecture)) return release.binary();
    if (asset === `sha256sum-${architecture}.txt`) return release.checksums(architecture);
  }
  return undefined;
}

async function send(
  { scale, draw }: ArtifactServer,
  res: ServerResponse,
  asset: string,
  bytes: Buffer,
  fault: ArtifactFault | undefined,
): Promise<void> {
  served += 1;
  const seconds = asset.startsWith('sha256sum')
    ? 1
    : draw(`download:${String(served)}`, binarySeconds);
  const slowness = fault?.kind === 'slow' ? fault.factor : 1;
  const pauseMs = (seconds * slowness * 1000) / scale / chunks;
  const content = spoilt(bytes, fault);
  const size = Math.ceil(content.length / chunks);
  res.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': content.length,
  });
  res.flushHeaders();
  for (let at = 0; at < content.length; at += size) {
    await sleep(pauseMs, undefined, { ref: false });
    if (res.destroyed) return;
    if (fault?.kind === 'half' && at >= content.length / 2) {
      res.destroy();
      return;
    }
    res.write(content.subarray(at, at + size));
  }
  res.end();
}

function spoilt(bytes: Buffer, fault: ArtifactFault | undefined): Buffer {
  if (fault?.kind === 'checksum') return altered(bytes);
  if (fault?.kind !== 'unlisted') return bytes;
  return Buffer.from(bytes.toString('utf8').replace(/^[0-9a-f]{64} +k3s(-arm64)?\n/gm, ''));
}

/** The same length with one other byte: a list then names a wrong sum, a binary no longer matches its own. */
function altered(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const last = copy.lastIndexOf('  ') - 1;
  copy[last] = copy[last] === 0x30 ? 0x31 : 0x30;
  return copy;
}
