#!/usr/bin/env node
// Makes the addon. Where it cannot be built this says so and succeeds, so that an install on macOS or
// without a compiler still works (the package then reports itself unavailable).
// TRUETUPLE_NATIVE=required makes that an error.
//
//   node scripts/build-native.mjs               from source for this machine, into build/Release
//   node scripts/build-native.mjs --if-needed   the same, unless a prebuilt file is of these sources
//   node scripts/build-native.mjs --prebuild    the prebuilt files, with gcc and aarch64-linux-gnu-gcc
//   node scripts/build-native.mjs --check       whether the prebuilt files are of these sources
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compile, compilerName, findObstacle } from './compile-native.mjs';
import {
  isPrebuilt,
  isReady,
  prebuildFlags,
  prebuildsPath,
  prebuiltPath,
  readPrebuilds,
  sourceBuildDigestPath,
  sourceBuildPath,
  sourceFlags,
  sourcesDigest,
} from './native-sources.mjs';

const native = process.env['CC'] ?? 'cc';
/** Who compiles for which architecture, on Debian for x64. */
const compilers = Object.freeze({
  x64: process.arch === 'x64' ? 'gcc' : 'x86_64-linux-gnu-gcc',
  arm64: process.arch === 'arm64' ? 'gcc' : 'aarch64-linux-gnu-gcc',
});

const usage = `truetuple-netlink-build [--if-needed | --prebuild | --check]

  no option      compiles the addon for this machine
  --if-needed    the same, where no prebuilt one fits and none was compiled
  --prebuild     compiles those that the package ships (in its repository)
  --check        compiles them and compares them with what the package ships`;

const options = readOptions();
if (options.help === true) console.log(usage);
else if (options.prebuild === true) prebuild();
else if (options.check === true) check();
else if (options['if-needed'] === true) buildIfNeeded();
else build();

/** Of the command line; one that makes no sense ends the program with 2. */
function readOptions() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', short: 'h' },
        'if-needed': { type: 'boolean' },
        prebuild: { type: 'boolean' },
        check: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    console.error(`truetuple-netlink-build: ${because}\n${usage}`);
    return process.exit(2);
  }
}

function build() {
  const obstacle = findObstacle(native);
  if (obstacle === undefined) {
    compile(native, sourceFlags, sourceBuildPath);
    writeFileSync(sourceBuildDigestPath, sourcesDigest());
  } else giveUp(obstacle);
}

function buildIfNeeded() {
  if (isReady()) return;
  // A source build of other sources would be loaded first.
  if (isPrebuilt()) rmSync(sourceBuildPath);
  else build();
}

function prebuild() {
  const before = readPrebuilds();
  /** @type {import('./native-sources.mjs').Prebuilds} */
  const made = { sources: sourcesDigest(), files: {} };
  for (const [architecture, compiler] of Object.entries(compilers)) {
    const obstacle = findObstacle(compiler);
    if (obstacle !== undefined) {
      const remedy = 'on Debian: apt-get install gcc libc6-dev gcc-aarch64-linux-gnu';
      throw new Error(
        `prebuilding the netlink addon for linux-${architecture}: ${obstacle}; ${remedy}`,
      );
    }
    const path = prebuiltPath(architecture);
    compile(compiler, prebuildFlags, path);
    const key = `linux-${architecture}`;
    made.files[key] = { sha256: digest(path), compiler: compilerName(compiler) };
    const same = before.files[key]?.sha256 === made.files[key]?.sha256;
    console.log(`${key}: ${same ? 'the same bytes as before' : 'new'}`);
  }
  writeFileSync(prebuildsPath(), `${JSON.stringify(made, undefined, 2)}\n`);
}

function check() {
  const faults = Object.keys(compilers).flatMap((architecture) => {
    const path = prebuiltPath(architecture);
    const said = readPrebuilds().files[`linux-${architecture}`]?.sha256;
    if (!isPrebuilt(architecture)) return [`linux-${architecture} is not made from these sources`];
    return existsSync(path) && digest(path) === said ? [] : [`${path} is not what was recorded`];
  });
  if (faults.length === 0) return;
  console.error(
    `@truetuple/netlink: ${faults.join('; ')}. Run \`node scripts/build-native.mjs --prebuild\` in ` +
      'packages/netlink and commit prebuilds/.',
  );
  process.exitCode = 1;
}

/** @param {string} path */
function digest(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** @param {string} reason */
function giveUp(reason) {
  console.log(
    `@truetuple/netlink: the addon was not built: ${reason}. Everything that needs the kernel's ` +
      'netlink will say that it is unavailable; install a C compiler on Linux and run ' +
      '`npm run build:native` (of an installed package: `npx truetuple-netlink-build`) to change that.',
  );
  if (process.env['TRUETUPLE_NATIVE'] === 'required') process.exitCode = 1;
}
