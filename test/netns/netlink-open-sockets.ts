import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

/** How many sockets and namespaces this process has open, once what was given up is closed. */
export async function countOpenSockets(): Promise<number> {
  // descriptors that libuv watched are closed a turn of the loop after they were given up
  await turn();
  await turn();
  return readdirSync('/proc/self/fd').filter((fd) => /^(?:socket|net):/.test(targetOf(fd))).length;
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the descriptor that listed the directory
  }
}
