import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A peer that is no part of this repository: where it lies, or why it cannot be there. */
export type Installed =
  | { readonly kind: 'there'; readonly folder: string }
  | { readonly kind: 'missing'; readonly why: string };

/** Compiles `NAME.c` of one folder into another one; gives the program. */
export function compilePeer(folder: string, name: string, from = import.meta.dirname): string {
  const program = join(folder, name);
  execFileSync('cc', ['-O2', '-o', program, join(from, `${name}.c`)]);
  return program;
}

/** One npm package into a folder of its own, which nothing but the bench sees. */
export function installNpmPeer(parent: string, name: string, version: string): Installed {
  return install(join(parent, name), (folder) => {
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    // node-gyp takes the headers that came with the workspace's Node: it downloads nothing.
    const root = createRequire(join(import.meta.dirname, '..', '..', 'package.json'));
    const headers = dirname(root.resolve(`node-linux-${process.arch}/package.json`));
    const args = ['install', '--no-audit', '--no-fund', `${name}@${version}`];
    run(folder, 'npm', args, { npm_config_nodedir: headers });
  });
}

/** One package of Debian, unpacked and not installed; its Python modules lie in the folder given. */
export function unpackPythonPeer(parent: string, name: string): Installed {
  const unpacked = install(join(parent, name), (folder) => {
    run(folder, 'apt-get', ['download', '-q', name], {});
    run(folder, 'sh', ['-c', 'dpkg-deb -x *.deb .'], {});
  });
  if (unpacked.kind === 'missing') return unpacked;
  return { kind: 'there', folder: join(unpacked.folder, 'usr/lib/python3/dist-packages') };
}

function install(folder: string, work: (folder: string) => void): Installed {
  mkdirSync(folder);
  try {
    work(folder);
    return { kind: 'there', folder };
  } catch (error) {
    const why = error instanceof Error ? error.message.trim() : String(error);
    return { kind: 'missing', why };
  }
}

function run(
  folder: string,
  command: string,
  args: readonly string[],
  more: Readonly<Record<string, string>>,
): void {
  const env = { ...process.env, ...more };
  execFileSync(command, args, { cwd: folder, env, stdio: 'pipe' });
}
