import { describe, expect, it } from 'vitest';
import { loadOrder, moduleDepends, moduleName } from './kernel-module.ts';

describe('kernel modules', () => {
  it('are named with underscores', () => {
    expect(moduleName('kernel/lib/crc-ccitt.ko')).toBe('crc_ccitt');
  });

  it('tell what they depend on', () => {
    expect(moduleDepends(elfWithModinfo('license=GPL\0depends=stp,nf-nat\0name=x\0'))).toEqual([
      'stp',
      'nf_nat',
    ]);
    expect(moduleDepends(elfWithModinfo('depends=\0'))).toEqual([]);
  });

  it('are refused when the bytes are no module', () => {
    expect(() => moduleDepends(new Uint8Array(64))).toThrow(/not a 64-bit little-endian ELF/);
    expect(() => moduleDepends(elfWithModinfo('license=GPL\0'))).toThrow(/no depends=/);
    const cut = elfWithModinfo('depends=a\0').subarray(0, 100);
    expect(() => moduleDepends(cut)).toThrow(RangeError);
  });

  it('are loaded after what they depend on, each once, built-in ones not at all', () => {
    const depends: Record<string, string[]> = {
      bridge: ['stp', 'llc'],
      stp: ['llc'],
      llc: [],
      nft_nat: ['nf_tables', 'built_in'],
      nf_tables: [],
    };
    const order = loadOrder(['bridge', 'nft_nat', 'llc'], (name) => {
      const found = depends[name];
      return found === undefined ? undefined : { name, depends: found };
    });
    expect(order).toEqual(['llc', 'stp', 'bridge', 'nf_tables', 'nft_nat']);
  });
});

/** The smallest ELF64 file with a .modinfo section: header, two strings, two section headers. */
function elfWithModinfo(text: string): Uint8Array {
  const names = '\0.modinfo\0.shstrtab\0';
  const content = Buffer.from(text, 'latin1');
  const contentAt = 64;
  const namesAt = contentAt + content.length;
  const tableAt = namesAt + names.length;
  const file = Buffer.alloc(tableAt + 2 * 64);
  file.writeUInt32BE(0x7f45_4c46, 0);
  file.set([2, 1, 1], 4);
  file.writeBigUInt64LE(BigInt(tableAt), 0x28);
  file.writeUInt16LE(64, 0x3a);
  file.writeUInt16LE(2, 0x3c);
  file.writeUInt16LE(1, 0x3e);
  content.copy(file, contentAt);
  file.write(names, namesAt, 'latin1');
  writeSection(file, tableAt, { name: 1, offset: contentAt, size: content.length });
  writeSection(file, tableAt + 64, { name: 10, offset: namesAt, size: names.length });
  return file;
}

function writeSection(
  file: Buffer,
  at: number,
  section: { name: number; offset: number; size: number },
): void {
  file.writeUInt32LE(section.name, at);
  file.writeBigUInt64LE(BigInt(section.offset), at + 0x18);
  file.writeBigUInt64LE(BigInt(section.size), at + 0x20);
}
