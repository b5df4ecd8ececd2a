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
  return {
    async current() {
      const identity = await readIdentity(directory);
      if (identity !== undefined) await requireAddressFile(directory, identity);
      return identity;
    },
    async publish(identity) {
      const previous = await readIdentity(directory).catch(ignoreInvalidFile);
      const published: PublicIdentity = {
        ...identity,
        generation: (previous?.generation ?? 0) + 1,
      };
      await writing(directory, async () => {
        await mkdir(directory, { recursive: true });
        // a crash from here on leaves no address beside the identity of another
        if (previous?.publicIp !== published.publicIp) await removeFile(directory, publicIpFile);
        await writeWhole(directory, identityFile, `${JSON.stringify(published, undefined, 2)}\n`);
        await writeWhole(directory, publicIpFile, `${published.publicIp}\n`);
      });
      return published;
    },
    async withdraw(identity) {
      const held = await readIdentity(directory).catch(ignoreInvalidFile);
      if (held !== undefined && !isSamePublication(held, identity)) return;
      await writing(directory, async () => {
        await removeFile(directory, publicIpFile);
        await removeFile(directory, identityFile);
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
  const text = await readText(path);
  return text === undefined ? undefined : parsePublicIdentity(text, path);
}

/** The process that wrote one file may have died before the other. */
async function requireAddressFile(directory: string, { publicIp }: PublicIdentity): Promise<void> {
  const path = join(directory, publicIpFile);
  const text = await readText(path);
  if (text?.trim() === publicIp) return;
  throw new CoreError({
    code: 'IdentityFileInvalid',
    message: `${path} ${text === undefined ? 'is not there' : `holds ${JSON.stringify(text)}`}, although ${identityFile} beside it tells ${publicIp}`,
    remedy: 'Call ensure again, which writes both files, or release, which removes both.',
    retry: 'never',
  });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw publishFailed('read', path, error);
  }
}

function removeFile(directory: string, name: string): Promise<void> {
  return rm(join(directory, name), { force: true });
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
