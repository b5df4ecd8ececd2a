import { fork, type ChildProcess } from 'node:child_process';
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
    try {
      await answerOf(
        worker,
        `before it was ready${run.mutant === undefined ? '' : `: ${run.mutant}`}`,
      );
      while (!isOver()) {
        const range = { first: next, count: Math.min(chunk, first + seeds - next), mode: run.mode };
        next += range.count;
        worker.send(range);
        const what = `in the seeds from ${range.first}, ${range.count} of them`;
        addTally(tally, (await answerOf(worker, what)) as Tally);
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

/** What a process says next; rejects when it ends instead. What it wrote of that stands on stderr. */
function answerOf(worker: ChildProcess, what: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null): void =>
      reject(new Error(`a worker died ${what}: ${signal ?? `exit ${code}`}`));
    worker.once('exit', ended);
    worker.once('message', (answer) => {
      worker.off('exit', ended);
      resolve(answer);
    });
  });
}
