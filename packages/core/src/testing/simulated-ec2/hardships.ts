import type { Clock } from '../../identity/clock.ts';
import { FreshResources, type FreshTimes } from './fresh-resources.ts';
import { LaggingReads } from './lagging-reads.ts';
import { RequestBuckets } from './request-buckets.ts';
import type { SimulatedEc2Options } from './simulated-ec2.ts';
import { Transients } from './transients.ts';

/** What makes a region harder on its callers; undefined: it is not. */
export interface Hardships {
  readonly buckets: RequestBuckets | undefined;
  readonly reads: LaggingReads | undefined;
  readonly fresh: FreshResources | undefined;
  readonly transients: Transients | undefined;
}

/** Options of a simulated EC2 that are no rules of its operations. */
export type HardshipOptions = Pick<SimulatedEc2Options, 'requestRates' | 'reads' | 'transients'> &
  FreshTimes;

export function hardshipsOf(
  { requestRates, reads, transients, ...times }: HardshipOptions,
  clock: Pick<Clock, 'elapsed'>,
): Hardships {
  return {
    buckets: requestRates && new RequestBuckets(requestRates, clock),
    reads: reads && new LaggingReads(reads, clock),
    transients: transients && new Transients(transients),
    fresh: FreshResources.of(times),
  };
}
