import { mkdtempSync, readFileSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeRun, parseCount } from './closing-count.mjs';
import { runCommand } from './run-command.mjs';

/** @import { Ready } from './set-up.mjs' */

/** Scripts of the root package.json that must succeed before the tests are worth running, in this order. */
const CHECKS = ['typecheck', 'lint', 'format:check', 'knip'];

/**
 * Runs the checks, then the tests with the given arguments, and tells how long each took.
 * The first check that fails ends the run.
 * @param {string} root
 * @param {Ready} ready
 * @param {readonly string[]} testArgs passed to vitest
 * @param {number} setUpMs
 * @returns {Promise<{ line: string, exitCode: number }>} the closing line and the exit code
 */
export async function runStages(root, ready, testArgs, setUpMs) {
  /** @type {string[]} */
  const times = [`set-up ${seconds(setUpMs)}`];
  /** @param {string} name @param {() => Promise<number>} stage */
  const timed = async (name, stage) => {
    const started = performance.now();
    const exitCode = await stage();
    times.push(`${name} ${seconds(performance.now() - started)}`);
    return exitCode;
  };
  let end = closeRun({ counted: undefined, exitCode: 1 });
  let failedCheck;
  for (const check of CHECKS) {
    const exitCode = await timed(check, () => runCheck(root, ready, check));
    if (exitCode === 0) continue;
    failedCheck = check;
    end = closeRun({ counted: undefined, exitCode });
    break;
  }
  if (failedCheck === undefined) {
    await timed('tests', async () => {
      end = await runTests(root, ready, testArgs);
      return end.exitCode;
    });
  }
  console.log(`\n${times.join(' · ')}`);
  if (failedCheck !== undefined) {
    console.log(
      `${failedCheck} failed; the tests were not run. To see it alone: npm run ${failedCheck}`,
    );
  }
  return end;
}

/**
 * Shows a check's output only when it fails: a run that succeeds should read as the tests alone.
 * @param {string} root
 * @param {Ready} ready
 * @param {string} script
 * @returns {Promise<number>} exit code
 */
async function runCheck(root, { node, env }, script) {
  const done = await runCommand(node, ['--run', script], { cwd: root, env, output: 'keep' });
  if (done.exitCode !== 0) process.stdout.write(done.output);
  return done.exitCode;
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
      env: { ...env, TRUETUPLE_COUNT_FILE: countFile },
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
