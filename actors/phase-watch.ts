/** Times the ways of clusters from their committed states: phases, whole operations, installation. No call site can forget it. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import type { Measures } from '../machines/cluster-measures.ts';
import { targets } from '../machines/limits.ts';
import { durationText } from './duration-text.ts';
import { Installation } from './installation.ts';
import type { MetricReading } from './metric-names.ts';
import type { Telemetry } from './ports.ts';

export interface PhaseWatchParts {
  readonly telemetry: Telemetry;
  /** Told of every finished operation; `fault` is the type of what ended it, undefined at its goal. */
  readonly onOperation: (fault: string | undefined) => void;
}

interface Operation {
  readonly kind: string;
  readonly startMs: number;
}

interface Watched {
  readonly measures: Measures;
  /** Entry into the present phase; undefined when this process did not see it. */
  readonly phaseStartMs: number | undefined;
  readonly operation: Operation | undefined;
  readonly installation: Installation;
}

const sizes = [1, 5, 15, 50] as const;

/** Phases that have a target of their own, before a cluster runs for the first time. */
const phaseTargets: Readonly<Record<string, number>> = {
  installing: targets.installingMs,
  configuring: targets.configuringMs,
};

export class PhaseWatch {
  readonly #parts: PhaseWatchParts;
  readonly #watched = new Map<string, Watched>();

  constructor(parts: PhaseWatchParts) {
    this.#parts = parts;
  }

  /** Called on every commit, and once for what was stored before this process. */
  update(key: ResourceKey, now: Measures): void {
    const name = keyText(key);
    const before = this.#watched.get(name);
    const next = this.#next(key, before, now);
    if (now.standing === 'gone') this.#watched.delete(name);
    else this.#watched.set(name, next);
  }

  /** It is another host's from now on. */
  forget(key: ResourceKey): void {
    this.#watched.delete(keyText(key));
  }

  /** Clusters by phase. */
  readings(): MetricReading[] {
    const counts = new Map<string, number>();
    for (const { measures } of this.#watched.values())
      counts.set(measures.phase, (counts.get(measures.phase) ?? 0) + 1);
    return [...counts].map(([state, value]) => ({
      ...{ metric: 'fairlead_clusters', value, labels: { state } },
    }));
  }

  #next(key: ResourceKey, before: Watched | undefined, now: Measures): Watched {
    const installation = before?.installation ?? new Installation();
    installation.note(now.nodes);
    if (before === undefined)
      return {
        ...{ measures: now, installation, operation: begun(now) },
        // A creation is watched from its first commit; all else may have been on its way before this process was.
        phaseStartMs: now.isMade ? undefined : now.sinceMs,
      };
    if (before.measures.phase === now.phase && before.measures.standing === now.standing)
      return { ...before, measures: now };
    this.#leavePhase(key, before, now);
    const operation = continues(before.operation, now) ? before.operation : begun(now);
    const whole = { measures: now, phaseStartMs: now.sinceMs };
    if (now.standing === 'underWay') return { ...whole, operation, installation };
    if (operation) this.#end(key, operation, now, installation);
    return { ...whole, operation: undefined, installation: new Installation() };
  }

  #leavePhase(key: ResourceKey, { measures, phaseStartMs }: Watched, now: Measures): void {
    if (measures.standing !== 'underWay') return;
    const { phase } = measures;
    const { telemetry } = this.#parts;
    const outcome = outcomeOf(measures, now);
    const labels = { kind: key.kind, phase };
    telemetry.count('fairlead_phase_outcomes_total', { ...labels, outcome });
    if (phaseStartMs === undefined) return;
    const ms = Math.max(0, now.sinceMs - phaseStartMs);
    const size = String(sizes.find((each) => each >= measures.size) ?? 100);
    telemetry.observe('fairlead_phase_seconds', ms / 1_000, { ...labels, size });
    const targetMs = measures.isMade || outcome !== 'done' ? undefined : phaseTargets[phase];
    if (targetMs !== undefined) this.#tellTarget(key, now, { what: phase, ms, targetMs });
  }

  #end(key: ResourceKey, { kind, startMs }: Operation, now: Measures, made: Installation): void {
    const { telemetry, onOperation } = this.#parts;
    const fault = now.standing === 'trouble' ? (now.fault ?? 'InternalError') : undefined;
    const ms = Math.max(0, now.sinceMs - startMs);
    const phase = capital(now.phase);
    telemetry.log(
      fault === undefined ? 'info' : 'warn',
      {
        ...fieldsOf(key, now, 'Reconciliation completed'),
        ...{ operation: kind, durationMs: ms, phase, fault },
      },
      `[METRICS] Reconciliation completed: ${key.name}, duration=${durationText(ms)}, phase=${phase}`,
    );
    if (fault === undefined) this.#tellInstallation(key, now, made);
    if (fault === undefined && kind === 'create')
      this.#tellTarget(key, now, { what: 'creation', ms, targetMs: now.creationTargetMs });
    onOperation(fault);
  }

  #tellTarget(
    key: ResourceKey,
    now: Measures,
    { what, ms, targetMs }: { what: string; ms: number; targetMs: number },
  ): void {
    const met = ms < targetMs;
    const text =
      `[METRICS] ${capital(key.name)} ${what}: ${durationText(ms)} ` +
      `(target: <${Math.round(targetMs / 60_000)}m) ${mark(met)}`;
    const fields = fieldsOf(key, now, `${capital(what)} measured`);
    this.#parts.telemetry.log('info', { ...fields, durationMs: ms, targetMs, met }, text);
  }

  #tellInstallation(key: ResourceKey, now: Measures, installation: Installation): void {
    const told = installation.told();
    if (told === undefined) return;
    const { nodes, durationMs, concurrency, efficiency } = told;
    const met = efficiency >= targets.installEfficiency;
    const text =
      `[PARALLEL] K3s installation: ${nodes} ${nodes === 1 ? 'node' : 'nodes'} in ` +
      `${durationText(durationMs)} (efficiency: ${Math.round(efficiency * 100)}%) ${mark(met)}`;
    const fields = { ...fieldsOf(key, now, 'K3s installation'), tag: 'PARALLEL', total: nodes };
    const numbers = { ok: nodes, failed: 0, durationMs, concurrency, efficiency, met };
    this.#parts.telemetry.log('info', { ...fields, ...numbers }, text);
  }
}

/** The operation that has just begun; a creation counts from its command, whenever this process first sees it. */
function begun({ standing, phase, isMade, createdAtMs, sinceMs }: Measures): Operation | undefined {
  if (standing !== 'underWay') return undefined;
  if (phase === 'deleting') return { kind: 'delete', startMs: sinceMs };
  return isMade ? { kind: phase, startMs: sinceMs } : { kind: 'create', startMs: createdAtMs };
}

/** A deletion takes the place of whatever was under way. */
const continues = (operation: Operation | undefined, now: Measures): operation is Operation =>
  operation !== undefined && (now.phase !== 'deleting' || operation.kind === 'delete');

function outcomeOf({ phase }: Measures, now: Measures): 'done' | 'failed' | 'abandoned' {
  if (now.standing === 'trouble') return 'failed';
  return now.phase === 'deleting' && phase !== 'deleting' ? 'abandoned' : 'done';
}

const mark = (met: boolean): string => (met ? '✓' : '✗');
const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

const fieldsOf = (key: ResourceKey, { phase, correlationId }: Measures, title: string) => ({
  ...{ tag: 'METRICS', title, actor: keyText(key), kind: key.kind, state: phase },
  ...{ cluster: key.name, correlationId },
});
