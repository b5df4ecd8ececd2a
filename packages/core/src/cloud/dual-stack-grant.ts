import type { CoreError } from '../errors.ts';
import { openSession, type CloudSession } from './cloud-session.ts';
import type { DirectGrantParts } from './direct-grant.ts';
import { findNetworkInterface } from './find-network-interface.ts';
import { holdIpv6, releaseIpv6, undoHoldIpv6, type Ipv6Claim } from './hold-ipv6.ts';
import type {
  Grant,
  GrantCall,
  GrantState,
  IdentityGrant,
  MaintainCall,
} from './identity-grant.ts';
import { judgeNetworkInterface } from './judge-network-interface.ts';
import { maintainIpv6 } from './maintain-ipv6.ts';
import { translateEc2Error } from './translate-ec2-error.ts';
import { withFailures } from './undo-acquire.ts';

/**
 * A grant that holds an IPv6 address beside what the inner one holds, for those who want one; for all others it
 * is the inner one. Acquired before it and given back after it.
 */
export function dualStackGrant(
  inner: IdentityGrant,
  parts: Pick<DirectGrantParts, 'ec2' | 'clock' | 'live'>,
): IdentityGrant {
  const { ec2, clock, live } = parts;
  const sessionFor = ({ onStep, signal }: GrantCall): CloudSession =>
    openSession({ ec2, clock, onStep, signal });
  return {
    acquire: async (request) => {
      const { spec, link } = request;
      if (link.ipv6Address === undefined) return inner.acquire(request);
      const session = sessionFor(request);
      const eni = await findNetworkInterface(session, spec, link);
      const refused = judgeNetworkInterface(eni, spec);
      if (refused !== undefined) throw refused;
      const { owner, pool } = spec;
      const { networkInterfaceId } = eni;
      const address = link.ipv6Address;
      const claim: Ipv6Claim = { owner, pool, networkInterfaceId, address };
      try {
        const assignedByUs = await holdIpv6(session, claim, {
          live,
          isOurs: link.isIpv6Ours ?? false,
        });
        const grant = await inner.acquire(request);
        return { ...grant, pool, publicIpv6: { address, assignedByUs } };
      } catch (error) {
        await undoHoldIpv6(session, claim).catch((failure: unknown) => {
          throw withFailures(error, [failure]);
        });
        throw translateEc2Error(error, `assigning ${address} to ${networkInterfaceId}`);
      }
    },
    maintain: async (grant, call) => {
      const state = await inner.maintain(grant, call);
      return state.kind === 'held' && grant.publicIpv6 !== undefined
        ? maintainBoth({ inner, session: sessionFor(call), grant, call }, state)
        : state;
    },
    release: async (grant, options = {}) => {
      const claim = claimOf(grant);
      const outcomes = await Promise.allSettled([inner.release(grant, options)]);
      if (claim?.assignedByUs === true) {
        const releasing = releaseIpv6(sessionFor(options), claim);
        outcomes.push(...(await Promise.allSettled([releasing])));
      }
      const failures = outcomes.flatMap((one) =>
        one.status === 'rejected' ? [one.reason as unknown] : [],
      );
      const [first, ...more] = failures;
      if (failures.length > 0) throw more.length === 0 ? first : withFailures(first, more);
    },
  };
}

function claimOf({
  publicIpv6,
  owner,
  pool,
  networkInterfaceId,
}: Grant): (Ipv6Claim & { readonly assignedByUs: boolean }) | undefined {
  if (publicIpv6 === undefined || pool === undefined) return undefined;
  const { address, assignedByUs } = publicIpv6;
  return { owner, pool, networkInterfaceId, address, assignedByUs };
}

interface Maintained {
  readonly inner: IdentityGrant;
  readonly session: CloudSession;
  readonly grant: Grant;
  readonly call: MaintainCall;
}

/** The IPv4 side is held. A loss of the IPv6 side is one of the whole identity: it is advertised as one. */
async function maintainBoth(
  run: Maintained,
  state: Extract<GrantState, { readonly kind: 'held' }>,
): Promise<GrantState> {
  const { session, grant, call } = run;
  const claim = claimOf(grant);
  if (claim === undefined) return state;
  try {
    const six = await maintainIpv6(session, claim, call);
    switch (six.kind) {
      case 'held':
        return {
          kind: 'held',
          grant: state.grant,
          repaired: [...state.repaired, ...six.repaired],
          unrepaired: state.unrepaired,
        };
      case 'let-go':
        return { kind: 'let-go', left: await giveBackRepairs(run, state) };
      case 'lost':
        return {
          kind: 'lost',
          because: 'ipv6-taken',
          message: six.message,
          associationId: undefined,
        };
      default:
        return six satisfies never;
    }
  } catch (error) {
    const unrepaired = translateEc2Error(error, `maintaining ${claim.address}`);
    // what the inner grant did is told all the same
    return { kind: 'held', grant: state.grant, repaired: state.repaired, unrepaired };
  }
}

/** Who gives the identity back meanwhile may have passed what this call has just put back. */
async function giveBackRepairs(
  { inner, call }: Maintained,
  { grant, repaired }: Extract<GrantState, { readonly kind: 'held' }>,
): Promise<CoreError | undefined> {
  if (repaired.length === 0) return undefined;
  const { onStep, claimAgeMs } = call;
  const options = onStep === undefined ? { claimAgeMs } : { claimAgeMs, onStep };
  return inner.release(grant, options).then(
    () => undefined,
    (error: unknown) => translateEc2Error(error, `giving back ${grant.publicIp}`),
  );
}
