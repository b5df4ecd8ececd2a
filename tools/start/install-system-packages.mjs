import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { StartError } from './start-error.mjs';
import { describePackages, mayInstall, missingPackages } from './system-packages.mjs';

/** @import { Probe, Purpose, SystemPackage } from './system-packages.mjs' */

// Debian keeps nft and capsh in sbin, which is not on an ordinary user's PATH.
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** @type {Probe} */
const machineProbe = {
  hasCommand: (name) =>
    [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS].some(
      (folder) => folder !== '' && isExecutable(join(folder, name)),
    ),
  hasFile: (path) => existsSync(path),
};

/**
 * Brings what is missing where that is possible and allowed, after saying what and why.
 * What is still missing afterwards is said; with `strict` it is an error.
 * @param {Purpose} purpose
 * @param {{ mustCompile: boolean, strict: boolean, say: (line: string) => void }} options
 * @returns {Promise<void>}
 */
export async function installSystemPackages(purpose, { mustCompile, strict, say }) {
  if (process.platform !== 'linux') return;
  const missing = missingPackages(purpose, machineProbe, { mustCompile });
  if (missing.length === 0) return;
  const permission = mayInstall(thisMachine());
  const command = `apt-get install --no-install-recommends ${names(missing)}`;
  let because;
  if (permission.kind === 'allowed') {
    say(`set-up: installing with apt-get:\n${describePackages(missing)}`);
    because = await aptInstall(missing);
  } else {
    because = permission.because;
  }
  const left = missingPackages(purpose, machineProbe, { mustCompile });
  if (left.length === 0) return;
  if (strict) {
    throw new StartError({
      code: 'SystemPackagesMissing',
      message: `${names(left)} missing and not installed: ${because}\n${describePackages(left)}`,
      remedy: `as root on Debian or Ubuntu: ${command}`,
    });
  }
  say(
    `set-up: going on without these (${because}); the demo shows less, and tests that need them count as skipped:\n` +
      `${describePackages(left)}\n  to install: ${command}`,
  );
}

/**
 * Tries with the package lists that are there; fetches new lists once, only when that fails.
 * @param {readonly SystemPackage[]} packages
 * @returns {Promise<string>} why something may still be missing: apt-get's own last words
 */
async function aptInstall(packages) {
  const install = ['install', '--yes', '--no-install-recommends'];
  const wanted = packages.map((entry) => entry.package);
  const first = await aptGet([...install, ...wanted]);
  if (first.exitCode === 0) return '';
  const update = await aptGet(['update']);
  if (update.exitCode !== 0) return `apt-get update failed: ${lastLines(update.output)}`;
  const second = await aptGet([...install, ...wanted]);
  return second.exitCode === 0 ? '' : `apt-get install failed: ${lastLines(second.output)}`;
}

/**
 * No terminal, no debconf question (wireshark-common has one), and a bounded wait for another apt.
 * @param {readonly string[]} args
 */
function aptGet(args) {
  return runCommand(
    'apt-get',
    ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Options::=--force-confold', '--quiet', ...args],
    {
      output: 'keep',
      input: 'none',
      env: {
        ...process.env,
        DEBIAN_FRONTEND: 'noninteractive',
        DEBCONF_NONINTERACTIVE_SEEN: 'true',
        LC_ALL: 'C.UTF-8',
      },
    },
  );
}

function thisMachine() {
  return {
    platform: process.platform,
    uid: process.getuid?.(),
    osRelease: existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '',
    hasApt: machineProbe.hasCommand('apt-get'),
    forbidden: process.env['TRUETUPLE_NO_APT'] === '1',
  };
}

/** @param {readonly SystemPackage[]} packages */
function names(packages) {
  return packages.map((entry) => entry.package).join(' ');
}

/** @param {string} output */
function lastLines(output) {
  return output.trim().split('\n').slice(-3).join(' / ');
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // absent or not ours to run: the same answer
  }
}
