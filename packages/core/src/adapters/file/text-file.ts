import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreError } from '../../errors.ts';

/**
 * Undefined when there is none.
 * @throws CoreError PublishFailed
 */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw publishFailed('read', path, error);
  }
}

export function removeFile(directory: string, name: string): Promise<void> {
  return rm(join(directory, name), { force: true });
}

/** By write, fsync and rename: a reader sees the file whole or not at all. */
export async function writeWhole(directory: string, name: string, text: string): Promise<void> {
  const temporary = join(directory, `.${name}.${randomUUID()}`);
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(directory, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
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
