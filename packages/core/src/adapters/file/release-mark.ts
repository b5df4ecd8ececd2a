import { join } from 'node:path';
import * as v from 'valibot';
import type { PublicIdentity } from '../../identity/public-identity.ts';
import { isErrno, readText, removeFile, writeWhole, writing } from './text-file.ts';

/** Says which pod's hold on which address was released last: what a keep in another process goes by. */
const releaseMarkFile = 'public-ip.released';

const schema = v.object({ uid: v.string(), allocationId: v.string() });

/** Where there is no directory nobody keeps anything published in it. */
export async function writeMark(directory: string, identity: PublicIdentity): Promise<void> {
  const { owner, allocationId } = identity;
  const text = `${JSON.stringify({ uid: owner.uid, allocationId })}\n`;
  await writing(directory, () =>
    writeWhole(directory, releaseMarkFile, text).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error;
    }),
  );
}

/** True when the mark names the same pod's hold on the same address; who wrote another text wrote no mark. */
export async function isMarked(directory: string, identity: PublicIdentity): Promise<boolean> {
  const text = await readText(join(directory, releaseMarkFile));
  if (text === undefined) return false;
  const mark = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (!mark.success) return false;
  const { uid, allocationId } = mark.output;
  return uid === identity.owner.uid && allocationId === identity.allocationId;
}

export function removeMark(directory: string): Promise<void> {
  return removeFile(directory, releaseMarkFile);
}
