/** Resolves a K3s release channel to a version over HTTP, once per plan. */
import { z } from 'zod';
import type { ClusterSpec } from '../../machines/specs.ts';
import { CloudFault, faultOf, ownFault } from './faults.ts';
import type { Problem } from './problems.ts';

const officialUrl = 'https://update.k3s.io';
/** The real document has about 40 entries and 20 KB. */
const documentBytesMax = 1_000_000;
const documentSchema = z.object({
  data: z.array(z.object({ name: z.string(), latest: z.string().optional() })),
});
const versionPattern = /^v1\.\d{1,2}\.\d{1,3}\+k3s\d{1,2}$/;

/**
 * The version to install: as written, or what the channel points to now. The document comes from the manifest's
 * `artifacts.baseUrl`, else from the host's artifact address, else from the official one.
 * @throws CloudFault `Unavailable`, `Timeout`, `Retryable` by the transport; `channels.unreadable`
 */
export async function resolveVersion(
  spec: ClusterSpec,
  artifactsUrl: string | undefined,
  signal: AbortSignal,
  problems: Problem[],
): Promise<string | undefined> {
  const { k3s, channel = 'stable' } = spec.version;
  if (k3s !== undefined) return k3s;
  const own = spec.artifacts.baseUrl;
  const base = own === '' ? (artifactsUrl ?? officialUrl) : own;
  const url = `${base.replace(/\/+$/, '')}/v1-release/channels`;
  const channels = await readChannels(url, signal);
  const version = channels?.find(({ name }) => name === channel)?.latest;
  if (version !== undefined && versionPattern.test(version)) return version;
  problems.push({
    path: 'spec.version.channel',
    code: 'manifest.channelNotFound',
    text:
      channels === undefined
        ? `is ${channel}: there is no channel document at ${url}; write version: {k3s: v1.N.P+k3sR} or correct artifacts.baseUrl`
        : `is ${channel}: ${url} names no release for it; write stable, or version: {k3s: v1.N.P+k3sR}`,
  });
  return undefined;
}

type Channels = z.infer<typeof documentSchema>['data'];

/** `undefined` when the address certainly has no such document. */
async function readChannels(url: string, signal: AbortSignal): Promise<Channels | undefined> {
  const text = await readText(url, signal);
  if (text === undefined) return undefined;
  try {
    return documentSchema.parse(JSON.parse(text)).data;
  } catch (error) {
    throw new CloudFault(
      ownFault('ProviderError', 'channels.unreadable', `${url} holds no channel document`).fault,
      error,
    );
  }
}

async function readText(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const reply = await fetch(url, { signal, headers: { accept: 'application/json' } });
    const text = await bounded(reply);
    if (reply.ok) return text;
    if (reply.status < 500 && reply.status !== 429) return undefined;
    const why = { message: `${url} answered ${reply.status}` };
    throw Object.assign(new Error(why.message), {
      $metadata: { httpStatusCode: reply.status },
      $response: { headers: Object.fromEntries(reply.headers) },
    });
  } catch (error) {
    const fault = faultOf(error, signal);
    // Reading changes nothing.
    throw new CloudFault({ ...fault, mayHaveHappened: false }, error);
  }
}

async function bounded(reply: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  if (reply.body === null) return text;
  for await (const part of reply.body) {
    text += decoder.decode(part as Uint8Array, { stream: true });
    if (text.length > documentBytesMax)
      throw ownFault('ProviderError', 'channels.unreadable', `${reply.url} is larger than 1 MB`);
  }
  return text + decoder.decode();
}
