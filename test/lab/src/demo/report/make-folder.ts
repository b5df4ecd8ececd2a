import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DemoError } from '../demo-error.ts';

/**
 * Makes a folder for files that were asked for, and the folders on the way to it, one by one: Node's recursive mkdir never ends where the kernel
 * says that a folder is not there and lets nobody make it, as below /proc.
 * @throws DemoError ReportUnwritable
 */
export async function makeFolder(path: string, option: string): Promise<void> {
  try {
    await makeAll(resolve(path));
    await access(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new DemoError({
      code: 'ReportUnwritable',
      message: `could not make the folder ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: `Give ${option} a path in a folder that can be written.`,
      cause,
    });
  }
}

async function makeAll(folder: string): Promise<void> {
  const missing: string[] = [];
  let at = folder;
  for (let kind = await kindOf(at); kind !== 'folder'; kind = await kindOf(at)) {
    if (kind === 'other') throw new Error(`${at} is no folder`);
    missing.push(at);
    at = dirname(at);
  }
  for (const each of missing.toReversed()) await mkdir(each);
}

async function kindOf(path: string): Promise<'folder' | 'other' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'nothing';
    throw error;
  }
}
