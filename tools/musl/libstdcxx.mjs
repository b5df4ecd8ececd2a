// libstdc++ for musl: Debian has none, but the sources of the compiler that it has.
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run-quietly.mjs';

/** What building needs, by its Debian package. */
export const libstdcxxNeeds = Object.freeze({
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
  'g++': 'g++',
  make: 'make',
  'musl-gcc': 'musl-tools',
  xz: 'xz-utils',
});

/** Of the compiler's sources: the library's, what it includes, and by what it is configured. */
const neededSources = Object.freeze([
  'libstdc++-v3/*',
  'libgcc/*',
  'libbacktrace/*',
  'libiberty/*',
  'include/*',
  'config/*',
  'config-ml.in',
  'config.guess',
  'config.sub',
  'gcc/BASE-VER',
  'gcc/DATESTAMP',
  'install-sh',
  'ltmain.sh',
  'missing',
  'mkinstalldirs',
  'move-if-change',
  'symlink-tree',
  '*.m4',
]);

/** The compiler's major version, which the library is of. */
export function compilerVersion() {
  return run('g++', ['-dumpversion']).trim();
}

/**
 * Builds libstdc++.so.6 of this machine's g++ against musl.
 * @param {string} work an empty folder, for the sources and the build
 * @param {string} into the folder that is to hold the library
 */
export function buildLibstdcxx(work, into) {
  const sources = fetchSources(work);
  const build = join(work, 'build');
  mkdirSync(build);
  // Where a build of the whole compiler would have left the thread model.
  mkdirSync(join(work, 'libgcc'));
  symlinkSync(join(sources, 'libgcc/gthr-posix.h'), join(work, 'libgcc/gthr-default.h'));
  run(join(sources, 'libstdc++-v3/configure'), configuration, {
    cwd: build,
    env: {
      ...process.env,
      CC: 'musl-gcc',
      CXX: 'env REALGCC=g++ musl-gcc -nostdinc++',
      CFLAGS: '-O1 -fPIC',
      CXXFLAGS: '-O1 -fPIC',
      LDFLAGS: '-Wl,--eh-frame-hdr', // musl-gcc leaves it out; exceptions are unwound by it
    },
  });
  const parts = ['include', 'libsupc++', 'src/c++98', 'src/c++11', 'src/c++17', 'src/c++20'];
  for (const part of parts) run('make', ['-j2', '-C', part], { cwd: build });
  run('make', ['-C', 'src', 'libstdc++.la'], { cwd: build });
  copyFileSync(join(build, 'src/.libs/libstdc++.so.6'), join(into, 'libstdc++.so.6'));
}

// Build and host are the same, so that its checks run what they compile: musl's loader is here.
const configuration = [
  '--build=x86_64-linux-musl',
  '--host=x86_64-linux-musl',
  '--enable-shared',
  '--disable-static',
  '--disable-multilib',
  '--disable-nls',
  '--disable-libstdcxx-pch',
  '--disable-libstdcxx-filesystem-ts',
];

/**
 * @param {string} work
 * @returns {string} the folder of the compiler's sources, as far as they are needed
 */
function fetchSources(work) {
  const name = `gcc-${compilerVersion()}-source`;
  try {
    run('apt-get', ['download', name], { cwd: work });
  } catch {
    run('apt-get', ['update', '-q']); // the lists are old, or were never fetched
    run('apt-get', ['download', name], { cwd: work });
  }
  const unpacked = join(work, 'unpacked');
  run('dpkg-deb', ['-x', named(work, /\.deb$/), unpacked]);
  const packed = named(join(unpacked, 'usr/src', `gcc-${compilerVersion()}`), /\.tar\.xz$/);
  const how = ['--wildcards', '--exclude=*/testsuite/[0-9a-z]*'];
  run('tar', ['-xJf', packed, '-C', work, ...how, ...neededSources.map((part) => `*/${part}`)]);
  return named(work, /^gcc-[\d.]+(?:-\d+)?$/);
}

/**
 * @param {string} folder
 * @param {RegExp} pattern
 */
function named(folder, pattern) {
  const name = readdirSync(folder).find((each) => pattern.test(each));
  if (name === undefined) throw new Error(`nothing in ${folder} is named ${String(pattern)}`);
  return join(folder, name);
}
