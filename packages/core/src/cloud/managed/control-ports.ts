import type { CoreError } from '../../errors.ts';
import type { Clock } from '../../identity/clock.ts';
import type { Ec2Api } from '../ec2/ec2-api.ts';
import type { CloudStepEvent } from '../identity-grant.ts';
import type { Liveness } from '../liveness.ts';
import type { ClaimStore } from './claim-store.ts';
import type { ClaimKey } from './claim.ts';

/** What each part of the controller works with: EC2 and claims write only under the lease. */
export interface ControlPorts {
  readonly ec2: Ec2Api;
  readonly claims: ClaimStore;
  readonly live: Liveness;
  readonly clock: Clock;
  readonly pool: string;
  readonly onStep: ((event: CloudStepEvent, claim: ClaimKey) => void) | undefined;
  readonly onTrouble: ((error: CoreError, claim: ClaimKey | undefined) => void) | undefined;
  /** Ends waits and reads, and writes that were not sent. */
  readonly signal: AbortSignal;
}
