// What a kernel module file says about itself (the .modinfo section), and the order in which modules
// must be loaded. Pure: the machine that builds the archive needs neither depmod nor the kernel.

/** A module as found in a kernel package. `name` has underscores, as in /proc/modules. */
export interface KernelModule {
  readonly name: string;
  /** Names of the modules that must be loaded before. */
  readonly depends: readonly string[];
}

/** The name that /proc/modules shows for a module file: `crc-ccitt.ko` is `crc_ccitt`. */
export function moduleName(file: string): string {
  const base = file.slice(file.lastIndexOf('/') + 1);
  return base.replace(/\.ko$/, '').replaceAll('-', '_');
}

/**
 * Reads "depends=" from the .modinfo section of a 64-bit little-endian ELF module.
 * Throws a RangeError where the bytes are no such file.
 */
export function moduleDepends(image: Uint8Array): string[] {
  const line = modinfo(image).find((text) => text.startsWith('depends='));
  if (line === undefined) throw new RangeError('kernel module: .modinfo has no depends= entry');
  return line
    .slice('depends='.length)
    .split(',')
    .filter((name) => name !== '')
    .map((name) => name.replaceAll('-', '_'));
}

/**
 * Orders modules so that each comes after what it depends on, without repeats.
 * `find` returns undefined for a name that is built into the kernel and therefore needs no loading;
 * it throws for a name that it does not know.
 */
export function loadOrder(
  wanted: readonly string[],
  find: (name: string) => KernelModule | undefined,
): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const module = find(name);
    if (module === undefined) return;
    module.depends.forEach(visit);
    order.push(name);
  };
  wanted.forEach(visit);
  return order;
}

// Offsets of Elf64_Ehdr and Elf64_Shdr (elf.h)
const elfMagic = 0x464c_457f;
const sectionTableOffset = 0x28;
const sectionHeaderSize = 0x3a;
const sectionCount = 0x3c;
const sectionNamesIndex = 0x3e;

interface Section {
  readonly nameOffset: number;
  readonly offset: number;
  readonly size: number;
}

function modinfo(image: Uint8Array): string[] {
  const sections = readSections(image);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const names = sections[view.getUint16(sectionNamesIndex, true)];
  if (names === undefined) throw new RangeError('kernel module: no table of section names');
  const found = sections.find(
    (section) => textAt(image, names.offset + section.nameOffset) === '.modinfo',
  );
  if (found === undefined) throw new RangeError('kernel module: no .modinfo section');
  return new TextDecoder('latin1')
    .decode(image.subarray(found.offset, found.offset + found.size))
    .split('\0');
}

function readSections(image: Uint8Array): Section[] {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (view.getUint32(0, true) !== elfMagic || image[4] !== 2 || image[5] !== 1)
    throw new RangeError('kernel module: not a 64-bit little-endian ELF file');
  const table = Number(view.getBigUint64(sectionTableOffset, true));
  const size = view.getUint16(sectionHeaderSize, true);
  return Array.from({ length: view.getUint16(sectionCount, true) }, (_, index) => {
    const at = table + index * size;
    return {
      nameOffset: view.getUint32(at, true),
      offset: Number(view.getBigUint64(at + 0x18, true)),
      size: Number(view.getBigUint64(at + 0x20, true)),
    };
  });
}

function textAt(image: Uint8Array, offset: number): string {
  const end = image.indexOf(0, offset);
  return new TextDecoder('latin1').decode(image.subarray(offset, end < 0 ? undefined : end));
}
