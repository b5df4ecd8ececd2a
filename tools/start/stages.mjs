import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeRun, parseCount } from './closing-count.mjs';
import { runCommand } from './run-command.mjs';

/** @import { Ready } from './set-up.mjs' */

/**
 * Scripts of the root package.json that must succeed before the tests are worth running: those of a row run at once,
 * and the next row needs what the row before it made.
 */
const CHECKS = [['typecheck'], ['lint', 'format:check', 'knip', 'publint', 'api']];

/**
 * Runs the checks, then the tests with the given arguments, and tells how long each took.
 * A check that fails ends the run after its row.
 * @param {string} root
 * @param {Ready} ready
 * @param {readonly string[]} testArgs passed to vitest
 * @param {number} setUpMs
 * @returns {Promise<{ line: string, exitCode: number }>} the closing line and the exit code
 */
export async function runStages(root, ready, testArgs, setUpMs) {
  const times = [`set-up ${seconds(setUpMs)}`];
  for (const row of CHECKS) {
    const results = await Promise.all(row.map((script) => runCheck(root, ready, script)));
    times.push(...results.map(({ script, tookMs }) => `${script} ${seconds(tookMs)}`));
    const failed = results.filter(({ exitCode }) => exitCode !== 0);
    if (failed.length > 0) return endAtChecks(failed, times);
  }
  const started = performance.now();
  const end = await runTests(root, ready, testArgs);
  times.push(`tests ${seconds(performance.now() - started)}`);
  console.log(`\n${times.join(' · ')}`);
  return end;
}

/**
 * @typedef {{ script: string, exitCode: number, output: string, tookMs: number }} CheckResult
 */

/**
 * Keeps what a check prints: it is shown only when the check fails.
 * @param {string} root
 * @param {Ready} ready
 * @param {string} script
 * @returns {Promise<CheckResult>}
 */
async function runCheck(root, { node, env }, script) {
  const started = performance.now();
  const { exitCode, output } = await runCommand(node, ['--run', script], {
    cwd: root,
    env,
    output: 'keep',
  });
  return { script, exitCode, output, tookMs: performance.now() - started };
}

/**
 * @param {readonly CheckResult[]} failed
 * @param {readonly string[]} times
 */
function endAtChecks(failed, times) {
  for (const { script, output } of failed) {
    console.log(`${output.trimEnd()}\n${script} failed; to see it alone: npm run ${script}\n`);
  }
  console.log(`${times.join(' · ')}\nThe tests were not run.`);
  return closeRun({ counted: undefined, exitCode: failed[0]?.exitCode ?? 1 });
}

/**
 * @param {string} root
 * @param {Ready} ready
 * @param {readonly string[]} args
 * @returns {Promise<{ line: string, exitCode: number }>}
 */
async function runTests(root, { node, env }, args) {
  const folder = mkdtempSync(join(tmpdir(), 'truetuple-test-'));
  const countFile = join(folder, 'count');
  try {
    // A reporter named on the command line replaces the configured ones, and with them the count.
    const reporter = args.some((arg) => arg.startsWith('--reporter'))
      ? ['--reporter=./tools/closing-line.ts']
      : [];
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const { exitCode } = await runCommand(node, [vitest, 'run', ...args, ...reporter], {
      cwd: root,
      env: {
        ...env,
        TRUETUPLE_COUNT_FILE: countFile,
        // tests start processes and workers by the hundred, each of which would strip and compile the same source
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
      },
    });
    const counted = existsSync(countFile) ? parseCount(readFileSync(countFile, 'utf8')) : undefined;
    return closeRun({ counted, exitCode });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
