/** A reporter of Stryker: a line of JSON for each mutant once its result is known, so that a run that is ended early counts. */
import { appendFileSync } from 'node:fs';

/**
 * @typedef {{ line: number, column: number }} Place
 * @typedef {{ status: string, mutatorName: string, replacement: string, location: { start: Place, end: Place } }} Mutant
 */

class Lines {
  /** @param {{ mutantPlans: readonly unknown[] }} event */
  onMutationTestingPlanReady({ mutantPlans }) {
    tell({ planned: mutantPlans.length });
  }

  /** @param {Mutant} mutant */
  onMutantTested({ status, mutatorName, replacement, location }) {
    tell({ status, mutatorName, replacement, location });
  }
}

/** @param {{ planned: number } | Mutant} line */
function tell(line) {
  const path = process.env['FAIRLEAD_MUTATION_LINES'];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(line)}\n`);
}

/** Stryker looks for this name. */
export const strykerPlugins = [{ kind: 'Reporter', name: 'lines', injectableClass: Lines }];

// Stryker loads this into the process of the tests as well. That one must not outlive it, as it does in a loop without end.
process.once('disconnect', () => process.exit());
