// Prometheus' own checker of rules, for the tests of ours.
import { SetupError } from './report.mjs';
import { resolveTool } from './tool.mjs';

/** @type {import('./tool.mjs').Wanted} */
const wanted = {
  name: 'promtool',
  debian: 'promtool',
  floor: '2.40.0',
  whyNotOlder: 'its tests of rules are not tried here',
  variable: 'PROMTOOL_BIN',
  fetchVariable: 'FAIRLEAD_PROMTOOL_FETCH',
  remedies: [
    'Debian 13 or newer: sudo apt install promtool; Debian 12: sudo apt install prometheus',
    'any system: put promtool of a Prometheus release on PATH, or set PROMTOOL_BIN=/path/to/promtool',
  ],
};

/**
 * Without it the rules are not tested, and their test says so; nothing else needs it.
 * @param {Parameters<typeof resolveTool>[1]} step
 * @returns {import('./tool.mjs').Tool | undefined}
 */
export function findPromtool(step) {
  try {
    return resolveTool(wanted, step);
  } catch (error) {
    if (!(error instanceof SetupError) || step.env[wanted.variable] !== undefined) throw error;
    step.say(`${error.message}\n  The alert rules will not be tested.`);
    return undefined;
  }
}
