import { join } from 'node:path';
import * as v from 'valibot';
import type { PublicIdentity } from '../../identity/public-identity.ts';
import { isErrno, readText, removeFile, writeWhole, writing } from './text-file.ts';

/** Says which pod's hold on which address was released last: what a keep in another process goes by. */
const releaseMarkFile = 'public-ip.released';

const schema = v.object({
  uid: v.string(),
  allocationId: v.string(),
  /** How far the directory had counted; absent in marks of earlier versions. */
  generation: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0),
});

/** Where there is no directory nobody keeps anything published in it. */
export async function writeMark(directory: string, identity: PublicIdentity): Promise<void> {
  const { owner, allocationId, generation } = identity;
  const text = `${JSON.stringify({ uid: owner.uid, allocationId, generation })}\n`;
  await writing(directory, () =>
    writeWhole(directory, releaseMarkFile, text).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) throw error;
    }),
  );
}

/** True when the mark names the same pod's hold on the same address; who wrote another text wrote no mark. */
export async function isMarked(directory: string, identity: PublicIdentity): Promise<boolean> {
  const mark = await readMark(directory);
  return mark?.uid === identity.owner.uid && mark.allocationId === identity.allocationId;
}

/** The generation of what was released last; 0 when there is no mark. */
export async function markedGeneration(directory: string): Promise<number> {
  return (await readMark(directory))?.generation ?? 0;
}

async function readMark(directory: string): Promise<v.InferOutput<typeof schema> | undefined> {
  const text = await readText(join(directory, releaseMarkFile));
  const mark = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  return mark.success ? mark.output : undefined;
}

export function removeMark(directory: string): Promise<void> {
  return removeFile(directory, releaseMarkFile);
}
