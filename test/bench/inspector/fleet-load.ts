/** A fleet at random, and transitions of it at a steady rate. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Row, Severity, Step } from '../../../actors/steps/step.ts';

const places: readonly (readonly [string, Severity])[] = [
  ['running.healthy', 'healthy'],
  ['running.upgrading.agents', 'changing'],
  ['running.scaling', 'changing'],
  ['failed', 'failing'],
];
const regions = ['eu-central-1', 'eu-west-1', 'us-east-1', 'us-west-2'];

/** More at once would hold up the streams for longer than a busy host does. */
const PIECE_MAX = 500;

export class FleetLoad {
  readonly rows: Row[];
  #state: number;

  constructor(seed: number, size: number) {
    this.#state = seed >>> 0;
    this.rows = Array.from({ length: size }, (_, at) => this.#first(at));
  }

  /** One actor goes somewhere else. */
  next(nowMs: number): Step {
    const at = Math.floor(this.#roll() * this.rows.length);
    const before = this.rows[at];
    if (before === undefined) throw new RangeError('the fleet is empty');
    const row = { ...before, ...this.#place(), sinceMs: nowMs };
    row.seq = row.revision = before.seq + 1;
    this.rows[at] = row;
    return stepOf(row, nowMs);
  }

  /** Calls `take` so many times a second for a while, in pieces of some milliseconds. Returns how often in all. */
  async run(perSecond: number, forMs: number, take: (step: Step) => void): Promise<number> {
    const startMs = performance.now();
    let made = 0;
    for (;;) {
      const passedMs = performance.now() - startMs;
      if (passedMs >= forMs) return made;
      const due = Math.min((passedMs / 1000) * perSecond, made + PIECE_MAX);
      for (; made < due; made += 1) take(this.next(Date.now()));
      await pause(5);
    }
  }

  #first(at: number): Row {
    const actor = `cluster/team-${at % 40}/web-${String(at).padStart(6, '0')}`;
    return {
      ...{ actor, uid: `01JBENCH${String(at).padStart(18, '0')}`, ...this.#place() },
      ...{ sinceMs: Date.now() - Math.floor(this.#roll() * 3_600_000), revision: 1, seq: 1 },
      ...{ host: `host-${at % 5}`, region: regions[at % 4] ?? '', expectedMs: 0, isGone: false },
    };
  }

  #place(): Pick<Row, 'state' | 'severity' | 'reason'> {
    const [state, severity] = places[Math.floor(this.#roll() * places.length)] ?? [
      ...(['running.healthy', 'healthy'] as const),
    ];
    return { state, severity, reason: severity === 'failing' ? 'quorum lost, 1 of 3 answer' : '' };
  }

  #roll(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }
}

const stepOf = (row: Row, atMs: number): Step => ({
  ...{ seq: row.seq, revision: row.revision, atMs, actor: row.actor, uid: row.uid, hash: 'h1' },
  ...{ isRestored: false, state: row.state, importance: 'change', correlationId: '01JBENCH' },
  ...{ taken: [{ path: '', event: 'node.ready', edges: ['e1'] }], host: row.host, fence: 1, row },
  patch: { set: [[['value'], row.state]], del: [] },
});
