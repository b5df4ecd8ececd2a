// What the addon is made from, and whether the prebuilt files are made from that. Plain JavaScript: the
// set-up of a checkout uses it before there is a Node that runs TypeScript, and it is packed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ sha256: string, compiler: string }} PrebuiltFile
 * @typedef {{ sources: string, files: Record<string, PrebuiltFile> }} Prebuilds
 *   `sources` is the digest of what all files were made from; a file's key is `linux-x64`, `linux-arm64`
 */

/** The package's folder. */
export const packageFolder = join(import.meta.dirname, '..');

const common = [
  '-std=gnu11',
  '-shared',
  '-fPIC',
  '-O2',
  '-pthread',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-DNAPI_VERSION=9',
];

/** For this machine, from its own C library. */
export const sourceFlags = Object.freeze([...common, '-g']);

/**
 * For any machine of the architecture: nothing is linked, so no C library is named; what the addon needs
 * is in the process that loads it, be that glibc or musl. All is bound at once, so that a missing name
 * shows at loading. The same compiler makes the same bytes, in whatever folder.
 */
export const prebuildFlags = Object.freeze([
  ...common,
  '-nostdlib',
  '-nodefaultlibs',
  '-nostartfiles',
  '-fno-stack-protector',
  '-U_FORTIFY_SOURCE',
  '-s',
  '-Wl,--build-id=none,--hash-style=gnu,-z,relro,-z,now,-z,noexecstack',
]);

/** The C files, in the order in which they are compiled. */
export function sourceFiles() {
  const folder = join(packageFolder, 'native');
  const names = readdirSync(folder).filter((name) => name.endsWith('.c'));
  return names.toSorted().map((name) => join(folder, name));
}

/** Changes with any of the sources and with the flags. */
export function sourcesDigest() {
  const hash = createHash('sha256').update(JSON.stringify(prebuildFlags));
  const folder = join(packageFolder, 'native');
  for (const name of readdirSync(folder).toSorted()) {
    hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex');
}

/** @param {string} architecture as in `process.arch` */
export function prebuiltPath(architecture) {
  return join(packageFolder, 'prebuilds', `linux-${architecture}`, 'netlink.node');
}

export const sourceBuildPath = join(packageFolder, 'build', 'Release', 'netlink.node');
/** What the source build was made from: a digest. */
export const sourceBuildDigestPath = join(packageFolder, 'build', 'Release', 'sources.sha256');

/** @returns {string} */
export function prebuildsPath() {
  return join(packageFolder, 'prebuilds', 'prebuilds.json');
}

/** @returns {Prebuilds} */
export function readPrebuilds() {
  const path = prebuildsPath();
  if (!existsSync(path)) return { sources: '', files: {} };
  return /** @type {Prebuilds} */ (JSON.parse(readFileSync(path, 'utf8')));
}

/**
 * Whether the package has a file for that architecture, made from these sources.
 * @param {string} [architecture]
 */
export function isPrebuilt(architecture = process.arch) {
  const { sources, files } = readPrebuilds();
  return (
    files[`linux-${architecture}`] !== undefined &&
    existsSync(prebuiltPath(architecture)) &&
    sources === sourcesDigest()
  );
}

/** What a source build was made from; undefined where there is none. */
export function sourceBuildDigest() {
  if (!existsSync(sourceBuildPath)) return undefined;
  return existsSync(sourceBuildDigestPath) ? readFileSync(sourceBuildDigestPath, 'utf8') : '';
}

/** Whether what this process would load is there, and made from these sources. */
export function isReady() {
  const built = sourceBuildDigest();
  return built === undefined ? isPrebuilt() : built === sourcesDigest();
}

/** Whether a compiler is needed for that. */
export function mustCompile() {
  return !isReady() && !isPrebuilt();
}
