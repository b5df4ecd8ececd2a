import type { Clock } from '../../identity/clock.ts';
import type { Ec2Action } from './ec2-action.ts';
import { RequestLane, type LaneParts } from './request-lane.ts';
import { ratesToKeep } from './request-rates.ts';
import type { RequestRate } from './token-bucket.ts';

/** Time and chance of the lanes. */
export interface RequestLanesParts {
  readonly clock: Pick<Clock, 'elapsed' | 'wait'>;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
}

/** At what pace the lanes let calls go, and how often a throttled one. */
export interface RequestLanesOptions {
  /** Of the actions whose bucket differs from `ec2RequestRates`. */
  readonly rates?: Readonly<Partial<Record<Ec2Action, RequestRate>>>;
  /** How much of each bucket is ours, in (0, 1]: others of the account draw on it too. Default 0.9. */
  readonly share?: number;
  /** How often one call is made when EC2 says RequestLimitExceeded; default 8, then the caller hears it. */
  readonly tries?: number;
}

/**
 * The token buckets of one account in one region, one lane for each EC2 action, each first come, first
 * served. Whoever shares the account's limits in a process must share this.
 */
export class RequestLanes {
  readonly #lanes: ReadonlyMap<string, RequestLane>;

  /** @throws CoreError SpecInvalid for rates with which no call could be made. */
  constructor(parts: RequestLanesParts, options: RequestLanesOptions = {}) {
    const { clock, random } = parts;
    const rates = ratesToKeep(options.rates ?? {}, options.share ?? 0.9);
    const tries = options.tries ?? 8;
    const lane = (rate: RequestRate): RequestLane => {
      const laneParts: LaneParts = { clock, random, rate, tries };
      return new RequestLane(laneParts);
    };
    this.#lanes = new Map(Object.entries(rates).map(([action, rate]) => [action, lane(rate)]));
  }

  of(action: Ec2Action): RequestLane {
    const lane = this.#lanes.get(action);
    if (lane === undefined) throw new Error(`there is no request rate for ${action}`);
    return lane;
  }
}
