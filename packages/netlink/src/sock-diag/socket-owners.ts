import { readdir, readlink } from 'node:fs/promises';

/** A process that holds a socket. */
export interface SocketOwner {
  readonly pid: number;
  /** Its descriptor there. */
  readonly fd: number;
}

/**
 * Who holds these sockets, by inode. Netlink does not tell: this reads every /proc/<pid>/fd that it may, so processes of other users are
 * left out without CAP_SYS_PTRACE, those of other process namespaces altogether, and what opens or closes meanwhile may be missed.
 */
export async function findSocketOwners(
  inodes: readonly number[],
): Promise<ReadonlyMap<number, readonly SocketOwner[]>> {
  const wanted = new Map(inodes.map((inode) => [`socket:[${String(inode)}]`, inode]));
  const owners = new Map<number, SocketOwner[]>();
  for (const pid of await namesIn('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const folder = `/proc/${pid}/fd`;
    for (const fd of await namesIn(folder)) {
      const inode = wanted.get(await target(`${folder}/${fd}`));
      if (inode === undefined) continue;
      owners.set(inode, [...(owners.get(inode) ?? []), { pid: Number(pid), fd: Number(fd) }]);
    }
  }
  return owners;
}

/** Nothing where there is nothing, or where we may not look. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function target(link: string): Promise<string> {
  try {
    return await readlink(link);
  } catch {
    return '';
  }
}
