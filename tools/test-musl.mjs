// Runs netlink's tests in a Node that is linked with musl, which the first time is put together in .cache/musl.
// Needs Linux x64 with Debian's g++, make, musl-tools and xz-utils, and by then the npm registry and a Debian mirror.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { libstdcxxNeeds } from './musl/libstdcxx.mjs';
import { obtainMuslNode } from './musl/musl-node.mjs';
import { runNetlinkSuites } from './netlink-suites.mjs';
import { obtainPackage } from './obtain-package.mjs';
import { run } from './run-quietly.mjs';
import { StartError } from './start/start-error.mjs';

const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache', 'musl');

try {
  process.exitCode = test() ? 0 : 1;
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(error.report());
  process.exitCode = 1;
}

/** @returns {boolean} */
function test() {
  requirePrograms();
  const node = obtainMuslNode(cache, console.log);
  const said = describe(node);
  console.log(`\n${said}`);
  const passed = runNetlinkSuites(node, { NAPI_RS_NATIVE_LIBRARY_PATH: findBundler() });
  console.log(`\n${said}: ${passed ? 'passed' : 'FAILED'}`);
  return passed;
}

function requirePrograms() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new StartError({
      code: 'PlatformUnsupported',
      message: `A Node of musl is to be had for linux-x64 only; this is ${process.platform}-${process.arch}`,
      remedy: 'Run this on Linux x64.',
    });
  }
  const missing = Object.entries(libstdcxxNeeds).filter(([program]) => !isThere(program));
  if (missing.length === 0) return;
  throw new StartError({
    code: 'SystemPackagesMissing',
    message: `A Node of musl cannot be put together without ${missing.map(([name]) => name).join(', ')}`,
    remedy: `On Debian: apt-get install ${missing.map(([, name]) => name).join(' ')}`,
  });
}

/** @param {string} program */
function isThere(program) {
  return spawnSync(program, ['--version']).error === undefined;
}

/**
 * The versions of that Node and of its C library, which it names itself.
 * @param {string} node
 */
function describe(node) {
  const ask = 'JSON.stringify([process.version, process.report.getReport().sharedObjects])';
  const [version, libraries] = /** @type {[string, string[]]} */ (
    JSON.parse(run(node, ['-p', ask]))
  );
  const loader = libraries.find((path) => /\/ld-musl-[^/]+$/.test(path));
  if (loader === undefined) throw new Error(`${node} runs without musl: ${libraries.join(' ')}`);
  const { stderr } = spawnSync(loader, { encoding: 'utf8' });
  return `Node ${version} on musl ${/^Version (\S+)/m.exec(stderr)?.[1] ?? 'of unknown version'}`;
}

/** The runner's native part for musl: it would take glibc's, having found that in the system. */
function findBundler() {
  const resolver = ['vitest', 'vite'].reduce(
    (from, name) => createRequire(from.resolve(`${name}/package.json`)),
    createRequire(join(root, 'package.json')),
  );
  const manifest = readFileSync(resolver.resolve('rolldown/package.json'), 'utf8');
  const { version } = /** @type {{ version: string }} */ (JSON.parse(manifest));
  const name = '@rolldown/binding-linux-x64-musl';
  const folder = obtainPackage(cache, { name, version });
  return createRequire(join(folder, 'package.json')).resolve('.');
}
