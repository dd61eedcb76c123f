/**
 * Adds up a run of Vitest from its JSON report.
 * @param {undefined | { numPassedTests: number, numTotalTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] }} report undefined when the run left none
 * @param {boolean} exitedWell
 * @returns {{ passed: number, failed: number }}
 */
export function countReport(report, exitedWell) {
  if (!report) return { passed: 0, failed: 1 }
  const passed = report.numPassedTests
  // A file that could not be read, or whose set-up or clean-up failed around tests that passed.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  )
  const failed = report.numTotalTests - passed + brokenFiles.length
  // An error outside of any test, such as a promise that nobody awaited, ends the run badly with every test green.
  return { passed, failed: failed === 0 && !exitedWell ? 1 : failed }
}
