import type { VpcBox } from '@truetuple/lab';
import { Hosts } from './tuple-matrix-hosts.ts';
import { establish, type Situation } from './tuple-matrix-situation.ts';

/** One situation and what the far side then sees. */
export interface TupleMatrixRow {
  readonly id: string;
  readonly title: string;
  /** Rejects with an AssertionError of node:assert when it does not hold. Any order; one at a time. */
  run(box: VpcBox): Promise<void>;
}

/** A row that begins in a situation, with sockets that close at its end. */
export function row(
  id: string,
  title: string,
  situation: Situation,
  check: (hosts: Hosts) => Promise<void>,
): TupleMatrixRow {
  return {
    id,
    title,
    run: async (box) => {
      await establish(box, situation);
      const hosts = new Hosts(box);
      try {
        await check(hosts);
      } finally {
        await hosts[Symbol.asyncDispose]();
      }
    },
  };
}
