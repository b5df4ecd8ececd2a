import type { CoreError } from '../../errors.ts';
import { judgeNetworkInterface } from '../acquire/judge-network-interface.ts';
import { withFailures } from '../acquire/with-failures.ts';
import type { DirectGrantParts } from '../direct-grant.ts';
import type {
  Grant,
  GrantCall,
  GrantRequest,
  GrantState,
  IdentityGrant,
  MaintainCall,
  ReleaseCall,
} from '../identity-grant.ts';
import { isYoung } from '../maintain/judge-claim.ts';
import { openSession, type CloudSession } from '../observe/cloud-session.ts';
import { findNetworkInterface } from '../observe/find-network-interface.ts';
import { translateEc2Error } from '../steps/translate-ec2-error.ts';
import {
  holdIpv6,
  releaseIpv6,
  undoHoldIpv6,
  type HoldTrace,
  type Ipv6Claim,
} from './hold-ipv6.ts';
import { ipv6ClaimOf, maintainBeside, type Held } from './maintain-ipv6.ts';

/** What holds an IPv4 address, and what an IPv6 address is held with beside it. */
export interface BothParts extends Pick<DirectGrantParts, 'ec2' | 'clock' | 'live'> {
  readonly inner: IdentityGrant;
}

export async function acquireBoth(
  parts: BothParts,
  request: GrantRequest,
  address: NonNullable<GrantRequest['link']['ipv6Address']>,
): Promise<Grant> {
  const { inner, live } = parts;
  const { spec, link, published } = request;
  const session = sessionFor(parts, request);
  const eni = await findNetworkInterface(session, spec, link);
  const refused = judgeNetworkInterface(eni, spec);
  if (refused !== undefined) throw refused;
  const { owner, pool } = spec;
  const { networkInterfaceId } = eni;
  const claim: Ipv6Claim = { owner, pool, networkInterfaceId, address };
  const trace: HoldTrace = {};
  let holding: Promise<boolean> | undefined;
  const hold = (): Promise<boolean> => {
    holding ??= holdIpv6(session, claim, {
      live,
      isOurs: link.isIpv6Ours ?? false,
      isStanding: published?.publicIpv6?.address === address,
      trace,
    });
    return holding;
  };
  try {
    const grant = await inner.acquire({
      ...request,
      // no sooner: a pod that waits for an Elastic IP would take an IPv6 address and give it back at each try
      onClaiming: async () => void (await hold()),
      onClaimed: async (claimed) => {
        await hold();
        await request.onClaimed(claimed);
      },
    });
    return { ...grant, pool, publicIpv6: { address, assignedByUs: await hold() } };
  } catch (error) {
    await undoHoldIpv6(session, claim, trace).catch((failure: unknown) => {
      throw withFailures(error, [failure]);
    });
    throw translateEc2Error(error, `assigning ${address} to ${networkInterfaceId}`);
  }
}

export async function releaseBoth(
  parts: BothParts,
  grant: Grant,
  options: ReleaseCall,
): Promise<void> {
  const claim = ipv6ClaimOf(grant);
  const outcomes = await Promise.allSettled([parts.inner.release(grant, options)]);
  if (claim?.assignedByUs === true) {
    const { isIpv6OnLink = false, claimAgeMs = 0 } = options;
    const isYoungOnLink = isIpv6OnLink && isYoung(claimAgeMs);
    const releasing = releaseIpv6(sessionFor(parts, options), claim, { isYoungOnLink });
    outcomes.push(...(await Promise.allSettled([releasing])));
  }
  const failures = outcomes.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as unknown] : [],
  );
  const [first, ...more] = failures;
  if (failures.length > 0) throw more.length === 0 ? first : withFailures(first, more);
}

function sessionFor({ ec2, clock }: BothParts, { onStep, signal }: GrantCall): CloudSession {
  return openSession({ ec2, clock, onStep, signal });
}

interface Maintained {
  readonly parts: BothParts;
  readonly grant: Grant;
  readonly call: MaintainCall;
}

/** See maintainBeside. */
export async function maintainBoth(run: Maintained, state: Held): Promise<GrantState> {
  const { parts, grant, call } = run;
  const both = await maintainBeside(sessionFor(parts, call), grant, call, state);
  return both === 'let-go' ? { kind: 'let-go', left: await giveBackRepairs(run, state) } : both;
}

/** Who gives the identity back meanwhile may have passed what this call has just put back. */
async function giveBackRepairs(
  { parts, call }: Maintained,
  { grant, repaired }: Held,
): Promise<CoreError | undefined> {
  if (repaired.length === 0) return undefined;
  const { onStep, claimAgeMs } = call;
  const options = onStep === undefined ? { claimAgeMs } : { claimAgeMs, onStep };
  return parts.inner.release(grant, options).then(
    () => undefined,
    (error: unknown) => translateEc2Error(error, `giving back ${grant.publicIp}`),
  );
}
