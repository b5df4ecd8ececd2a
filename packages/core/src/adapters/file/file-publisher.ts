import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreError } from '../../errors.ts';
import { parsePublicIdentity } from '../../identity/parse-public-identity.ts';
import type { PublicIdentity } from '../../identity/public-identity.ts';
import type { Publisher } from '../../identity/publisher.ts';
import { isMarked, markedGeneration, removeMark, writeMark } from './release-mark.ts';
import { readText, removeFile, writeWhole, writing } from './text-file.ts';

/** Holds the public IP and a newline, for shell scripts: `$(cat /run/truetuple/public-ip)`. */
export const publicIpFile = 'public-ip';
/** Holds the whole PublicIdentity as JSON. */
export const identityFile = 'public-ip.json';

/**
 * Publishes into a directory by write, fsync and rename, so that a reader sees a file whole or not at all.
 * The JSON comes first and goes last: whoever finds `public-ip` finds its identity beside it.
 * A release leaves `public-ip.released`, before anything else, until the next publish: whoever publishes again
 * looks for it before and after, so that, whichever of the two comes last, nothing stays published.
 */
export function filePublisher(directory: string): Publisher {
  const withdraw = async (identity: PublicIdentity): Promise<void> => {
    const held = await readIdentity(directory).catch(ignoreInvalidFile);
    if (held !== undefined && !isSamePublication(held, identity)) return;
    await writing(directory, async () => {
      await removeFile(directory, publicIpFile);
      await removeFile(directory, identityFile);
    });
  };
  return {
    current: () => readWhole(directory),
    publish: (identity) => write(directory, identity, { first: () => removeMark(directory) }),
    async republish(identity) {
      if (await isMarked(directory, identity)) return undefined;
      const published = await write(directory, identity, { after: identity.generation });
      if (!(await isMarked(directory, identity))) return published;
      await withdraw(published);
      return undefined;
    },
    withdraw,
    async release(identity) {
      const [marked] = await Promise.allSettled([writeMark(directory, identity)]);
      await withdraw(identity);
      if (marked.status === 'rejected') throw marked.reason;
    },
    isReleased: (identity) => isMarked(directory, identity),
  };
}

interface Writing {
  /** A generation that was published before, be it that its file is gone. */
  readonly after?: number;
  readonly first?: () => Promise<void>;
}

async function write(
  directory: string,
  identity: Omit<PublicIdentity, 'generation'>,
  { after = 0, first = async () => {} }: Writing,
): Promise<PublicIdentity> {
  const previous = await readIdentity(directory).catch(ignoreInvalidFile);
  const released = await markedGeneration(directory);
  const generation = Math.max(previous?.generation ?? 0, released, after) + 1;
  const published: PublicIdentity = { ...identity, generation };
  await writing(directory, async () => {
    await mkdir(directory, { recursive: true });
    await first();
    // a crash from here on leaves no address beside the identity of another
    if (previous?.publicIp !== published.publicIp) await removeFile(directory, publicIpFile);
    await writeWhole(directory, identityFile, `${JSON.stringify(published, undefined, 2)}\n`);
    await writeWhole(directory, publicIpFile, `${published.publicIp}\n`);
  });
  return published;
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

async function readWhole(directory: string): Promise<PublicIdentity | undefined> {
  const identity = await readIdentity(directory);
  if (identity !== undefined) await requireAddressFile(directory, identity);
  return identity;
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
