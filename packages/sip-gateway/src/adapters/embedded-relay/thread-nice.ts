import { setPriority } from 'node:os';

/**
 * Gives the thread that calls it this nice value: on Linux each thread has its own, and setpriority(2) of 0 means the caller. A
 * value below the present one takes CAP_SYS_NICE or RLIMIT_NICE: without them nothing changes.
 *
 * @throws what else setpriority(2) says
 */
export function setThreadNice(nice: number): void {
  try {
    setPriority(nice);
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
}

function isRefused(error: unknown): boolean {
  const { info } = error as { info?: { code?: unknown } };
  return info?.code === 'EACCES' || info?.code === 'EPERM';
}
