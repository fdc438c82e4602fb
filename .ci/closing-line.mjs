// Ends .ci/run: a line for each failed test, then "N passed, N failed", from vitest's JSON report and the count of other checks.
import { readFileSync } from 'node:fs';
import path from 'node:path';

const [file = '', testStatus = '1', checksPassed = '0', checksFailed = '0'] = process.argv.slice(2);
/** Enough of a failure to know it by, where only the end of a log is kept. */
const REASON_MAX_CHARS = 400;

let tests = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };
try {
  tests = JSON.parse(readFileSync(file, 'utf8'));
} catch (error) {
  console.log(`no test report: ${error instanceof Error ? error.message : String(error)}`);
}

for (const { name, status, message, assertionResults } of tests.testResults) {
  const where = path.relative(process.cwd(), name);
  const failures = assertionResults.filter((each) => each.status === 'failed');
  for (const { fullName, failureMessages } of failures)
    say(where, fullName, failureMessages.join());
  if (status === 'failed' && failures.length === 0) say(where, 'does not load', message);
}

// A test run that broke without a failed test (set-up, a file that does not load) is one failure.
const broken = testStatus !== '0' && tests.numFailedTests === 0 ? 1 : 0;
const passed = tests.numPassedTests + Number(checksPassed);
const failed = tests.numFailedTests + broken + Number(checksFailed);
const skipped = tests.numPendingTests > 0 ? `, ${tests.numPendingTests} skipped` : '';
console.log(`${passed} passed, ${failed} failed${skipped}`);
process.exitCode = failed === 0 ? 0 : 1;

function say(where, what, reason = '') {
  const short = reason.replaceAll(/\s+/g, ' ').slice(0, REASON_MAX_CHARS);
  console.log(`failed: ${where} > ${what}: ${short}`);
}
