import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'truetuple-make-folder-'));
});

afterAll(async () => rm(root, { recursive: true }));

it('makes what is missing on the way, and takes what is there', async () => {
  const folder = join(root, 'a', 'b', 'c');
  await makeFolder(folder, '--pcap');
  await makeFolder(folder, '--pcap');
  expect((await stat(folder)).isDirectory()).toBe(true);
});

it.each([
  ['a file', ['file'], 'is no folder'],
  ['below a file', ['file', 'x'], 'file'],
])('%s: says so, and names the option', async (_what, parts, because) => {
  await writeFile(join(root, 'file'), '');
  await expect(makeFolder(join(root, ...parts), '--pcap')).rejects.toMatchObject({
    code: 'ReportUnwritable',
    message: expect.stringContaining(because) as unknown,
    remedy: expect.stringContaining('--pcap') as unknown,
  });
});

it('a place where the kernel lets nobody make one ends too', async () => {
  await expect(makeFolder('/proc/truetuple/x', '--json')).rejects.toMatchObject({
    code: 'ReportUnwritable',
  });
});
