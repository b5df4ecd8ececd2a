/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Count
 */

/**
 * Reads "7 passed, 0 failed, 2 skipped"; anything else gives undefined.
 * @param {string} line
 * @returns {Count | undefined}
 */
export function parseCount(line) {
  const match = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line.trim());
  if (match === null) return undefined;
  return { passed: Number(match[1]), failed: Number(match[2]), skipped: Number(match[3]) };
}

/**
 * The last line for a run: what the tests counted, and one failure more when the run failed in a way no test shows
 * (no tests found, a coverage bound, a crash before the count).
 * @param {{ counted: Count | undefined, exitCode: number }} run
 * @returns {{ line: string, exitCode: number }}
 */
export function closeRun({ counted, exitCode }) {
  const { passed, failed, skipped } = counted ?? { passed: 0, failed: 0, skipped: 0 };
  const isUntold = counted === undefined || (exitCode !== 0 && failed === 0);
  const allFailed = failed + (isUntold ? 1 : 0);
  return {
    line: `${passed} passed, ${allFailed} failed, ${skipped} skipped`,
    exitCode: exitCode === 0 && allFailed > 0 ? 1 : exitCode,
  };
}
