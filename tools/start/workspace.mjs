import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isInRange, parseVersion } from './node-version.mjs';
import { runCommand } from './run-command.mjs';
import { StartError } from './start-error.mjs';

/** The files whose content decides what an install brings. */
const DECIDING_FILES = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'];

/**
 * A text that changes when any of the deciding files does.
 * @param {readonly { name: string, content: string }[]} files
 * @returns {string}
 */
export function installStamp(files) {
  const hash = createHash('sha256');
  for (const { name, content } of files) hash.update(`${name}\0${content.length}\0${content}`);
  return hash.digest('hex');
}

/**
 * Runs the pinned pnpm when node_modules is absent or was made from other files.
 * @param {string} root
 * @param {(line: string) => void} say
 * @returns {Promise<void>}
 */
export async function installWorkspace(root, say) {
  const stampFile = join(root, 'node_modules', '.truetuple-install');
  const stamp = installStamp(
    DECIDING_FILES.map((name) => ({ name, content: readFileSync(join(root, name), 'utf8') })),
  );
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const pnpm = readManifest(root).packageManager;
  say(`set-up: installing the npm packages with ${pnpm} (some 100 MB the first time)`);
  const done = await runCommand('npx', ['--yes', pnpm, 'install', '--frozen-lockfile'], {
    cwd: root,
    output: 'keep',
    input: 'none',
    shell: process.platform === 'win32',
  });
  if (done.exitCode !== 0) throw installFailed(pnpm, done.output);
  writeFileSync(stampFile, stamp);
}

/**
 * @param {string} pnpm
 * @param {string} output
 * @returns {StartError}
 */
function installFailed(pnpm, output) {
  const isOutdated = output.includes('ERR_PNPM_OUTDATED_LOCKFILE');
  return new StartError({
    code: isOutdated ? 'LockFileOutdated' : 'InstallFailed',
    message: `"npx --yes ${pnpm} install --frozen-lockfile" did not succeed; its output is above.`,
    remedy: isOutdated
      ? 'a package.json was changed without its lock file: run "npm run setup" and commit pnpm-lock.yaml.'
      : 'check that the npm registry can be reached (npm ping), then run the same command again.',
    output,
  });
}

/**
 * The Node that runs the work: the workspace's own, else this one when the project supports it.
 * @param {string} root
 * @returns {string} path of a Node executable
 */
export function workspaceNode(root) {
  const own = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(own)) return own;
  const range = readManifest(root).engines.node;
  const version = parseVersion(process.version);
  if (version !== undefined && isInRange(version, range)) return process.execPath;
  throw new StartError({
    code: 'NodeTooOld',
    message: `this is Node ${process.version}, and no Node of its own is packaged for ${process.platform}-${process.arch}.`,
    remedy: `install a Node that fits "${range}" and run the same command again.`,
  });
}

/**
 * The environment for everything that runs in the workspace: its tools and its Node come first on PATH.
 * @param {string} root
 * @returns {NodeJS.ProcessEnv}
 */
export function workspaceEnvironment(root) {
  const environment = { ...process.env };
  // Windows spells it Path, and a second spelling would hide the first.
  const key = Object.keys(environment).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  environment[key] = join(root, 'node_modules', '.bin') + delimiter + (environment[key] ?? '');
  return environment;
}

/** @param {string} root */
function readManifest(root) {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return /** @type {{ packageManager: string, engines: { node: string } }} */ (JSON.parse(text));
}
