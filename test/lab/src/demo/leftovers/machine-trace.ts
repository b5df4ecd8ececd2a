import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Leftover } from '../report/report.ts';

/** What this process holds of the machine. Linux only; elsewhere all counts are zero. */
export interface MachineTrace {
  readonly sockets: number;
  readonly namespaces: number;
  /** Children of this process. */
  readonly children: readonly number[];
}

export async function traceMachine(): Promise<MachineTrace> {
  if (process.platform !== 'linux') return { sockets: 0, namespaces: 0, children: [] };
  const targets = await linksIn('/proc/self/fd');
  return {
    sockets: targets.filter((target) => target.startsWith('socket:')).length,
    namespaces: targets.filter((target) => target.startsWith('net:') || target.includes('/ns/net'))
      .length,
    children: await childrenOf(process.pid),
  };
}

/** What this process holds more than it did before. */
export function leftOnMachine(before: MachineTrace, after: MachineTrace): readonly Leftover[] {
  const known = new Set(before.children);
  return [
    ...stillOpen(after.sockets - before.sockets, 'sockets'),
    ...stillOpen(after.namespaces - before.namespaces, 'network namespaces'),
    ...after.children
      .filter((pid) => !known.has(pid))
      .map((pid): Leftover => ({ where: 'process', what: `child process ${pid} still runs` })),
  ];
}

function stillOpen(count: number, what: string): readonly Leftover[] {
  return count > 0 ? [{ where: 'process', what: `${count} ${what} still open` }] : [];
}

/** Processes in a network namespace, or holding it open, by the namespace's inode. */
export async function holdersOfNamespace(inode: number): Promise<readonly number[]> {
  if (process.platform !== 'linux') return [];
  const wanted = `net:[${inode}]`;
  const holders: number[] = [];
  for (const pid of await processIds()) {
    const own = await readlink(`/proc/${pid}/ns/net`).catch(() => '');
    const open = own === wanted ? [] : await linksIn(`/proc/${pid}/fd`);
    if (own === wanted || open.includes(wanted)) holders.push(pid);
  }
  return holders;
}

async function processIds(): Promise<readonly number[]> {
  const names = await readdir('/proc');
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

async function childrenOf(parent: number): Promise<readonly number[]> {
  const children: number[] = [];
  for (const pid of await processIds()) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // proc(5): pid (comm) state ppid; comm may hold blanks and brackets
    const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(ppid) === parent && state !== undefined && state !== 'Z') children.push(pid);
  }
  return children;
}

/** Where the symbolic links of a folder lead; what vanished in between is left out. */
async function linksIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  );
  return targets.filter((target) => target !== '');
}
