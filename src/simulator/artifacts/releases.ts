/** The K3s releases the artifact server knows: channels, a stand-in binary per version, its checksum list. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.ts';

/** Newest patch per minor; every patch from 0 up to it exists as `+k3s1`. */
const newestPatch: Readonly<Record<string, number>> = {
  '1.28': 15,
  '1.29': 14,
  '1.30': 10,
  '1.31': 6,
  '1.32': 2,
  '1.33': 1,
};
const stableMinor = '1.31';

export type Architecture = 'amd64' | 'arm64';

export interface Release {
  readonly version: string;
  /** The stand-in for the binary of both architectures. */
  binary(): Buffer;
  /** `sha256sum-<arch>.txt`, which lists more than the binary, as the real one does. */
  checksums(architecture: Architecture): Buffer;
}

export function assetName(architecture: Architecture): string {
  return architecture === 'arm64' ? 'k3s-arm64' : 'k3s';
}

/** The release of a version such as `v1.31.4+k3s1`, undefined when there is none. */
export function findRelease(version: string): Release | undefined {
  const [, minor = '', patch = ''] = /^v(1\.\d+)\.(\d+)\+k3s1$/.exec(version) ?? [];
  const newest = newestPatch[minor];
  if (newest === undefined || Number(patch) > newest) return undefined;
  const binary = () => Buffer.from(template().replace('@VERSION@', version));
  return {
    version,
    binary,
    checksums: (architecture) => {
      const name = assetName(architecture);
      const images = `k3s-airgap-images-${architecture}.tar.zst`;
      return Buffer.from(
        `${sha256(Buffer.from(images + version))}  ${images}\n${sha256(binary())}  ${name}\n`,
      );
    },
  };
}

/** The document of update.k3s.io/v1-release/channels. */
export function channelDocument(selfUrl: string): object {
  const minors = Object.keys(newestPatch);
  const latest = (minor: string) => `v${minor}.${String(newestPatch[minor] ?? 0)}+k3s1`;
  const newest = minors.at(-1) ?? stableMinor;
  const channels: [string, string][] = [
    ['stable', latest(stableMinor)],
    ['latest', latest(newest)],
    ['testing', latest(newest)],
    ...minors.map((minor): [string, string] => [`v${minor}`, latest(minor)]),
  ];
  return {
    type: 'collection',
    links: { self: selfUrl },
    data: channels.map(([name, version]) => ({
      id: name,
      type: 'channel',
      links: { self: `${selfUrl}/${name}` },
      name,
      latest: version,
    })),
  };
}

/** The version a channel points to, undefined for an unknown channel. */
export function channelVersion(channel: string): string | undefined {
  const document = channelDocument('') as { data: { name: string; latest: string }[] };
  return document.data.find(({ name }) => name === channel)?.latest;
}

let text: string | undefined;

function template(): string {
  text ??= readFileSync(join(packageRoot(), 'src/simulator/artifacts/k3s.sh'), 'utf8');
  return text;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
