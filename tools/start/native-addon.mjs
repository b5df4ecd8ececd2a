import { join } from 'node:path';
import { isReady, mustCompile } from '../../packages/netlink/scripts/native-sources.mjs';
import { runCommand } from './run-command.mjs';
import { StartError } from './start-error.mjs';

/**
 * Whether the netlink addon has to be compiled on this machine: there is none of these sources, neither prebuilt nor
 * compiled. Never outside Linux, where there is no netlink.
 * @returns {boolean}
 */
export function mustBuildAddon() {
  return process.platform === 'linux' && mustCompile();
}

/**
 * Compiles the addon where needed. Without a compiler, or elsewhere than on Linux, it says so and goes on,
 * unless `strict`.
 * @param {string} root
 * @param {{ node: string, env: NodeJS.ProcessEnv, strict: boolean, say: (line: string) => void }} options
 * @returns {Promise<void>}
 */
export async function buildAddon(root, { node, env, strict, say }) {
  if (process.platform !== 'linux' || isReady()) return;
  if (mustCompile()) say('set-up: compiling the netlink addon');
  const build = join(root, 'packages', 'netlink', 'scripts', 'build-native.mjs');
  const done = await runCommand(node, [build, '--if-needed'], {
    cwd: root,
    env,
    output: 'keep',
  });
  if (done.exitCode === 0 && isReady()) return;
  const fault = new StartError({
    code: 'AddonNotBuilt',
    message: 'the netlink addon of packages/netlink could not be compiled; the output is above.',
    remedy:
      'install a C compiler and its headers (Debian: gcc libc6-dev) and run the same command again.',
    output: done.output,
  });
  if (strict) throw fault;
  say(`set-up: going on without the netlink addon\n${fault.report()}`);
}
