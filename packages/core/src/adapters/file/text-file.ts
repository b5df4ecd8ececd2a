import { constants } from 'node:fs';
import { readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreError } from '../../errors.ts';

/**
 * Undefined when there is none.
 * @throws CoreError PublishFailed
 */
export async function readText(path: string): Promise<string | undefined> {
  try {
    // the open of a FIFO that somebody put there would not return
    return await readFile(path, { encoding: 'utf8', flag: constants.O_NONBLOCK });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw publishFailed('read', path, error);
  }
}

/** Absent is done. Of a file that it may not remove, unlink(2) says EPERM; node's rm then takes it for a directory. */
export async function removeFile(directory: string, name: string): Promise<void> {
  try {
    await unlink(join(directory, name));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** What is written beside begins so, and goes on with when that began, in milliseconds since the epoch: such names sort by time. */
const temporaryPrefix = '.public-ip.';
/** So long after, its writer is dead. */
const abandonedMs = 60_000;

/** By write, fsync and rename: a reader sees the file whole or not at all. Takes away what writers left that were killed. */
export async function writeWhole(directory: string, name: string, text: string): Promise<void> {
  const nowMs = Date.now();
  const abandoned = `${temporaryPrefix}${nowMs - abandonedMs}`;
  for (const one of await readdir(directory)) {
    if (one > temporaryPrefix && one < abandoned) await removeFile(directory, one);
  }
  // no two processes of one machine begin in the same nanosecond
  const temporary = `${temporaryPrefix}${nowMs}.${process.hrtime.bigint()}`;
  const path = join(directory, temporary);
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o644, flush: true });
    await rename(path, join(directory, name));
  } finally {
    await removeFile(directory, temporary);
  }
}

/** @throws CoreError PublishFailed for whatever the writing throws. */
export async function writing(directory: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw publishFailed('write', directory, error);
  }
}

function publishFailed(verb: string, path: string, cause: unknown): CoreError {
  return new CoreError({
    code: 'PublishFailed',
    message: `Could not ${verb} the identity file in ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
    remedy:
      'Mount a writable volume there (an emptyDir shared with the SIP container), or set identityDirectory.',
    retry: 'later',
    cause,
  });
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
