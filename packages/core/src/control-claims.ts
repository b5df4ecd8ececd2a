import { boundedLiveness } from './bounded-liveness.ts';
import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import { governedEc2, type GovernedEc2Options } from './cloud/ec2/governed-ec2.ts';
import type { RequestLanes } from './cloud/ec2/request-lanes.ts';
import type { CloudStepEvent } from './cloud/identity-grant.ts';
import type { Liveness } from './cloud/liveness.ts';
import { ClaimController } from './cloud/managed/claim-controller.ts';
import type { ClaimStore } from './cloud/managed/claim-store.ts';
import type { ClaimKey } from './cloud/managed/claim.ts';
import { fenceClaims, fenceEc2 } from './cloud/managed/fence-writes.ts';
import { oneFirst } from './cloud/managed/one-first.ts';
import { shareChecks } from './cloud/managed/share-checks.ts';
import type { WriterLease } from './cloud/managed/writer-lease.ts';
import type { CoreError } from './errors.ts';
import type { Clock } from './identity/clock.ts';
import { requirePoolName } from './identity/pool-name.ts';
import { isLeast, requireOptions } from './identity/require-options.ts';
import { anything, isTime, type OptionRules } from './identity/wrong-options.ts';

/** What a controller of claims works with. */
export interface ControlPartsForClaims {
  /** Of the region; must not try throttled calls again itself: `sdkEc2Api` with `maxAttempts: 1`. */
  readonly ec2: Ec2Api;
  /** Of the account and region. */
  readonly lanes: RequestLanes;
  readonly claims: ClaimStore;
  /** Writes are made only while it is held. */
  readonly lease: WriterLease;
  /** Which pods live: what one of them may hold is never given back without its word. */
  readonly live: Liveness;
  readonly clock: Clock;
}

/** Which claims, how often, and who is told. */
export interface ControlOptions extends GovernedEc2Options {
  /** Value of the tag `truetuple/pool`. Claims for other pools are left alone. */
  readonly pool: string;
  /** Milliseconds from one comparison of all granted identities with EC2 to the next, and until what failed is tried again. Default 30000. */
  readonly intervalMs?: number;
  /** How long, in milliseconds, a pod must be missing on complete lists before its claim is given back; default five minutes. */
  readonly graceMs?: number;
  /** Told before and after each write to EC2. */
  readonly onStep?: (event: CloudStepEvent, claim: ClaimKey) => void;
  /** Told what does not get on; the pod of that claim finds it in the claim's status. */
  readonly onTrouble?: (error: CoreError, claim: ClaimKey | undefined) => void;
}

/** A controller that runs. */
export interface ClaimControl extends AsyncDisposable {
  /** Ends it: what waits is not sent, what is under way is waited for. Claims and EC2 stay as they are. */
  close(): Promise<void>;
}

const known: OptionRules<ControlOptions> = {
  pool: anything,
  intervalMs: isTime,
  graceMs: isLeast,
  assignWindowMs: anything,
  onStep: anything,
  onTrouble: anything,
};
const defaultIntervalMs = 30_000;
const defaultGraceMs = 5 * 60_000;

/**
 * Carries out the claims of a pool, as its one writer: plans for all of them at once from one view of EC2, promises each address to
 * one claim before EC2 is asked for it, repairs what is granted, and gives back what no pod holds any more. All that it needs
 * to know is in the claims and in EC2, so that another controller goes on where this one died. It does nothing without the lease.
 * Once it runs it throws nothing: what EC2 refuses stands in the claim that it is about, and what goes wrong is told to `onTrouble`.
 * @throws CoreError SpecInvalid for a pool's name with a wildcard, and for options that are misspelt or wrong
 */
export function controlClaims(parts: ControlPartsForClaims, options: ControlOptions): ClaimControl {
  const { lanes, lease, live, clock } = parts;
  const {
    pool,
    assignWindowMs,
    intervalMs = defaultIntervalMs,
    graceMs = defaultGraceMs,
  } = options;
  requirePoolName({ pool });
  requireOptions(options, known, 'a controller of claims');
  const window = assignWindowMs === undefined ? {} : { assignWindowMs };
  const governed = governedEc2({ ec2: fenceEc2(parts.ec2, lease), lanes, clock }, window);
  const controller = new ClaimController(
    {
      ec2: oneFirst(shareChecks(governed)),
      claims: fenceClaims(parts.claims, lease),
      live: boundedLiveness(live),
      clock,
      pool,
      lease,
      onStep: options.onStep,
      onTrouble: options.onTrouble,
    },
    { intervalMs, graceMs },
  );
  const ended = controller.run();
  const close = async (): Promise<void> => {
    controller.stop();
    await ended;
  };
  return { close, [Symbol.asyncDispose]: close };
}
