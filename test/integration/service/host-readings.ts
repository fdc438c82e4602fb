/** What a running host tells of itself: its metrics, its health and the lines of its log. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackWorld } from '../../servers/stack-world.ts';
import { samplesIn } from './prometheus-text.ts';

export interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly [field: string]: unknown;
}

type Entry = Readonly<Record<string, unknown>> & { readonly name: string };

/** The world is asked for at each look, as it is there only once the tests run. */
export function hostReadings(world: () => StackWorld) {
  const logText = (): string =>
    readFileSync(join(world().stack.dataDir, 'logs', 'host.log'), 'utf8');
  const lines = (): Line[] =>
    logText()
      .split('\n')
      .filter((line) => line.startsWith('{"level"'))
      .map((line) => JSON.parse(line) as Line);
  const lineLike = (pattern: RegExp): Line | undefined =>
    lines().find(({ msg }) => pattern.test(msg));

  const get = async (path: string) => {
    const reply = await fetch(`http://127.0.0.1:${world().stack.host.ready.httpPort}${path}`);
    return { status: reply.status, text: await reply.text() };
  };
  const health = async (path: string) => {
    const { status, text } = await get(path);
    const body = JSON.parse(text) as { checks: Check[]; level: string };
    return { ...body, status };
  };
  /** Metrics that were ever other than zero when looked at. */
  const moved = new Set<string>();
  const scrape = async () => {
    const samples = samplesIn((await get('/metrics')).text);
    for (const { name, value } of samples) if (value !== 0) moved.add(name);
    return samples;
  };
  /** Of the first sample with these labels, whatever others it has. */
  const valueOf = async (name: string, labels: Record<string, string> = {}) =>
    (await scrape()).find(
      (each) =>
        each.name === name && Object.entries(labels).every(([key, is]) => each.labels[key] === is),
    )?.value;

  /** What the host knows out of its memory, by kind. */
  const registry = async (kind: string, asked: object = {}): Promise<Entry[]> => {
    const to = { namespace: 'system', kind, name: '_', verb: 'survey', arguments: asked };
    const [answer] = await world().client.survey(to, { timeoutMs: 30_000 });
    return answer?.['items'] as Entry[];
  };
  /** Probes at once, those named or all. */
  const look = (names?: string[]) => registry('health', { now: true, ...(names && { names }) });
  return { logText, lines, lineLike, get, health, moved, scrape, valueOf, registry, look };
}
