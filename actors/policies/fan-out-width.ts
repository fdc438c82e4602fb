/** How many jobs of a fan-out run at once: the smallest of all limits, named, and a width that leaves no lane half used. */
import { fanOut, widths } from '../../machines/limits.ts';

/** What decided: the host's setting, the number of jobs, the machine's load, or what earlier runs taught. */
export type WidthReason = 'setting' | 'size' | 'capacity' | 'cpu' | 'knee';

export interface Width {
  readonly atOnce: number;
  readonly binds: WidthReason;
}

/** Half of the jobs, 1 to 10. */
export const capacityFor = (jobs: number): number =>
  Math.max(1, Math.min(fanOut.widthMax, Math.floor(jobs / 2)));

/** @param cpuShare of the whole machine that is busy, 0–1 */
export const widthAtLoad = (cpuShare: number): number =>
  fanOut.cpuWidths.find(({ below }) => cpuShare < below)?.atOnce ?? 1;

const widthForSize = (jobs: number): number =>
  widths.find(({ nodesMax }) => jobs <= nodesMax)?.atOnce ?? 1;

/** @param knee from `Knee`; Infinity while nothing is known */
export function widthFor(
  jobs: number,
  limits: { readonly widthMax: number; readonly cpuShare: number; readonly knee: number },
): Width {
  const all: [number, WidthReason][] = [
    [limits.widthMax, 'setting'],
    [widthForSize(jobs), 'size'],
    [capacityFor(jobs), 'capacity'],
    [widthAtLoad(limits.cpuShare), 'cpu'],
    [limits.knee, 'knee'],
  ];
  const [first = [1, 'setting'] as const, ...rest] = all;
  const [smallest, binds] = rest.reduce(
    (least, each) => (each[0] < least[0] ? each : least),
    first,
  );
  return { atOnce: evened(jobs, Math.max(1, smallest)), binds };
}

/** Ten jobs on eight lanes take two rounds, as they do on five. */
function evened(jobs: number, lanes: number): number {
  if (jobs <= 0) return 1;
  return Math.ceil(jobs / Math.ceil(jobs / lanes));
}

/** T1 / (c × Tc): the share of its lanes' time that a run spent on its jobs, as long as they take on their own. */
export const efficiencyOf = (
  jobs: number,
  aloneMs: number,
  { atOnce, tookMs }: { readonly atOnce: number; readonly tookMs: number },
): number => (tookMs <= 0 ? 1 : (jobs * aloneMs) / (atOnce * tookMs));

/** Least possible time over the real one: what is left of the efficiency once rounding is taken out. */
export const floorShareOf = (
  jobs: number,
  aloneMs: number,
  { atOnce, tookMs }: { readonly atOnce: number; readonly tookMs: number },
): number => (tookMs <= 0 ? 1 : (Math.ceil(jobs / atOnce) * aloneMs) / tookMs);

/** Finds the width beyond which more lanes only slow each other down. One per kind of job. */
export class Knee {
  #aloneMs: number | undefined;
  #width = Infinity;
  #goodRuns = 0;

  /** Infinity until a run showed that it was too wide. */
  get width(): number {
    return this.#width;
  }

  /**
   * One lane less after a run below `efficiencyGood`, one more after some good runs that this knee had held back.
   * @param meanJobMs of this run's jobs. One lane shows how long a job takes on its own; otherwise the shortest mean counts.
   * @returns the run's efficiency
   */
  note(
    jobs: number,
    meanJobMs: number,
    run: { readonly atOnce: number; readonly tookMs: number },
  ): number {
    const isAlone = run.atOnce === 1;
    const aloneMs = isAlone ? meanJobMs : Math.min(this.#aloneMs ?? Infinity, meanJobMs);
    this.#aloneMs = aloneMs;
    const efficiency = efficiencyOf(jobs, aloneMs, run);
    const isGood = efficiency >= fanOut.efficiencyGood;
    this.#goodRuns = isGood ? this.#goodRuns + 1 : 0;
    if (!isGood && !isAlone) this.#width = run.atOnce - 1;
    else if (this.#goodRuns >= fanOut.goodRunsMin && run.atOnce >= this.#width) {
      this.#goodRuns = 0;
      this.#width = run.atOnce + 1 > fanOut.widthMax ? Infinity : run.atOnce + 1;
    }
    return efficiency;
  }
}
