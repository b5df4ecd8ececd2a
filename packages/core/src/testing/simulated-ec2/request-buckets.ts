import type { Ec2Action } from '../../cloud/ec2/ec2-action.ts';
import { ec2RequestRates, unfilteredReads } from '../../cloud/ec2/request-rates.ts';
import {
  fullBucket,
  takeToken,
  type BucketLevel,
  type RequestRate,
} from '../../cloud/ec2/token-bucket.ts';
import type { Clock } from '../../identity/clock.ts';
import { refuse } from './refuse.ts';

/**
 * The token buckets of the simulated account. EC2 has buckets for the resources of a request too, but only
 * of actions on instances, which the simulator has not.
 */
export interface SimulatedRates {
  /** An action that is not here is never throttled. */
  readonly perAction: Readonly<Partial<Record<Ec2Action, RequestRate>>>;
  /** DescribeNetworkInterfaces and DescribeInstances that ask for everything at once. */
  readonly unfilteredReads?: RequestRate;
  /**
   * What others of the account take out of a bucket, whoever they are: the AWS VPC CNI at AssignPrivateIpAddresses, other controllers. They
   * draw evenly, each second so many tokens, as long as there are some. Default nobody.
   */
  readonly otherCallers?: Readonly<Partial<Record<Ec2Action, { readonly perSecond: number }>>>;
}

/** Those that `ec2RequestRates` documents. */
export const documentedRates: SimulatedRates = { perAction: ec2RequestRates, unfilteredReads };

/** One bucket for each action of the account in the region, whoever calls. */
export class RequestBuckets {
  readonly #rates: SimulatedRates;
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #levels: Map<string, BucketLevel> = new Map();

  constructor(rates: SimulatedRates, clock: Pick<Clock, 'elapsed'>) {
    requireLeftOver(rates);
    this.#rates = rates;
    this.#clock = clock;
  }

  /** Takes a token, or refuses with RequestLimitExceeded; a refused call costs none. */
  take(action: Ec2Action, input: unknown): void {
    const isUnfiltered = this.#rates.unfilteredReads !== undefined && asksForAll(action, input);
    const rate = isUnfiltered ? this.#rates.unfilteredReads : leftOver(this.#rates, action);
    if (rate === undefined) return;
    const bucket = isUnfiltered ? `${action} unfiltered` : action;
    const now = this.#clock.elapsed();
    const taken = takeToken(rate, this.#levels.get(bucket) ?? fullBucket(rate, now), now);
    if (taken.kind === 'wait') {
      refuse(
        'RequestLimitExceeded',
        `Request limit exceeded: throttled on ec2:${action} because it exceeded its request rate limit.`,
      );
    }
    this.#levels.set(bucket, taken.level);
  }
}

/** The bucket as it is for a caller beside whom others draw from it. */
function leftOver(
  { perAction, otherCallers }: SimulatedRates,
  action: Ec2Action,
): RequestRate | undefined {
  const rate = perAction[action];
  const others = otherCallers?.[action];
  if (rate === undefined || others === undefined) return rate;
  return { burst: rate.burst, perSecond: rate.perSecond - others.perSecond };
}

/** Who shares a bucket with others that empty it at once never has a token for certain. */
function requireLeftOver(rates: SimulatedRates): void {
  const shared = Object.entries(rates.otherCallers ?? {}) as [Ec2Action, { perSecond: number }][];
  for (const [action, { perSecond }] of shared) {
    const left = leftOver(rates, action);
    if (left !== undefined && left.perSecond > 0 && perSecond >= 0) continue;
    const refill = rates.perAction[action]?.perSecond ?? 'no bucket';
    throw new RangeError(
      `other callers of ${action} with ${perSecond} calls a second: its bucket has to refill faster, and has ${refill}`,
    );
  }
}

/** No filter, no ids, no page size. */
function asksForAll(action: Ec2Action, input: unknown): boolean {
  if (action !== 'DescribeNetworkInterfaces' && action !== 'DescribeInstances') return false;
  if (typeof input !== 'object' || input === null) return true;
  return Object.entries(input).every(
    ([key, value]) =>
      key === 'isUnpaged' || value === undefined || (Array.isArray(value) && value.length === 0),
  );
}
