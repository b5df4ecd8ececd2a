import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { StartError } from './start-error.mjs';

/**
 * True when the built file is absent or older than something it is made from.
 * @param {number | undefined} builtMs modification time in milliseconds
 * @param {readonly number[]} sourcesMs
 * @returns {boolean}
 */
export function isStale(builtMs, sourcesMs) {
  return builtMs === undefined || sourcesMs.some((source) => source > builtMs);
}

/**
 * Whether the netlink addon has to be compiled on this machine; never outside Linux, where there is no netlink.
 * @param {string} root
 * @returns {boolean}
 */
export function mustBuildAddon(root) {
  if (process.platform !== 'linux') return false;
  const folder = join(root, 'packages', 'netlink');
  const native = join(folder, 'native');
  const sources = [
    join(folder, 'scripts', 'build-native.ts'),
    ...readdirSync(native).map((name) => join(native, name)),
  ];
  return isStale(
    modified(addonFile(root)),
    sources.map((path) => modified(path) ?? 0),
  );
}

/**
 * Compiles the addon where needed. Without a compiler, or elsewhere than on Linux, it says so and goes on,
 * unless `strict`.
 * @param {string} root
 * @param {{ node: string, env: NodeJS.ProcessEnv, strict: boolean, say: (line: string) => void }} options
 * @returns {Promise<void>}
 */
export async function buildAddon(root, { node, env, strict, say }) {
  if (!mustBuildAddon(root)) return;
  say('set-up: compiling the netlink addon');
  const done = await runCommand(node, ['--run', 'build:native'], {
    cwd: root,
    env,
    output: 'keep',
  });
  if (done.exitCode === 0 && !mustBuildAddon(root)) return;
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

/** @param {string} root */
function addonFile(root) {
  return join(root, 'packages', 'netlink', 'build', 'Release', 'netlink.node');
}

/**
 * @param {string} path
 * @returns {number | undefined}
 */
function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : undefined;
}
