import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Mode } from './faults.ts';
import { addTally, emptyTally, type SeedRange, type Tally } from './tally.ts';

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

/** Runs seeds on worker threads; what comes of it does not depend on how they are spread. */
export async function runParallel(run: ParallelRun): Promise<Tally> {
  const { first, seeds, workers = availableParallelism(), chunk = 50 } = run;
  const tally = emptyTally();
  let next = first;
  const isOver = (): boolean =>
    next >= first + seeds || (run.stopsAtFailure === true && tally.failed.length > 0);
  const work = async (): Promise<void> => {
    const workerData = run.mutant === undefined ? {} : { mutant: run.mutant };
    const worker = new Worker(new URL('simulation-worker.ts', import.meta.url), {
      workerData,
      execArgv: ['-C', 'truetuple-source'],
      // what a seed makes is garbage when it ends: room for it is cheaper than collecting it often
      resourceLimits: { maxYoungGenerationSizeMb: 192 },
    });
    try {
      while (!isOver()) {
        const range = { first: next, count: Math.min(chunk, first + seeds - next), mode: run.mode };
        next += range.count;
        addTally(tally, await ask(worker, range));
        run.onProgress?.(tally);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  tally.failed.sort((a, b) => a.seed - b.seed);
  return tally;
}

function ask(worker: Worker, range: SeedRange) {
  return new Promise<Tally>((resolve, reject) => {
    const failed = (error: unknown): void =>
      reject(
        new Error(`a worker died in the seeds from ${range.first}, ${range.count} of them`, {
          cause: error,
        }),
      );
    worker.once('error', failed);
    worker.once('message', (tally: Tally) => {
      worker.off('error', failed);
      resolve(tally);
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    worker.postMessage(range);
  });
}
