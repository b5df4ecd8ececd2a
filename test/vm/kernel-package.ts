import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestArchitecture } from './architecture.ts';
import {
  dependencyOf,
  unpackPackages,
  withPackageLists,
  type DebianArchive,
} from './debian-archive.ts';
import { VmError } from './vm-error.ts';

/** A kernel that was unpacked, not installed. Both paths are absolute. */
export interface KernelPackage {
  /** As `uname -r` says it. */
  readonly release: string;
  readonly vmlinuz: string;
  /** The folder lib/modules/<release>. */
  readonly modulesFolder: string;
}

export interface KernelPackageOptions {
  /** Where unpacked kernels are kept between runs. */
  readonly cacheFolder: string;
  /** False forbids any use of apt: only a kernel that is in the cache already will do. */
  readonly mayDownload: boolean;
  /** Default amd64. */
  readonly architecture?: GuestArchitecture['debian'];
}

/**
 * Obtains Debian's cloud kernel (vmlinuz and modules): from the cache, else by `apt-get download` of
 * the concrete package that linux-image-cloud-amd64 (or -arm64) depends on. Nothing is installed.
 * Throws VmError KernelPackageUnavailable.
 */
export async function obtainKernelPackage({
  cacheFolder,
  mayDownload,
  architecture = 'amd64',
}: KernelPackageOptions): Promise<KernelPackage> {
  const cached = await cachedKernel(cacheFolder, architecture);
  if (cached !== undefined) return cached;
  const metaPackage = `linux-image-cloud-${architecture}`;
  if (!mayDownload)
    throw unavailable(
      metaPackage,
      `No kernel in ${cacheFolder}, and TRUETUPLE_NO_APT=1 forbids to download one`,
    );
  await mkdir(cacheFolder, { recursive: true });
  const work = await mkdtemp(join(cacheFolder, 'partial-'));
  try {
    const unpacked = join(work, 'unpacked');
    const archive = { architecture, folder: cacheFolder };
    await withPackageLists(archive, () => download(archive, metaPackage, { work, into: unpacked }));
    return await keep(unpacked, cacheFolder);
  } catch (error) {
    throw unavailable(metaPackage, `Could not download ${metaPackage}: ${firstLine(error)}`, error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Fetches the package that the meta package stands for. */
async function download(
  archive: DebianArchive,
  metaPackage: string,
  folders: { readonly work: string; readonly into: string },
): Promise<void> {
  const name = await dependencyOf(archive, metaPackage, /^linux-image-\d\S*-cloud-/);
  if (name === undefined) throw new Error(`apt knows no package ${metaPackage}`);
  await unpackPackages(archive, [name], folders);
}

/** Moves what was unpacked into place in one rename, so that a killed run leaves no half kernel. */
async function keep(unpacked: string, cacheFolder: string): Promise<KernelPackage> {
  const kernel = await kernelIn(unpacked);
  if (kernel === undefined) throw new Error('the package holds no vmlinuz with modules');
  const target = join(cacheFolder, kernel.release);
  // another run may have been faster: then its copy is as good
  if (!existsSync(target)) await rename(unpacked, target).catch(ignoreIfThere(target));
  const kept = await kernelIn(target);
  if (kept === undefined) throw new Error(`${target} holds no vmlinuz with modules`);
  return kept;
}

function ignoreIfThere(target: string): (error: unknown) => void {
  return (error) => {
    if (!existsSync(target)) throw error;
  };
}

async function cachedKernel(
  cacheFolder: string,
  architecture: string,
): Promise<KernelPackage | undefined> {
  if (!existsSync(cacheFolder)) return undefined;
  const releases = (await readdir(cacheFolder)).filter(
    (entry) => /^\d/.test(entry) && entry.endsWith(`-${architecture}`),
  );
  const newest = releases.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0];
  return newest === undefined ? undefined : kernelIn(join(cacheFolder, newest));
}

async function kernelIn(folder: string): Promise<KernelPackage | undefined> {
  const modules = join(folder, 'lib/modules');
  const release = existsSync(modules) ? (await readdir(modules))[0] : undefined;
  if (release === undefined) return undefined;
  const vmlinuz = join(folder, 'boot', `vmlinuz-${release}`);
  return existsSync(vmlinuz)
    ? { release, vmlinuz, modulesFolder: join(modules, release) }
    : undefined;
}

function unavailable(metaPackage: string, message: string, cause?: unknown): VmError {
  return new VmError({
    code: 'KernelPackageUnavailable',
    message,
    remedy:
      `On Debian 12 with a network and without TRUETUPLE_NO_APT, \`apt-get update\` and \`apt-get download ${metaPackage}\` ` +
      'must work; elsewhere unpack a Debian cloud kernel package into the cache folder, under its release name.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').slice(0, 3).join('; ');
}
