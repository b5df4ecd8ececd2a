// A Node that is linked with musl. Node.js has none in a package registry, but pnpm has: its program for musl is a
// single executable application, the Node that runs it included.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { keepFolder, obtainPackage } from '../obtain-package.mjs';
import { run } from '../run-quietly.mjs';
import { buildLibstdcxx, compilerVersion } from './libstdcxx.mjs';
import { makePlainNode } from './plain-node.mjs';

/** Node 26.0.0. Later majors of pnpm have a Node that is linked statically, and loads no addon. */
const application = Object.freeze({ name: '@pnpm/linuxstatic-x64', version: '11.21.0' });
const ours = 'libtruetuple-missing.so';

/**
 * @param {string} cache the folder that keeps it
 * @param {(line: string) => void} say
 * @returns {string} the path of the program; its libraries lie beside it
 */
export function obtainMuslNode(cache, say) {
  const pnpm = obtainPackage(cache, application);
  const standard = obtainLibstdcxx(cache, say);
  const parts = ['musl-node.mjs', 'plain-node.mjs', 'missing-names.c'];
  const kept = join(cache, `node-${digest([pnpm, standard], parts)}`);
  keepFolder(cache, kept, (folder) => {
    const [programs, libraries] = [join(folder, 'bin'), join(folder, 'lib')];
    mkdirSync(programs);
    mkdirSync(libraries);
    const program = readFileSync(join(pnpm, 'pnpm'));
    const plain = makePlainNode(program, { runPath: '$ORIGIN/../lib', needed: ours });
    writeFileSync(join(programs, 'node'), plain, { mode: 0o755 });
    const unwinder = run('g++', ['-print-file-name=libgcc_s.so.1']).trim();
    for (const library of [unwinder, join(standard, 'libstdc++.so.6')])
      copyFileSync(realpathSync(library), join(libraries, basename(library)));
    const missing = join(import.meta.dirname, 'missing-names.c');
    run('musl-gcc', ['-shared', '-fPIC', '-O1', '-o', join(libraries, ours), missing]);
  });
  return join(kept, 'bin/node');
}

/**
 * @param {string} cache
 * @param {(line: string) => void} say
 * @returns {string} the folder that holds libstdc++.so.6
 */
function obtainLibstdcxx(cache, say) {
  const version = compilerVersion();
  const kept = join(cache, `libstdc++-${digest([version], ['libstdcxx.mjs'])}`);
  keepFolder(cache, kept, (folder) => {
    say(`Building libstdc++ of GCC ${version} for musl, which takes minutes`);
    const work = join(folder, 'work');
    mkdirSync(work);
    buildLibstdcxx(work, folder);
    rmSync(work, { recursive: true });
  });
  return kept;
}

/**
 * Changes with what something is made of, and with the files here that make it.
 * @param {readonly string[]} made
 * @param {readonly string[]} files
 */
function digest(made, files) {
  const hash = createHash('sha256').update(made.join('\0'));
  for (const file of files) hash.update(readFileSync(join(import.meta.dirname, file)));
  return hash.digest('hex').slice(0, 12);
}
