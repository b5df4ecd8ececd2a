import type { Clock } from '../../identity/clock.ts';
import { batchAssigns } from './batch-assigns.ts';
import type { Ec2Api } from './ec2-api.ts';
import { rateGovernor } from './rate-governor.ts';
import type { RequestLanes } from './request-lanes.ts';
import { shareReads } from './share-reads.ts';

/** What `governedEc2` stands on. */
export interface GovernedEc2Parts {
  /** Must not try throttled calls again itself: `sdkEc2Api` with `maxAttempts: 1`. */
  readonly ec2: Ec2Api;
  /** Of the account and region; one for all who call there from this process. */
  readonly lanes: RequestLanes;
  readonly clock: Pick<Clock, 'wait'>;
}

/** How calls are gathered on their way to EC2. */
export interface GovernedEc2Options {
  /** How long an AssignPrivateIpAddresses waits for others of its network interface; default 10 ms. */
  readonly assignWindowMs?: number;
}

/**
 * EC2 as a process with many identities should call it: equal describes shared, private IPs of one
 * interface assigned together, and what is left sent no faster than EC2 takes it.
 */
export function governedEc2(parts: GovernedEc2Parts, options: GovernedEc2Options = {}): Ec2Api {
  const { ec2, lanes, clock } = parts;
  const windowMs = options.assignWindowMs ?? 10;
  return shareReads(batchAssigns({ ec2: rateGovernor({ ec2, lanes }), clock }, { windowMs }));
}
