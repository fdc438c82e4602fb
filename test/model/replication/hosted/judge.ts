/**
 * Judges a replication by what really is: volumes, who can write to them and what was written, never by its own word. The
 * numbers are those of the invariants in docs/replication.md.
 */
import type { ReplicationContext } from '../../../../machines/replication-context.ts';
import { replication } from '../../../../machines/replication-limits.ts';
import { isAllowed, isTransient, peerOf, sides } from '../../../../machines/replication-table.ts';
import type { PublicState, Side } from '../../../../machines/replication-table.ts';
import { compareLogs } from '../../../../src/simulator/ec2/volumes/append-log.ts';
import { orderOf } from '../../../../src/volumes/ebs/ids.ts';
import type { StorageTruth, VolumeTruth } from '../../../../src/simulator/ec2/volumes/truth.ts';

interface Seen {
  readonly memory: ReplicationContext;
  readonly truth: StorageTruth;
  readonly nowMs: number;
}

interface Heard {
  readonly name: string;
  readonly input: object;
  /** The record as it is stored at that moment. */
  readonly stored: string;
}

const making = /^(create(Volume|Snapshots?)|copy(Snapshot|Volumes))$/;
const stateOf = (phase: string): PublicState => phase.split('.')[0] as PublicState;
const minuteMs = 60_000;
/** What is wrong once is wrong again at the next look. */
const problemsMax = 20;
/** No transient state may last longer: the longest deadline, and a way back. */
const transientMaxMs = replication.handOverMs + 30 * minuteMs;
/** Looks are a minute apart; a dead host, an open circuit and a round of retries may come between. */
const unseenMaxMs = 15 * minuteMs;

export class Judge {
  readonly problems: string[] = [];
  /** Times two sides could write while somebody had accepted that risk. */
  flagged = 0;
  /** Every phase an endpoint was seen in. */
  readonly visited = new Set<string>();
  /** For how long, as far as looks tell. */
  flaggedMs = 0;
  /** How far the hosts' clock was off at most: what they work out of two clocks may be off by as much. */
  clockOffMs = 0;
  /** Until then the cloud does not answer as it should: looks may come to nothing. */
  excusedUntilMs = 0;
  readonly #regions: Readonly<Record<Side, string>>;
  readonly #members: number;
  #before: ReplicationContext | undefined;
  /** Epoch of each volume that was attached at the last look. */
  #held: ReadonlyMap<string, string> = new Map();
  #provenEpoch = 0;
  /** A promotion whose loss has still to be told: its side and epoch, and the writer generation before. */
  #owed: { readonly side: Side; readonly of: number; readonly epoch: number } | undefined;
  #flaggedAtMs: number | undefined;

  constructor(regions: Readonly<Record<Side, string>>, members: number) {
    this.#regions = regions;
    this.#members = members;
  }

  /** Notes what is wrong, once, and not without end. */
  accuse(invariant: string, text: string): void {
    const line = `${invariant}: ${text}`;
    if (this.problems.length < problemsMax && !this.problems.includes(line))
      this.problems.push(line);
  }

  /** S8: what makes something carries an order, and that order is in the record by then. */
  heard({ name, input, stored }: Heard): void {
    if (!making.test(name)) return;
    const op = /"Key":"repl:op","Value":"([^"]+)"/.exec(JSON.stringify(input))?.[1];
    if (op === undefined) this.accuse('S8', `${name} makes something without an order`);
    else if (!stored.includes(orderOf(op)))
      this.accuse('S8', `${name} of ${op} goes out, and the record does not have that order`);
  }

  /** To be asked after everything that happens; `memory` is the stored one. */
  look(seen: Seen): void {
    this.#oneWriter(seen);
    this.#staleCalls(seen);
    this.#history(seen.memory);
    this.#entries(seen);
    this.#losses(seen);
    this.#syncTimes(seen);
    this.#newestPoints(seen);
    this.#deadlines(seen);
    for (const side of sides) this.visited.add(seen.memory[side].phase);
    this.#before = seen.memory;
  }

  #at(truth: StorageTruth, side: Side): VolumeTruth[] {
    return truth.volumes.filter(
      ({ region, tags }) => region === this.#regions[side] && tags['repl:role'] !== 'test',
    );
  }

  #writable(truth: StorageTruth, side: Side): VolumeTruth[] {
    return this.#at(truth, side).filter(({ isWritable }) => isWritable);
  }

  #oneWriter({ memory, truth, nowMs }: Seen): void {
    const sinceMs = this.#flaggedAtMs;
    this.#flaggedAtMs = undefined;
    const writing = sides.filter((side) => this.#writable(truth, side).length > 0);
    if (writing.length < 2) return;
    const { riskAccepted, epoch } = memory;
    if (riskAccepted?.clearedAtMs === null) {
      this.flagged += 1;
      this.flaggedMs += nowMs - (sinceMs ?? nowMs);
      this.#flaggedAtMs = nowMs;
    } else this.accuse('S1', `both sides can write in epoch ${epoch}, and nobody accepted that`);
  }

  /** Once a write fence is proven, nothing of an older epoch gets hold of a machine any more. */
  #staleCalls({ memory, truth }: Seen): void {
    const { fence, epoch } = memory;
    const held = new Map<string, string>();
    for (const { volumeId, attachment, tags } of truth.volumes)
      if (attachment !== undefined && tags['repl:role'] === 'volume')
        held.set(volumeId, tags['repl:epoch'] ?? '');
    const isProven = fence.stage === 'proven' && fence.epoch === epoch;
    if (isProven && this.#provenEpoch === epoch)
      for (const [volumeId, of] of held)
        if (Number(of) < epoch && !this.#held.has(volumeId))
          this.accuse('S2', `${volumeId} of epoch ${of} was attached in epoch ${epoch}`);
    this.#provenEpoch = isProven ? epoch : 0;
    this.#held = held;
  }

  /** A public state is entered on what is, and by an edge of the table. */
  #entries({ memory, truth }: Seen): void {
    for (const side of sides) {
      const before = this.#before?.[side].phase ?? 'absent.created';
      const { phase } = memory[side];
      const [from, to] = [stateOf(before), stateOf(phase)];
      if (to === 'source' && from !== 'source') this.#becameSource(memory, truth, side);
      const isIdleNow = to === 'replica' || phase === 'failed.safe';
      if (isIdleNow && before !== phase && this.#writable(truth, side).length > 0)
        this.accuse('S3', `${side} became ${phase} and can write`);
    }
  }

  #becameSource(memory: ReplicationContext, truth: StorageTruth, side: Side): void {
    const here = this.#writable(truth, side);
    if (here.length !== this.#members)
      this.accuse('S3', `${side} became source with ${here.length} writable volumes`);
    // What was lost by promotions before was told then.
    this.#owed = { side, of: this.#before?.writerEpoch ?? 0, epoch: memory.epoch };
  }

  /** S4: entries of the last writer that the new one lacks are told of; with a risk accepted, once that is over. */
  #losses({ memory, truth }: Seen): void {
    const owed = this.#owed;
    if (owed === undefined) return;
    const { loss, epoch, riskAccepted } = memory;
    if (epoch === owed.epoch && riskAccepted?.clearedAtMs === null) return;
    this.#owed = undefined;
    if (epoch !== owed.epoch || memory.writer !== owed.side) return;
    const old = truth.volumes.filter(({ tags }) => tags['repl:epoch'] === String(owed.of));
    const reported = loss?.epoch === epoch ? loss.seconds : 0;
    for (const volume of this.#writable(truth, owed.side)) {
      const lost = Math.max(0, ...old.map((each) => lostFrom(each, volume)));
      // One entry is written each second; one may be under way at either end. No loss is told without any clock.
      const slack = reported > 0 ? 1 + this.clockOffMs / 1_000 : 0;
      if (lost > reported + slack)
        this.accuse(
          'S4',
          `${owed.side} lost ${lost} entries of ${volume.volumeId}, ${reported} s reported`,
        );
    }
  }

  #history({ history }: ReplicationContext): void {
    for (const { from, to } of history)
      if (!isAllowed(from, to) || from === to)
        this.accuse('S9', `${from} → ${to} is in the history`);
  }

  #syncTimes({ memory, nowMs }: Seen): void {
    const before = this.#before;
    if (before === undefined || memory.lastSyncMs === null) return;
    if (memory.epoch < before.epoch)
      this.accuse('S2', `epoch ${before.epoch} became ${memory.epoch}`);
    if (memory.epoch === before.epoch && memory.lastSyncMs < (before.lastSyncMs ?? 0))
      this.accuse('S7', 'the time of the last point went back');
    if (memory.lastSyncMs > nowMs) this.accuse('S7', 'the last point lies in the future');
  }

  /** What would be promoted now is there, whole. */
  #newestPoints({ memory, truth }: Seen): void {
    if (memory.lifecycle !== 'active') return;
    for (const side of sides) {
      const newest = memory.points.filter(({ at }) => at === side).at(-1);
      if (newest === undefined) continue;
      const there = truth.snapshots.filter(
        ({ region, state, tags }) =>
          region === this.#regions[side] &&
          state === 'completed' &&
          tags['repl:seq'] === String(newest.seq) &&
          tags['repl:role'] !== 'safety',
      );
      const members = new Set(there.map(({ tags }) => tags['repl:member']));
      if (members.size < this.#members)
        this.accuse('S5', `point ${newest.seq} at ${side} has ${members.size} members left`);
    }
  }

  #deadlines({ memory, nowMs }: Seen): void {
    for (const side of sides) {
      const { phase, sinceMs, observedAtMs } = memory[side];
      if (isTransient(stateOf(phase)) && nowMs - sinceMs > transientMaxMs)
        this.accuse('L1', `${side} has been ${phase} since ${sinceMs}`);
      const isSettled = !phase.startsWith('absent') && memory.lifecycle === 'active';
      const seenMs = Math.max(observedAtMs, this.excusedUntilMs);
      if (isSettled && observedAtMs > 0 && nowMs - seenMs > unseenMaxMs + this.clockOffMs)
        this.accuse('S10', `${side} (${phase}) was not looked at since ${observedAtMs}`);
    }
  }

  /** To be asked at the end, when nothing is under way: what is left over, and what was destroyed. */
  end({ memory, truth }: Seen): void {
    const made = [...truth.volumes, ...truth.snapshots].filter(
      ({ state }) => state !== 'deleted' && state !== 'deleting' && state !== 'error',
    );
    const seen = new Map<string, number>();
    for (const { tags, region, segments } of made) {
      const op = tags['repl:op'];
      if (op === undefined) continue;
      // One call may take a snapshot of each volume of an instance; they differ by what was written to them.
      const name = `${region} ${op} ${segments[0]?.writer ?? ''}`;
      seen.set(name, (seen.get(name) ?? 0) + 1);
    }
    for (const [name, count] of seen)
      if (count > 1) this.accuse('S8', `${count} resources are left of ${name}`);
    this.#divergent(memory, truth);
  }

  /** What the writer lacks is still somewhere: in the volume that has it, or in a safety snapshot of it. */
  #divergent(memory: ReplicationContext, truth: StorageTruth): void {
    const { writer } = memory;
    if (writer === 'none') return;
    const writing = this.#writable(truth, writer);
    for (const volume of this.#at(truth, peerOf(writer))) {
      if (volume.state !== 'deleted' && volume.state !== 'deleting') continue;
      const lost = Math.min(Infinity, ...writing.map((each) => lostFrom(volume, each)));
      const isKept = truth.snapshots.some(
        ({ state, segments }) =>
          state === 'completed' && compareLogs(volume.segments, segments).left === 0,
      );
      if (lost > 0 && Number.isFinite(lost) && !isKept)
        this.accuse('S6', `${lost} entries of ${volume.volumeId} are nowhere any more`);
    }
  }
}

/** Entries of the old volume that the new one lacks; 0 for volumes of other members. */
function lostFrom(old: VolumeTruth, now: VolumeTruth): number {
  const root = old.segments[0];
  const same = now.segments[0];
  if (root === undefined || root.writer !== same?.writer) return 0;
  return compareLogs(old.segments, now.segments).left;
}
