import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreError } from '../../errors.ts';
import { parsePublicIdentity } from '../../identity/parse-public-identity.ts';
import type { PublicIdentity } from '../../identity/public-identity.ts';
import type { Publisher } from '../../identity/publisher.ts';

/** Holds the public IP and a newline, for shell scripts: `$(cat /run/truetuple/public-ip)`. */
export const publicIpFile = 'public-ip';
/** Holds the whole PublicIdentity as JSON. */
export const identityFile = 'public-ip.json';

/**
 * Publishes into a directory by write, fsync and rename, so that a reader sees a file whole or not at all.
 * The JSON comes first and goes last: whoever finds `public-ip` finds its identity beside it.
 */
export function filePublisher(directory: string): Publisher {
  const current = (): Promise<PublicIdentity | undefined> => readIdentity(directory);
  return {
    current,
    async publish(identity) {
      const previous = await current().catch(ignoreInvalidFile);
      const published: PublicIdentity = {
        ...identity,
        generation: (previous?.generation ?? 0) + 1,
      };
      await writing(directory, async () => {
        await mkdir(directory, { recursive: true });
        await writeWhole(directory, identityFile, `${JSON.stringify(published, undefined, 2)}\n`);
        await writeWhole(directory, publicIpFile, `${published.publicIp}\n`);
      });
      return published;
    },
    async withdraw(identity) {
      const held = await current().catch(ignoreInvalidFile);
      if (held !== undefined && !isSamePublication(held, identity)) return;
      await writing(directory, async () => {
        await rm(join(directory, publicIpFile), { force: true });
        await rm(join(directory, identityFile), { force: true });
      });
    },
  };
}

/** The same claim by the same pod; a later generation of it is still the same publication. */
function isSamePublication(a: PublicIdentity, b: PublicIdentity): boolean {
  return a.associationId === b.associationId && a.owner.uid === b.owner.uid;
}

/** A file that cannot be read as an identity was torn by something else: it is replaced, never trusted. */
function ignoreInvalidFile(error: unknown): undefined {
  if (CoreError.is(error) && error.code === 'IdentityFileInvalid') return undefined;
  throw error;
}

async function readIdentity(directory: string): Promise<PublicIdentity | undefined> {
  const path = join(directory, identityFile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw publishFailed('read', path, error);
  }
  return parsePublicIdentity(text, path);
}

async function writeWhole(directory: string, name: string, text: string): Promise<void> {
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

async function writing(directory: string, write: () => Promise<void>): Promise<void> {
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

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
