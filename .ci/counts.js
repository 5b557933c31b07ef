import { readFileSync } from 'node:fs';

// Adds up vitest's own JSON reports and closes with one line that any reader of the log understands.
const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
const [passed, failed, skipped] = [sum('numPassedTests'), sum('numFailedTests'), sum('numPendingTests')];
for (const report of reports) {
  for (const suite of report.testResults) {
    for (const test of suite.assertionResults) if (test.status === 'pending' || test.status === 'skipped') console.log(`skipped: ${test.fullName}`);
  }
}
console.log(`Test Files  ${sum('numPassedTestSuites')} suites passed, Tests  ${passed} passed | ${failed} failed | ${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
if (failed > 0 || passed === 0) process.exit(1);
