// Compiles the addon with a C compiler alone: no node-gyp, no Python, no header download. Node-API is
// ABI stable, so the headers need not be those of the Node that loads it.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageFolder, sourceFiles } from './native-sources.mjs';

/**
 * Why it cannot be compiled here; undefined when it can.
 * @param {string} compiler
 * @returns {string | undefined}
 */
export function findObstacle(compiler) {
  if (process.platform !== 'linux')
    return `netlink exists on Linux only, this is ${process.platform}`;
  if (spawnSync(compiler, ['--version']).status !== 0)
    return `there is no C compiler "${compiler}"`;
  if (findHeaders() === undefined)
    return 'there are no Node-API headers, neither beside this node nor from the package node-api-headers';
  return undefined;
}

/**
 * @param {string} compiler
 * @param {readonly string[]} flags
 * @param {string} out
 */
export function compile(compiler, flags, out) {
  mkdirSync(dirname(out), { recursive: true });
  // Renamed into place, so that a process which has the old file loaded keeps it whole.
  const fresh = `${out}.${String(process.pid)}`;
  const headers = ['-I', findHeaders() ?? ''];
  // Relative names: what is compiled does not depend on the folder.
  const sources = sourceFiles().map((path) => path.slice(packageFolder.length + 1));
  execFileSync(compiler, [...flags, ...headers, ...sources, '-o', fresh], {
    cwd: packageFolder,
    stdio: 'inherit',
  });
  renameSync(fresh, out);
}

/**
 * What the compiler and its linker call themselves.
 * @param {string} compiler
 */
export function compilerName(compiler) {
  const linker = execFileSync(compiler, ['-print-prog-name=ld'], { encoding: 'utf8' }).trim();
  // Without its own name, which for a cross compiler has the target in it.
  return `${firstLine(compiler).replace(/^\S+/, 'gcc')}, ${firstLine(linker)}`;
}

/** @param {string} command */
function firstLine(command) {
  return execFileSync(command, ['--version'], { encoding: 'utf8' }).split('\n', 1)[0] ?? '';
}

/** A checkout has the headers as a package; elsewhere those that came with this node do. */
export function findHeaders() {
  const beside = join(dirname(process.execPath), '..', 'include', 'node');
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node-api-headers')), 'include');
  } catch {
    return existsSync(join(beside, 'node_api.h')) ? beside : undefined; // not a checkout
  }
}
