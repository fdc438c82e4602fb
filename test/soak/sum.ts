/** Figures of all stories of a soak together. */
import type { Told } from './told.ts';

const counted = [
  ...(['commands', 'accepted', 'deaths', 'takeovers', 'epochs'] as const),
  ...(['virtualMs', 'flaggedMs'] as const),
] as const;

export type Sum = {
  runs: number;
  violations: number;
  faults: Record<string, number>;
  /** In how many stories an endpoint was in each phase. */
  phases: Record<string, number>;
} & Record<(typeof counted)[number], number>;

export const newSum = (): Sum => ({
  ...{ runs: 0, violations: 0, commands: 0, accepted: 0, deaths: 0, takeovers: 0 },
  ...{ epochs: 0, virtualMs: 0, flaggedMs: 0, faults: {}, phases: {} },
});

export function sumUp(sum: Sum, told: Told): void {
  sum.runs += 1;
  if (told.problems.length > 0) sum.violations += 1;
  for (const name of counted) sum[name] += told[name];
  for (const phase of told.visited) sum.phases[phase] = (sum.phases[phase] ?? 0) + 1;
  for (const [name, times] of Object.entries(told.troubles))
    sum.faults[name] = (sum.faults[name] ?? 0) + times;
}
