import { describe, expect, it } from 'vitest';
import { makePlainNode } from './plain-node.mjs';

const libraries = { runPath: '$ORIGIN/../lib', needed: 'libmore.so' };
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';
/** Where the parts of the little program below lie in its file; in memory 0x10000 higher. */
const at = { segments: 64, dynamic: 256, fuse: 512, note: 640, end: 1024 };
const distance = 0x10000;
const stringTable = 0x10080n;

describe('a plain Node of a single executable application', () => {
  it('has its application switched off, and the rest as it was', () => {
    const program = application();
    const plain = makePlainNode(program, libraries);
    expect(plain.subarray(at.fuse, at.note).toString('latin1')).toContain(`${fuse}0`);
    expect(plain).toHaveLength(program.length);
    expect(plain.subarray(0, at.dynamic)).toEqual(program.subarray(0, at.dynamic));
  });

  it('looks for its libraries where it is told, and loads one more', () => {
    const plain = makePlainNode(application(), libraries);
    const entries = dynamic(plain);
    expect(entries.map(({ tag }) => tag)).toEqual([1n, 5n, 29n, 1n, 0n]);
    const texts = entries.map(({ value }) => textAt(plain, value));
    expect(texts.slice(2, 4)).toEqual([libraries.runPath, libraries.needed]);
  });

  it.each<[string, (program: Buffer) => void]>([
    ['is no ELF', (program) => program.fill(0, 0, 4)],
    ['has no application that runs', (program) => program.fill('0', at.fuse, at.note)],
    ['has no blob', (program) => program.fill(0, at.note, at.end)],
    ['blob is smaller', (program) => program.writeUInt32LE(8, at.note + 4)],
    ['has no dynamic entry 0x1e', (program) => program.writeBigUInt64LE(7n, at.dynamic + 32)],
    ['not one segment of type 2', (program) => program.writeUInt32LE(6, at.segments + 56)],
  ])('what %s is refused, with what is to be done', (why, spoil) => {
    const program = application();
    spoil(program);
    expect(() => makePlainNode(program, libraries)).toThrow(
      expect.objectContaining({
        code: 'NotAnApplication',
        message: expect.stringContaining(why) as string,
        remedy: expect.stringContaining('tools/musl') as string,
      }),
    );
  });
});

/** The least that has all parts: loaded whole, dynamic entries, a fuse, and a note with the application. */
function application(): Buffer {
  const file = Buffer.alloc(at.end);
  file.write('\x7fELF\x02\x01', 'latin1');
  file.writeBigUInt64LE(BigInt(at.segments), 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(3, 56);
  segment(file, 0, { type: 1, offset: 0, length: at.end });
  segment(file, 1, { type: 2, offset: at.dynamic, length: 5 * 16 });
  segment(file, 2, { type: 4, offset: at.note, length: at.end - at.note });
  // DT_NEEDED, DT_STRTAB, DT_FLAGS, DT_FLAGS_1, DT_NULL
  const entries = [
    [1n, 1n],
    [5n, stringTable],
    [30n, 8n],
    [0x6ffffffbn, 1n],
    [0n, 0n],
  ] as const;
  for (const [index, words] of entries.entries())
    for (const [word, value] of words.entries())
      file.writeBigUInt64LE(value, at.dynamic + index * 16 + word * 8);
  file.write(`${fuse}1`, at.fuse, 'latin1');
  const name = 'NODE_SEA_BLOB\0';
  file.writeUInt32LE(name.length, at.note);
  file.writeUInt32LE(128, at.note + 4);
  file.write(name, at.note + 12, 'latin1');
  return file;
}

function segment(
  file: Buffer,
  index: number,
  { type, offset, length }: { type: number; offset: number; length: number },
): void {
  const start = at.segments + index * 56;
  file.writeUInt32LE(type, start);
  file.writeBigUInt64LE(BigInt(offset), start + 8);
  file.writeBigUInt64LE(BigInt(offset + distance), start + 16);
  file.writeBigUInt64LE(BigInt(length), start + 32);
}

function dynamic(file: Buffer): { tag: bigint; value: bigint }[] {
  return Array.from({ length: 5 }, (_, index) => {
    const start = at.dynamic + index * 16;
    return { tag: file.readBigUInt64LE(start), value: file.readBigUInt64LE(start + 8) };
  });
}

/** What the loader reads there: a text of the string table. */
function textAt(file: Buffer, value: bigint): string {
  const start = Number(stringTable + value) - distance;
  return file.toString('latin1', start, file.indexOf(0, start));
}
