/** Measures replications from what they commit, from their turns and their calls; no call site can forget it. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import type { HistoryEntry, ReplicationContext } from '../machines/replication-context.ts';
import { sides } from '../machines/replication-table.ts';
import type { Side } from '../machines/replication-table.ts';
import { backendNames } from '../machines/specs.ts';
import type { KindSnapshot } from './kind.ts';
import type { MetricReading } from './metric-names.ts';
import { worstByClass } from './policies/breaker-counts.ts';
import type { CircuitState } from './policies/breaker-counts.ts';
import type { Clock, Telemetry } from './ports.ts';
import { gaugesOf, mergingOf, stateOf } from './replication-gauges.ts';
import { tallyReadings, Tally } from './replication-tally.ts';
import { merged, ResourceSeries } from './resource-series.ts';
import type { TurnReport } from './turn-report.ts';

export interface ReplicationMeasuresParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Resources with series of their own. */
  readonly resourcesMax: () => number;
  readonly circuits: () => readonly CircuitState[];
}

interface Watched {
  readonly key: ResourceKey;
  snapshot: KindSnapshot;
}

const isOne = ({ kind }: ResourceKey): boolean => kind === 'replication';
const contextOf = ({ context }: KindSnapshot): ReplicationContext => context as ReplicationContext;

export class ReplicationMeasures {
  readonly #parts: ReplicationMeasuresParts;
  readonly #watched = new Map<string, Watched>();
  readonly #series: ResourceSeries<Tally>;

  constructor(parts: ReplicationMeasuresParts) {
    this.#parts = parts;
    this.#series = new ResourceSeries(parts.resourcesMax, () => new Tally());
  }

  /** Called on every commit, and once for what was stored before this process. */
  update(key: ResourceKey, snapshot: KindSnapshot): void {
    if (!isOne(key)) return;
    const text = keyText(key);
    const before = this.#watched.get(text);
    const now = contextOf(snapshot);
    if (before !== undefined && contextOf(before.snapshot).uid === now.uid)
      this.#tellMoves(contextOf(before.snapshot), now);
    if (now.lifecycle === 'deleted') {
      this.#watched.delete(text);
      this.#series.remove(key);
      return;
    }
    this.#watched.set(text, { key, snapshot });
    this.#series.add(key);
  }

  /** It is another host's from now on; so are its series. */
  forget(key: ResourceKey): void {
    this.#watched.delete(keyText(key));
    this.#series.remove(key);
  }

  /** One reconcile: a turn that observed, planned or answered. */
  reported(key: ResourceKey, report: TurnReport): void {
    if (!isOne(key)) return;
    this.#series.find(key).tally.turned(report);
    const { namespace, name } = key;
    const context = this.#watched.get(keyText(key))?.snapshot;
    const known = context && contextOf(context);
    // What goes on by itself is told in detail only.
    this.#parts.telemetry.log(
      report.by === 'command' ? 'info' : 'debug',
      {
        ...{ namespace, name, correlationID: report.correlationId },
        ...{ state: known ? stateOf(known) : 'absent', mode: known?.settings?.mode },
        ...{ by: report.by, ms: report.ms, code: report.code, failed: report.failed },
      },
      'Reconciling replication',
    );
  }

  /** An attempt of a call after its first. */
  retried({ namespace, name }: Pick<ResourceKey, 'namespace' | 'name'>): void {
    this.#series.find({ kind: 'replication', namespace, name }).tally.retries += 1;
  }

  readings(): MetricReading[] {
    const nowMs = this.#parts.clock.nowMs();
    const all = [...this.#watched.values()];
    const gauges = all.flatMap(({ key, snapshot }) =>
      gaugesOf(snapshot, this.#series.add(key).labels, nowMs),
    );
    const using = (backend: string): number =>
      all.filter(({ snapshot }) => contextOf(snapshot).settings?.backend === backend).length;
    return [
      ...merged(gauges, mergingOf),
      ...this.#series.list().flatMap(({ labels, tally }) => tallyReadings(labels, tally)),
      { metric: 'unified_replication_active_total', value: all.length },
      ...backendNames.map((backend) => ({
        metric: 'unified_replication_by_backend' as const,
        ...{ labels: { backend }, value: using(backend) },
      })),
      ...worstByClass(this.#parts.circuits()),
    ];
  }

  #tellMoves(before: ReplicationContext, now: ReplicationContext): void {
    const { telemetry } = this.#parts;
    const backend = now.settings?.backend ?? before.settings?.backend;
    if (backend === undefined) return;
    for (const entry of now.history)
      if (entry.seq > before.historySeq) this.#tellMove(entry, now, backend);
    for (const side of sides) this.#tellPhase(before, now, side);
    const overruns = now.schedule.overruns - before.schedule.overruns;
    if (overruns > 0)
      telemetry.count('fairlead_replication_ticks_overrun_total', { backend }, overruns);
  }

  #tellMove(entry: HistoryEntry, { history, createdAtMs }: ReplicationContext, backend: string) {
    const { endpoint, from, to, atMs, seq } = entry;
    const { telemetry } = this.#parts;
    const labels = { from_state: from, to_state: to };
    telemetry.count('unified_replication_state_transitions_total', { ...labels, backend });
    const entered = history.findLast((each) => each.endpoint === endpoint && each.seq < seq);
    const sinceMs = entered?.atMs ?? (from === 'absent' ? createdAtMs : undefined);
    // Out of the hundred that are kept: nobody knows since when.
    if (sinceMs === undefined) return;
    const seconds = Math.max(0, atMs - sinceMs) / 1_000;
    telemetry.observe('unified_replication_state_transition_duration_seconds', seconds, labels);
  }

  #tellPhase(before: ReplicationContext, now: ReplicationContext, side: Side): void {
    const { phase, sinceMs } = before[side];
    if (now[side].phase === phase && now[side].sinceMs === sinceMs) return;
    const seconds = Math.max(0, now[side].sinceMs - sinceMs) / 1_000;
    this.#parts.telemetry.observe('fairlead_replication_phase_seconds', seconds, { phase });
  }
}
