import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CpioEntry } from './cpio.ts';
import { VmError } from './vm-error.ts';

const run = promisify(execFile);
const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** A program of this machine that the guest needs, and where the guest finds it. */
export interface GuestProgram {
  /** Absolute path here. */
  readonly source: string;
  /** Path in the guest, without the leading slash. */
  readonly path: string;
}

/** Finds a program by name where Debian puts programs, whatever PATH says. */
export function findProgram(name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** As findProgram; throws VmError ProgramMissing with the Debian package that brings it. */
export function requireProgram(name: string, debianPackage: string): string {
  const found = findProgram(name);
  if (found !== undefined) return found;
  throw new VmError({
    code: 'ProgramMissing',
    message: `No program ${name} in ${folders.join(', ')}`,
    remedy: `Install the Debian package ${debianPackage}.`,
  });
}

/** The files of these programs: themselves, their shared libraries and the loader, each once. */
export async function programEntries(programs: readonly GuestProgram[]): Promise<CpioEntry[]> {
  const libraries = new Set<string>();
  for (const program of programs)
    for (const library of await sharedLibraries(program.source)) libraries.add(library);
  const files = [
    ...programs,
    ...[...libraries].map((source) => ({ source, path: source.slice(1) })),
  ];
  return Promise.all(
    files.map(async ({ source, path }) => ({
      kind: 'file' as const,
      path,
      data: await readFile(await realpath(source)),
      executable: true,
    })),
  );
}

/** Paths that the loader would map, by ldd; a static program has none. */
async function sharedLibraries(program: string): Promise<string[]> {
  const answer = await run('ldd', [program]).catch((error: unknown) => {
    if (saysStatic(error)) return { stdout: '' };
    throw error;
  });
  const missing = /^\s*(\S+) => not found$/m.exec(answer.stdout);
  if (missing !== null)
    throw new VmError({
      code: 'ProgramMissing',
      message: `${program} needs the library ${missing[1] ?? ''}, which ldd did not find`,
      remedy: 'Install the Debian package that brings this library.',
    });
  return parseLdd(answer.stdout);
}

/** Reads ldd's lines `name => /path (address)` and `/path (address)`; the vdso has no path. */
export function parseLdd(text: string): string[] {
  return [...text.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)].map(
    (match) => match[1] ?? '',
  );
}

function saysStatic(error: unknown): boolean {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  return text.includes('not a dynamic executable');
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
