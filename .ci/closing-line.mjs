// Prints the closing line of .ci/run, "N passed, N failed", from vitest's JSON report and the count of other checks.
import { readFileSync } from 'node:fs';

const [file = '', testStatus = '1', checksPassed = '0', checksFailed = '0'] = process.argv.slice(2);

let tests = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
try {
  tests = JSON.parse(readFileSync(file, 'utf8'));
} catch (error) {
  console.log(`no test report: ${error instanceof Error ? error.message : String(error)}`);
}

// A test run that broke without a failed test (set-up, a file that does not load) is one failure.
const broken = testStatus !== '0' && tests.numFailedTests === 0 ? 1 : 0;
const passed = tests.numPassedTests + Number(checksPassed);
const failed = tests.numFailedTests + broken + Number(checksFailed);
const skipped = tests.numPendingTests > 0 ? `, ${tests.numPendingTests} skipped` : '';
console.log(`${passed} passed, ${failed} failed${skipped}`);
process.exitCode = failed === 0 ? 0 : 1;
