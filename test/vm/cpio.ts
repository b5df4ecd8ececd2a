// The "newc" cpio format, which the kernel unpacks as its first file system
// (Documentation/driver-api/early-userspace/buffer-format.rst). Pure: entries in, bytes out.

/** One entry of an archive. Paths are relative to the root, without a leading slash. */
export type CpioEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly data: Uint8Array;
      readonly executable: boolean;
    }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'character-device';
      readonly path: string;
      readonly major: number;
      readonly minor: number;
    };

const trailer = 'TRAILER!!!';
const maxFileBytes = 0xffff_ffff;

/**
 * Encodes an archive as chunks to be written one after the other; file contents are not copied.
 * Missing parent directories are put in before their first child, as the kernel makes none itself.
 */
export function encodeCpio(entries: readonly CpioEntry[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  withParents(entries).forEach((entry, index) => pushEntry(chunks, entry, index + 1));
  chunks.push(header({ name: trailer, inode: 0, mode: 0, size: 0, major: 0, minor: 0 }));
  return chunks;
}

/** Adds each directory that an entry lies in and that no earlier entry named. */
export function withParents(entries: readonly CpioEntry[]): CpioEntry[] {
  const made = new Set<string>();
  const all: CpioEntry[] = [];
  for (const entry of entries) {
    const parts = entry.path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).join('/');
      if (made.has(path)) continue;
      made.add(path);
      all.push({ kind: 'directory', path });
    }
    if (entry.kind === 'directory') {
      if (made.has(entry.path)) continue;
      made.add(entry.path);
    }
    all.push(entry);
  }
  return all;
}

function pushEntry(chunks: Uint8Array[], entry: CpioEntry, inode: number): void {
  const data = contents(entry);
  if (data.byteLength > maxFileBytes)
    throw new RangeError(
      `cpio: ${entry.path} has ${data.byteLength} bytes, and newc has room for 4 GiB`,
    );
  const device =
    entry.kind === 'character-device'
      ? { major: entry.major, minor: entry.minor }
      : { major: 0, minor: 0 };
  chunks.push(
    header({
      name: entry.path,
      inode,
      mode: mode(entry),
      size: data.byteLength,
      major: device.major,
      minor: device.minor,
    }),
  );
  if (data.byteLength > 0) chunks.push(data);
  const padding = paddingTo4(data.byteLength);
  if (padding > 0) chunks.push(new Uint8Array(padding));
}

function contents(entry: CpioEntry): Uint8Array {
  if (entry.kind === 'file') return entry.data;
  if (entry.kind === 'symlink') return new TextEncoder().encode(entry.target);
  return new Uint8Array(0);
}

// the file type bits of stat(2), in octal
function mode(entry: CpioEntry): number {
  switch (entry.kind) {
    case 'directory':
      return 0o040_755;
    case 'file':
      return entry.executable ? 0o100_755 : 0o100_644;
    case 'symlink':
      return 0o120_777;
    case 'character-device':
      return 0o020_600;
    default:
      return entry satisfies never;
  }
}

interface HeaderFields {
  readonly name: string;
  readonly inode: number;
  readonly mode: number;
  readonly size: number;
  readonly major: number;
  readonly minor: number;
}

/** Magic, thirteen fields of eight hexadecimal digits, the name with its NUL, padding to four bytes. */
function header(fields: HeaderFields): Uint8Array {
  const name = new TextEncoder().encode(`${fields.name}\0`);
  const links = 1;
  const numbers = [
    fields.inode,
    fields.mode,
    0, // uid
    0, // gid
    links,
    0, // mtime
    fields.size,
    0, // device, major
    0, // device, minor
    fields.major,
    fields.minor,
    name.byteLength,
    0, // checksum, unused in newc
  ];
  const text = `070701${numbers.map((n) => n.toString(16).padStart(8, '0')).join('')}`;
  const length = text.length + name.byteLength;
  const bytes = new Uint8Array(length + paddingTo4(length));
  bytes.set(new TextEncoder().encode(text));
  bytes.set(name, text.length);
  return bytes;
}

function paddingTo4(length: number): number {
  return (4 - (length % 4)) % 4;
}
