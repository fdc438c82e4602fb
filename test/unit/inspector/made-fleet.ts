/** Rows, steps and clients for tests of index and feed. */
import { severities } from '../../../actors/steps/step.ts';
import type { Row, Step } from '../../../actors/steps/step.ts';
import type { Telemetry } from '../../../actors/ports.ts';
import type { Sink } from '../../../src/inspector/feed/feed.ts';

export const startMs = 1_700_000_000_000;
export const quiet: Telemetry = {
  log: () => undefined,
  count: () => undefined,
  observe: () => undefined,
};

export function rowOf(actor: string, seq = 1, fields: Partial<Row> = {}): Row {
  return {
    ...{ actor, uid: `uid-of-${actor}`, state: 'running.healthy', severity: 'healthy' },
    ...{ sinceMs: startMs, reason: '', revision: seq, seq, host: 'host-a' },
    ...{ region: 'eu-central-1', expectedMs: 0, isGone: false, ...fields },
  };
}

export function stepOf(row: Row, fields: Partial<Step> = {}): Step {
  return {
    ...{ seq: row.seq, revision: row.revision, atMs: startMs + row.seq, actor: row.actor },
    ...{ uid: row.uid, hash: 'h1', isRestored: false, taken: [], state: row.state },
    ...{ importance: 'change', correlationId: 'c1', host: row.host, fence: 1, row },
    ...{ patch: { set: [], del: [] }, ...fields },
  };
}

/** Numbers from a seed, the same in every run with it. */
export function rollsOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);

const states = ['running.healthy', 'running.upgrading.agents', 'failed', 'creating'];
const regions = ['eu-central-1', 'eu-west-1', 'us-east-1', ''];
const kinds = ['cluster', 'replication', 'guard'];

/** Steps of a fleet at random: new actors, changes, ends and second lives. */
export function randomSteps(roll: () => number, count: number, actors: number): Step[] {
  const lives = new Map<string, { life: number; seq: number; isOver: boolean }>();
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(roll() * values.length)] as Value;
  return Array.from({ length: count }, (_, at) => {
    const n = Math.floor(roll() * actors);
    const actor = `${kinds[n % 3] ?? ''}/ns${n % 5}/a${n}`;
    const last = lives.get(actor);
    const life = last ? last.life + Number(last.isOver) : 1;
    const seq = last && !last.isOver ? last.seq + 1 : 1;
    const isGone = roll() < 0.05;
    lives.set(actor, { life, seq, isOver: isGone });
    const row = rowOf(actor, seq, {
      ...{ uid: `${actor}#${life}`, state: pick(states), severity: pick(severities), isGone },
      ...{ sinceMs: startMs - Math.floor(roll() * 3_600_000), region: pick(regions) },
      ...{ reason: roll() < 0.3 ? 'no quorum' : '', expectedMs: roll() < 0.3 ? 600_000 : 0 },
    });
    return stepOf(row, { atMs: startMs + at });
  });
}

export interface ReadEvent {
  readonly name: string;
  readonly id: string;
  readonly data: unknown;
}

/** Reads what it is sent, or not; as an `EventSource` it remembers the last id. */
export class ModelClient implements Sink {
  isReading = true;
  isEnded = false;
  lastEventId = '';
  bytes = 0;
  worstUnsent = 0;
  #unsent: string[] = [];
  #unsentBytes = 0;
  #events: ReadEvent[] = [];

  write(text: string): boolean {
    const bytes = Buffer.byteLength(text);
    this.#unsent.push(text);
    this.#unsentBytes += bytes;
    this.bytes += bytes;
    this.worstUnsent = Math.max(this.worstUnsent, this.writableLength);
    if (this.isReading) this.read();
    return this.isReading;
  }

  get writableLength(): number {
    return this.#unsentBytes;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isEnded = true;
    this.#take();
  }

  /** Takes all that is there. */
  read(): void {
    for (const block of this.#take().split('\n\n')) this.#hear(block);
  }

  /** Events since the last look, those of `name` alone when given. */
  events(name?: string): ReadEvent[] {
    const found = this.#events.filter((event) => name === undefined || event.name === name);
    this.#events = [];
    return found;
  }

  #take(): string {
    const text = this.#unsent.join('');
    this.#unsent = [];
    this.#unsentBytes = 0;
    return text;
  }

  #hear(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const [, key = '', value = ''] = /^(\w*): ?(.*)$/.exec(line) ?? [];
      fields.set(key, value);
    }
    this.lastEventId = fields.get('id') ?? this.lastEventId;
    const data = fields.get('data');
    if (data === undefined) return;
    this.#events.push({
      ...{ name: fields.get('event') ?? 'message', id: this.lastEventId },
      data: JSON.parse(data) as unknown,
    });
  }
}
