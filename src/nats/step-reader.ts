/** Reads the steps that the stream has kept of one actor: pages of them, and how it stood after any of them. */
import { DeliverPolicy } from '@nats-io/jetstream';
import type { ResourceKey } from '../../machines/ids.ts';
import { applyPatch } from '../../actors/steps/patch.ts';
import type { Image, Step } from '../../actors/steps/step.ts';
import type { Connection } from './connection.ts';
import { wholeHeader } from './step-publish.ts';
import { storedMessages } from './stored.ts';
import { stepSubject, streams } from './subjects.ts';

export interface StepsAsked {
  /** Of which life. Default: the newest. */
  readonly uid?: string;
  /** Only steps below this number; the newest of them are read. */
  readonly before?: number;
  /** Only steps above this number; the oldest of them are read. */
  readonly after?: number;
  readonly limit: number;
}

/** Oldest first, with their content. */
export interface StepsFound {
  /** Empty when nothing is kept. */
  readonly uid: string;
  readonly steps: readonly Step[];
  /** Oldest and newest that are kept of this life; 0 when none are. */
  readonly first: number;
  readonly last: number;
}

interface Kept {
  readonly seq: number;
  /** In the stream. */
  readonly position: number;
  readonly isWhole: boolean;
}

interface Life {
  readonly uid: string;
  /** By number, each once. */
  readonly kept: readonly Kept[];
}

/** Rejects when the server does not answer. */
export async function readSteps(
  connection: Connection,
  key: ResourceKey,
  asked: StepsAsked,
): Promise<StepsFound> {
  const { uid, kept } = await lifeOf(connection, key, asked.uid);
  const { before = Infinity, after = 0, limit } = asked;
  const fitting = kept.filter(({ seq }) => seq < before && seq > after);
  const wanted = asked.after === undefined ? fitting.slice(-limit) : fitting.slice(0, limit);
  return {
    uid,
    steps: await contentOf(connection, key, wanted),
    first: kept[0]?.seq ?? 0,
    last: kept.at(-1)?.seq ?? 0,
  };
}

/** The step and the actor after it; undefined when it is not kept, or nothing whole before it is. */
export async function stepAt(
  connection: Connection,
  key: ResourceKey,
  seq: number,
  uid?: string,
): Promise<{ readonly step: Step; readonly image: Image } | undefined> {
  const { kept } = await lifeOf(connection, key, uid);
  const end = kept.findIndex((each) => each.seq === seq);
  const start = kept.findLastIndex((each, at) => at <= end && each.isWhole);
  if (end < 0 || start < 0) return undefined;
  return replay(await contentOf(connection, key, kept.slice(start, end + 1)));
}

/**
 * The last of the steps with the image after it. The first one has to be whole; undefined when it is not, or when a number
 * is missing between two that only tell differences.
 */
export function replay(
  steps: readonly Step[],
): { readonly step: Step; readonly image: Image } | undefined {
  let image: Image | undefined;
  let before = 0;
  for (const step of steps) {
    if (step.image !== undefined) image = step.image;
    else if (image === undefined || step.patch === undefined || step.seq !== before + 1)
      return undefined;
    else image = applyPatch(image, step.patch);
    before = step.seq;
  }
  const step = steps.at(-1);
  return step && image && { step, image };
}

async function lifeOf(
  connection: Connection,
  key: ResourceKey,
  wanted: string | undefined,
): Promise<Life> {
  const bySeq = new Map<number, Kept>();
  let uid = wanted ?? '';
  const subject = stepSubject(key);
  const more = { headers_only: true };
  const messages = storedMessages(connection, streams.steps, subject, DeliverPolicy.All, more);
  for await (const { headers, seq: position } of messages) {
    const [of = '', number = ''] = (headers?.get('Nats-Msg-Id') ?? '').split('/s');
    if (wanted === undefined && of !== uid) {
      bySeq.clear();
      uid = of;
    }
    if (of !== uid) continue;
    const isWhole = headers?.get(wholeHeader) === '1';
    bySeq.set(Number(number), { seq: Number(number), position, isWhole });
  }
  return { uid, kept: [...bySeq.values()].sort((one, other) => one.seq - other.seq) };
}

async function contentOf(
  connection: Connection,
  key: ResourceKey,
  wanted: readonly Kept[],
): Promise<Step[]> {
  if (wanted.length === 0) return [];
  const positions = wanted.map(({ position }) => position);
  const [first, last] = [Math.min(...positions), Math.max(...positions)];
  const found = new Map<number, Step>();
  const from = { opt_start_seq: first };
  const messages = storedMessages(
    connection,
    streams.steps,
    stepSubject(key),
    DeliverPolicy.StartSequence,
    from,
  );
  for await (const message of messages) {
    if (message.seq > last) break;
    found.set(message.seq, message.json<Step>());
    if (message.seq === last) break;
  }
  return wanted.flatMap(({ position }) => found.get(position) ?? []);
}
