import type { Clock } from '../../identity/clock.ts';
import { LaggingReads } from './lagging-reads.ts';
import { RequestBuckets } from './request-buckets.ts';
import type { SimulatedEc2Options } from './simulated-ec2.ts';

/** What makes a region harder on its callers; undefined: it is not. */
export interface Hardships {
  readonly buckets: RequestBuckets | undefined;
  readonly reads: LaggingReads | undefined;
}

type HardshipOptions = {
  readonly [Name in 'requestRates' | 'reads']: SimulatedEc2Options[Name] | undefined;
};

export function hardshipsOf(
  { requestRates, reads }: HardshipOptions,
  clock: Pick<Clock, 'elapsed'>,
): Hardships {
  return {
    buckets: requestRates && new RequestBuckets(requestRates, clock),
    reads: reads && new LaggingReads(reads, clock),
  };
}
