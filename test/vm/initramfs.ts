import { readFile } from 'node:fs/promises';
import { encodeCpio, type CpioEntry } from './cpio.ts';
import { bundleGuest } from './guest-bundle.ts';
import { initScript } from './init-script.ts';
import { readModules, type ModuleFile } from './kernel-files.ts';
import type { KernelPackage } from './kernel-package.ts';

export interface InitramfsOptions {
  readonly kernel: KernelPackage;
  /** Busybox, Node and nsenter, of the guest's architecture, with their libraries. */
  readonly programs: readonly CpioEntry[];
  /** Path here of the netlink addon for the guest. */
  readonly addon: string;
  readonly resultsDevice: string;
  /** The TypeScript program that the guest runs. */
  readonly entry: string;
  /** Environment of that program. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * The guest's whole file system as newc chunks: busybox as init, kernel modules in loading order,
 * the other programs, the netlink addon, and the entry as one bundle.
 */
export async function buildInitramfs(options: InitramfsOptions): Promise<Uint8Array[]> {
  const [modules, bundle, addonImage] = await Promise.all([
    readModules(options.kernel),
    bundleGuest(options.entry),
    readFile(options.addon),
  ]);
  const script = initScript(
    modules.map((_, index) => moduleFile(modules, index)),
    options.environment ?? {},
    options.resultsDevice,
  );
  return encodeCpio([
    ...fileSystemFrame,
    text('init', script),
    ...modules.map((module, index) => file(moduleFile(modules, index), module.data)),
    ...options.programs,
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
