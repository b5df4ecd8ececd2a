import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A program that does not come back is given up. */
const chrtTimeoutMs = 2_000;

/** SCHED_FIFO and SCHED_RR (include/uapi/linux/sched.h). */
const realtimePolicies: ReadonlySet<number> = new Set([1, 2]);

/**
 * Asks for SCHED_RR with this priority (1 to 99, sched(7)) for a thread of this process, not for what it may start; or, with 0, for
 * SCHED_OTHER. Node has no sched_setscheduler(2); chrt(1) of util-linux has. It takes CAP_SYS_NICE; RLIMIT_RTPRIO allows the way up
 * alone. Without them, or without the program, nothing changes, which `readRealtimePriority` shows.
 */
export async function askForRealtime(threadId: number, priority: number): Promise<void> {
  const policy = priority === 0 ? ['--other'] : ['--rr', '--reset-on-fork'];
  const of = [...policy, '--pid', String(priority), String(threadId)];
  try {
    const signal = AbortSignal.timeout(chrtTimeoutMs);
    const chrt = spawn('chrt', of, { stdio: 'ignore', signal, killSignal: 'SIGKILL' });
    await once(chrt, 'exit');
  } catch {
    // no such program, say: what the thread has is read, whatever became of this
  }
}

/** Realtime priority of a thread of this process, 0 when it is none; undefined when there is no such thread, or no /proc. */
export async function readRealtimePriority(threadId: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/self/task/${threadId}/stat`, 'utf8').catch(() => '');
  return realtimePriorityOf(stat);
}

/** Whether the thread that calls it is a realtime thread, as far as a /proc says so. */
export function isRealtimeHere(): boolean {
  try {
    return (realtimePriorityOf(readFileSync('/proc/thread-self/stat', 'utf8')) ?? 0) > 0;
  } catch {
    return false;
  }
}

/** The same of what the thread's `stat` says: fields 40 and 41, rt_priority and policy (proc_pid_stat(5)). */
export function realtimePriorityOf(stat: string): number | undefined {
  // the second field is a name in brackets, with any spaces and brackets in it; the third one comes after its last
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [priority, policy] = [Number(fields[40 - 3]), Number(fields[41 - 3])];
  if (!Number.isInteger(priority) || !Number.isInteger(policy)) return undefined;
  return realtimePolicies.has(policy) ? priority : 0;
}
