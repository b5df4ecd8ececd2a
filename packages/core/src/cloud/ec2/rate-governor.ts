import { aroundEc2, type AroundCall } from './around-ec2.ts';
import type { Ec2Api, GovernedEc2Api } from './ec2-api.ts';
import type { RequestLanes } from './request-lanes.ts';

/** What `rateGovernor` stands on. */
export interface RateGovernorParts {
  readonly ec2: Ec2Api;
  readonly lanes: RequestLanes;
}

/**
 * An Ec2Api whose calls wait for their turn, so that EC2 need not throttle them; what it throttles all the
 * same is tried again here, and says so by `bearsThrottling`. The Ec2Api beneath must not try throttled calls again itself (for `sdkEc2Api`:
 * `maxAttempts: 1`). An abort ends the wait of a call that was not made yet.
 */
export function rateGovernor({ ec2, lanes }: RateGovernorParts): GovernedEc2Api {
  const governed: AroundCall = (action, call, make) => {
    const lane = lanes.of(action);
    const beforePage = (): Promise<void> => lane.turn(call?.signal);
    return lane.run(call?.signal ?? call?.untilSent, () => make({ ...call, beforePage }));
  };
  return { ...aroundEc2(ec2, governed), bearsThrottling: true };
}
