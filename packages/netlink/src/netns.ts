import fs from 'node:fs';
import { join } from 'node:path';
import { errorFromErrno, inputError, namespaceError, NetlinkError } from './errors.ts';
import { native } from './native.ts';
import type { NetnsReference, NetworkNamespace } from './network-namespace.ts';

const directory = '/run/netns';
// include/uapi/linux/mount.h
const mountFlag = { bind: 0x1000, recursive: 0x4000, shared: 0x100000 } as const;
const openFlags = { r: fs.constants.O_RDONLY, w: fs.constants.O_WRONLY, rw: fs.constants.O_RDWR };

/**
 * Makes a network namespace. Without a name it is anonymous: it lives as long as its descriptor, so
 * nothing is left behind however the process ends. With a name it is what `ip netns add` makes: a
 * mount on /run/netns/<name> that lasts until it is deleted.
 * @throws NetlinkError EPERM without CAP_SYS_ADMIN, EEXIST when the name is taken.
 */
export function createNetworkNamespace(options: { name?: string } = {}): NetworkNamespace {
  const { name } = options;
  const path = name === undefined ? undefined : namedPath(name);
  const fd = native().createNamespace();
  if (fd < 0) throw namespaceError('creating a network namespace', -fd);
  if (name === undefined || path === undefined) {
    return new HeldNamespace(fd, `/proc/${String(process.pid)}/fd/${String(fd)}`, undefined);
  }
  try {
    pin(fd, path);
  } catch (error) {
    native().close(fd);
    throw error;
  }
  return new HeldNamespace(fd, path, name);
}

/** Opens a namespace by path: `/run/netns/a`, `/proc/1234/ns/net`. */
export function openNetworkNamespace(path: string): NetworkNamespace {
  const fd = openPath(path);
  const name = path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : undefined;
  // Who opens has to close: at a Worker's end Node closes what it opened there and did not close,
  // whoever has the number by then.
  return new HeldNamespace(fd, path, name, fs.closeSync);
}

/** Unmounts and removes /run/netns/<name>; the namespace ends when nobody else holds it. */
export function deleteNetworkNamespace(name: string): void {
  const path = namedPath(name);
  const what = `deleting the network namespace ${path}`;
  const result = native().unmount(path);
  // EINVAL: a file that is no mount point, left by a crash between its making and the mount.
  if (result < 0 && result !== -22) throw namespaceError(what, -result);
  attempt(what, () => {
    fs.unlinkSync(path);
  });
}

/** The names under /run/netns. */
export function listNetworkNamespaces(): string[] {
  if (!fs.existsSync(directory)) return [];
  return attempt(`listing ${directory}`, () => fs.readdirSync(directory)).toSorted();
}

/** A descriptor for the reference, and whether the caller has to close it with `fs.closeSync`. */
export function namespaceFd(reference: NetnsReference | undefined): {
  fd: number;
  opened: boolean;
} {
  if (reference === undefined) return { fd: -1, opened: false };
  if (typeof reference === 'string') return { fd: openPath(reference), opened: true };
  return { fd: typeof reference === 'number' ? reference : reference.fd, opened: false };
}

class HeldNamespace implements NetworkNamespace {
  readonly fd: number;
  readonly path: string;
  declare readonly name?: string;
  readonly inode: number;
  readonly #closeFd: (fd: number) => void;
  #open = true;

  constructor(
    fd: number,
    path: string,
    name: string | undefined,
    closeFd: (fd: number) => void = (opened) => void native().close(opened),
  ) {
    this.#closeFd = closeFd;
    this.fd = fd;
    this.path = path;
    if (name !== undefined) this.name = name;
    this.inode = fs.fstatSync(fd).ino;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#closeFd(this.fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  openFile(path: string, flags: 'r' | 'w' | 'rw' = 'r'): number {
    const what = `opening ${path} in the network namespace ${this.path}`;
    if (!this.#open) throw errorFromErrno(what, 9);
    const seen = path.replace(/^\/proc\/(?:self\/)?net(?=\/|$)/, '/proc/thread-self/net');
    const fd = native().openIn(this.fd, seen, openFlags[flags]);
    if (fd < 0) throw namespaceError(what, -fd);
    return fd;
  }

  readFile(path: string): string {
    const fd = this.openFile(path, 'r');
    try {
      return attempt(`reading ${path} in ${this.path}`, () => fs.readFileSync(fd, 'utf8'));
    } finally {
      native().close(fd);
    }
  }

  writeFile(path: string, text: string): void {
    const fd = this.openFile(path, 'w');
    try {
      attempt(`writing "${text}" to ${path} in ${this.path}`, () => fs.writeSync(fd, text));
    } finally {
      native().close(fd);
    }
  }
}

function namedPath(name: string): string {
  if (/^[^/\0]{1,255}$/.test(name) && name !== '.' && name !== '..') return join(directory, name);
  throw inputError(
    `"${name}" cannot name a network namespace`,
    'Use a file name: 1 to 255 characters, no slash.',
  );
}

function openPath(path: string): number {
  return attempt(`opening the network namespace ${path}`, () => fs.openSync(path, 'r'));
}

/** Binds the namespace to a new file, having made /run/netns a shared mount, as iproute2 does. */
function pin(fd: number, path: string): void {
  const what = `naming a network namespace ${path}`;
  attempt(what, () => fs.mkdirSync(directory, { recursive: true, mode: 0o755 }));
  shareDirectory();
  attempt(what, () => {
    fs.closeSync(fs.openSync(path, 'wx', 0o444));
  });
  const result = native().mount(`/proc/self/fd/${String(fd)}`, path, mountFlag.bind);
  if (result >= 0) return;
  fs.unlinkSync(path);
  throw namespaceError(what, -result);
}

/** So that mounts made here reach other mount namespaces, and unmounting there is seen here. */
function shareDirectory(): void {
  const share = (): number => native().mount('', directory, mountFlag.shared | mountFlag.recursive);
  let result = share();
  if (result === -22) {
    // It is not a mount point yet.
    result = native().mount(directory, directory, mountFlag.bind | mountFlag.recursive);
    if (result >= 0) result = share();
  }
  if (result < 0) throw namespaceError(`making ${directory} a shared mount`, -result);
}

function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const { errno, code } = cause as NodeJS.ErrnoException;
    if (errno === undefined || code === undefined) throw cause;
    const known = errorFromErrno(what, Math.abs(errno));
    throw new NetlinkError(known.message, {
      code,
      errno: known.errno,
      remedy: remedyForFile[code] ?? known.remedy,
      retry: known.retry,
      cause,
    });
  }
}

const remedyForFile: Readonly<Record<string, string>> = {
  ENOENT: 'Check the path; `ip netns list` shows the named network namespaces.',
  EEXIST: 'Choose another name, or delete the old network namespace first.',
  EACCES: 'Run as root, or as the owner of the file.',
  EROFS:
    'Mount it writable, or change link settings through links.set(), which needs no /proc/sys.',
};
