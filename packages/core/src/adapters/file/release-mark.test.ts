import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { PublicIdentity } from '../../identity/public-identity.ts';
import { simulatedPod } from '../../testing/simulated-pod.ts';
import { filePublisher } from './file-publisher.ts';

let directory: string;
let identity: PublicIdentity;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'truetuple-'));
  const { spec, node } = simulatedPod();
  ({ identity } = await ensurePublicIdentity(spec, { node }));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const files = async (): Promise<string[]> => (await readdir(directory)).toSorted();
const mark = 'public-ip.released';

it('says of the same hold only that it was released, until the next publish', async () => {
  const publisher = filePublisher(directory);
  expect(await publisher.isReleased(identity)).toBe(false);
  await publisher.publish(identity);
  await publisher.release(identity);
  expect(await files()).toEqual([mark]);
  expect(await publisher.isReleased({ ...identity, associationId: 'eipassoc-2' })).toBe(true);
  expect(await publisher.isReleased({ ...identity, allocationId: 'eipalloc-2' })).toBe(false);
  const owner = { ...identity.owner, uid: 'another' };
  expect(await publisher.isReleased({ ...identity, owner })).toBe(false);
  await publisher.publish(identity);
  expect(await publisher.isReleased(identity)).toBe(false);
  expect(await files()).toEqual(['public-ip', 'public-ip.json']);
});

function writeNothing(): never {
  throw new Error('not even for a moment');
}

it('publishes nothing again that was released', async () => {
  const publisher = filePublisher(directory);
  const published = await publisher.publish(identity);
  await publisher.withdraw(published);
  expect(await publisher.republish(published)).toMatchObject({ generation: 2 });
  await publisher.release(published);
  const unwritten: PublicIdentity & { toJSON(): never } = { ...published, toJSON: writeNothing };
  expect(await publisher.republish(unwritten)).toBeUndefined();
  expect(await files()).toEqual([mark]);
});

it('leaves nothing published when the release comes while it is being published again', async () => {
  const publisher = filePublisher(directory);
  const { owner, allocationId } = identity;
  const toJSON = (): object => {
    // all that a release does, after the mark was looked for and before the files are written
    writeFileSync(join(directory, mark), JSON.stringify({ uid: owner.uid, allocationId }));
    for (const name of ['public-ip', 'public-ip.json']) {
      rmSync(join(directory, name), { force: true });
    }
    return identity;
  };
  const releasedMeanwhile: PublicIdentity & { toJSON(): object } = { ...identity, toJSON };
  expect(await publisher.republish(releasedMeanwhile)).toBeUndefined();
  expect(await files()).toEqual([mark]);
});

it('marks also what is not published, and leaves what is published of another', async () => {
  const publisher = filePublisher(directory);
  const other = { ...identity, allocationId: 'eipalloc-2', associationId: 'eipassoc-2' };
  const published = await publisher.publish(other);
  await publisher.release(identity);
  expect(await publisher.current()).toEqual(published);
  expect(await publisher.isReleased(identity)).toBe(true);
});

it('needs no directory to release from', async () => {
  const publisher = filePublisher(join(directory, 'none'));
  await publisher.release(identity);
  expect(await publisher.isReleased(identity)).toBe(false);
  expect(await files()).toEqual([]);
});

it.each(['', '{', '[]'])('takes %j for no mark', async (text) => {
  await writeFile(join(directory, mark), text);
  expect(await filePublisher(directory).isReleased(identity)).toBe(false);
});

it('withdraws also when it cannot leave its mark, and says so', async () => {
  const publisher = filePublisher(directory);
  await publisher.publish(identity);
  // rename(2) does not replace a directory by a file
  await mkdir(join(directory, mark));
  await expect(publisher.release(identity)).rejects.toMatchObject({ code: 'PublishFailed' });
  expect(await files()).toEqual([mark]);
});

it('ensures anew what a release that was killed had only marked', async () => {
  const { spec, node } = simulatedPod();
  const inFiles = { ...node, openPublisher: () => filePublisher(directory) };
  const first = await ensurePublicIdentity(spec, { node: inFiles });
  const { owner, allocationId } = first.identity;
  await writeFile(join(directory, mark), JSON.stringify({ uid: owner.uid, allocationId }));
  const again = await ensurePublicIdentity(spec, { node: inFiles });
  expect(again.identity.generation).toBe(2);
  expect(await files()).toEqual(['public-ip', 'public-ip.json']);
});
