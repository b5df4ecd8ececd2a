import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Mode } from './faults.ts';
import { addTally, emptyTally, type Tally } from './tally.ts';

export interface ParallelRun {
  readonly first: number;
  readonly seeds: number;
  /** Default: as many as the machine has processors. */
  readonly workers?: number;
  /** Seeds that a worker runs at a time. */
  readonly chunk?: number;
  /** Default: as each seed says. */
  readonly mode?: Mode | undefined;
  /** The name of a mutant to run instead of core as it is. */
  readonly mutant?: string;
  /** True to stop at the first seed that fails. */
  readonly stopsAtFailure?: boolean;
  readonly onProgress?: (tally: Tally) => void;
}

const program = fileURLToPath(new URL('simulation-worker.ts', import.meta.url));

const execArgv: readonly string[] = [
  '-C',
  'truetuple-source',
  // one processor each
  '--single-threaded-gc',
  // what a seed makes is garbage when it ends: room for it is cheaper than collecting it often
  '--max-semi-space-size=64',
  '--min-semi-space-size=64',
  // a worker runs so much code that much of it waits long to be optimised: compiled plainly at once, it is not interpreted until then
  '--always-sparkplug',
];

/**
 * Runs seeds in processes; what comes of it does not depend on how they are spread. No threads: V8 of Node 24 keeps one table of
 * compiled code for all threads of a process, and ends it now and then when one of them is gone ("jit_page_->allocations_.erase").
 */
export async function runParallel(run: ParallelRun): Promise<Tally> {
  const { first, seeds, workers = availableParallelism(), chunk = 50 } = run;
  const tally = emptyTally();
  let next = first;
  const isOver = (): boolean =>
    next >= first + seeds || (run.stopsAtFailure === true && tally.failed.length > 0);
  const work = async (): Promise<void> => {
    const given = run.mutant === undefined ? [] : [run.mutant];
    const worker = fork(program, given, { execArgv: [...execArgv], serialization: 'advanced' });
    let doing = 'before its first seed';
    const died = new Promise<never>((_resolve, reject) => {
      // what it wrote of that stands on stderr
      worker.once('exit', (code, signal) =>
        reject(new Error(`a worker died ${doing}: ${signal ?? `exit ${code}`}`)),
      );
    });
    // heard wherever an answer is waited for
    died.catch(() => {});
    try {
      await Promise.race([once(worker, 'message'), died]);
      while (!isOver()) {
        const range = { first: next, count: Math.min(chunk, first + seeds - next), mode: run.mode };
        next += range.count;
        doing = `in the seeds from ${range.first}, ${range.count} of them`;
        worker.send(range);
        const [told] = (await Promise.race([once(worker, 'message'), died])) as [Tally];
        addTally(tally, told);
        run.onProgress?.(tally);
      }
    } finally {
      worker.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  tally.failed.sort((a, b) => a.seed - b.seed);
  return tally;
}
