/** Machines below an actor that ended since its last write: they count once that is stored. */
import { reportOf, tellEnd } from './operation-census.ts';
import type { Ended } from './operation-census.ts';
import type { Telemetry } from './ports.ts';
import type { TurnReport } from './turn-report.ts';

export class EndedMachines {
  /** `atMs` on the monotonic clock. */
  #ended: { readonly machine: Ended; readonly atMs: number }[] = [];

  note(machine: Ended, atMs: number): void {
    this.#ended.push({ machine, atMs });
  }

  /** A record was stored: counts what ended up to it, and tells the turns that led to it. Each is told once. */
  written(telemetry: Telemetry, nowMs: number, tell?: (report: TurnReport) => void): void {
    const ended = this.#ended;
    this.#ended = [];
    for (const { machine, atMs } of ended) {
      tellEnd(telemetry, machine);
      const report = reportOf(machine, nowMs - atMs);
      if (report !== undefined) tell?.(report);
    }
  }
}
