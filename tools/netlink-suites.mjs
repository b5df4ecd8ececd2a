import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Netlink's own tests, and those on the kernel. */
const suites = [
  ['--project', 'unit', 'packages/netlink/src'],
  ['--project', 'netns', 'test/netns/netlink-'],
];

/**
 * Runs netlink's tests in another Node; programs that a test starts as "node" are that one too.
 * @param {string} node its path
 * @param {Readonly<Record<string, string>>} [environment] beside that of this process
 * @returns {boolean} whether all passed
 */
export function runNetlinkSuites(node, environment = {}) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const PATH = `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`;
  const env = { ...process.env, PATH, ...environment };
  const statuses = suites.map((suite) => {
    console.log(`\n${node} ${suite.join(' ')}`);
    return spawnSync(node, [vitest, 'run', ...suite], { cwd: root, stdio: 'inherit', env }).status;
  });
  return statuses.every((status) => status === 0);
}
