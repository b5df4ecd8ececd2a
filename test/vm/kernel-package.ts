import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VmError } from './vm-error.ts';

const run = promisify(execFile);
const metaPackage = 'linux-image-cloud-amd64';

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
}

/**
 * Obtains Debian's cloud kernel (vmlinuz and modules): from the cache, else by `apt-get download` of
 * the concrete package that linux-image-cloud-amd64 depends on. Nothing is installed.
 * Throws VmError KernelPackageUnavailable.
 */
export async function obtainKernelPackage(options: KernelPackageOptions): Promise<KernelPackage> {
  const cached = await cachedKernel(options.cacheFolder);
  if (cached !== undefined) return cached;
  if (!options.mayDownload)
    throw unavailable(
      `No kernel in ${options.cacheFolder}, and TRUETUPLE_NO_APT=1 forbids to download one`,
    );
  await mkdir(options.cacheFolder, { recursive: true });
  const work = await mkdtemp(join(options.cacheFolder, 'partial-'));
  try {
    const file = await download(work);
    const unpacked = join(work, 'unpacked');
    await run('dpkg-deb', ['-x', join(work, file), unpacked]);
    return await keep(unpacked, options.cacheFolder);
  } catch (error) {
    if (VmError.is(error)) throw error;
    throw unavailable(`Could not download ${metaPackage}: ${firstLine(error)}`, error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Fetches the package that the meta package stands for; with fresh package lists if old ones fail. */
async function download(folder: string): Promise<string> {
  const fetched = await tryDownload(folder).catch(() => undefined);
  if (fetched !== undefined) return fetched;
  await run('apt-get', ['update', '-q']);
  return tryDownload(folder);
}

async function tryDownload(folder: string): Promise<string> {
  const name = await dependency();
  if (name === undefined) throw unavailable(`apt knows no package ${metaPackage}`);
  await run('apt-get', ['download', name], { cwd: folder });
  const file = (await readdir(folder)).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw unavailable(`apt-get download ${name} left no package`);
  return file;
}

async function dependency(): Promise<string | undefined> {
  const answer = await run('apt-cache', ['depends', metaPackage]).catch(() => undefined);
  return /Depends: (linux-image-\d\S*-cloud-amd64)/.exec(answer?.stdout ?? '')?.[1];
}

/** Moves what was unpacked into place in one rename, so that a killed run leaves no half kernel. */
async function keep(unpacked: string, cacheFolder: string): Promise<KernelPackage> {
  const kernel = await kernelIn(unpacked);
  if (kernel === undefined)
    throw unavailable('The downloaded package holds no vmlinuz with modules');
  const target = join(cacheFolder, kernel.release);
  // another run may have been faster: then its copy is as good
  if (!existsSync(target)) await rename(unpacked, target).catch(ignoreIfThere(target));
  const kept = await kernelIn(target);
  if (kept === undefined) throw unavailable(`${target} holds no vmlinuz with modules`);
  return kept;
}

function ignoreIfThere(target: string): (error: unknown) => void {
  return (error) => {
    if (!existsSync(target)) throw error;
  };
}

async function cachedKernel(cacheFolder: string): Promise<KernelPackage | undefined> {
  if (!existsSync(cacheFolder)) return undefined;
  const releases = (await readdir(cacheFolder)).filter((entry) => /^\d/.test(entry));
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

function unavailable(message: string, cause?: unknown): VmError {
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
