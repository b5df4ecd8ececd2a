import type { Clock } from '../identity/clock.ts';
import { acquireGrant } from './acquire/acquire-grant.ts';
import type { AllocationPolicy } from './acquire/allocation-policy.ts';
import type { Ec2Api } from './ec2/ec2-api.ts';
import type { IdentityGrant } from './identity-grant.ts';
import { dualStackGrant } from './ipv6/dual-stack-grant.ts';
import type { Liveness } from './liveness.ts';
import { maintainGrant } from './maintain/maintain-grant.ts';
import { openSession } from './observe/cloud-session.ts';
import { formatReleased } from './plan/choose-address.ts';
import { endClaim } from './release/end-claim.ts';

/** What a process that holds EC2 rights itself works with. */
export interface DirectGrantParts {
  readonly ec2: Ec2Api;
  /** For pauses after transient failures. */
  readonly clock: Clock;
  /**
   * Proves pods dead, if it lists the one that asks: with it an acquire takes over at once the address of an earlier
   * pod of the same name, and its own private IP from the network interface of a dead pod. Without it they wait for
   * the reaper.
   */
  readonly live?: Liveness | undefined;
  /** Default none: a pool has what somebody put into it. */
  readonly allocate?: AllocationPolicy | undefined;
  /**
   * For how long an address that another pod let go is taken only when nothing else is free, since that one's
   * peers may still send to it; a release then records when it was, one CreateTags more. Default none.
   */
  readonly coolDown?: { readonly ms: number; readonly clock: Pick<Clock, 'now'> } | undefined;
}

/**
 * The grant of a process that holds EC2 rights itself. EC2's refusal to associate an Elastic IP twice is
 * the lock; nobody else is asked. Acquire, repeated with everything in place and published, writes nothing; release is
 * safe twice and from another process. What a failed acquire took is given back; its methods reject with a CoreError, whose code says
 * what EC2 refused (AccessDenied, LimitExceeded, PoolEmpty, PoolExhausted, PrivateIpHeldElsewhere and others), or Aborted.
 */
export function directGrant(parts: DirectGrantParts): IdentityGrant {
  return dualStackGrant(ipv4Grant(parts), parts);
}

function ipv4Grant(parts: DirectGrantParts): IdentityGrant {
  const { ec2, clock, live, coolDown, allocate } = parts;
  const cooling = coolDown && (() => ({ ms: coolDown.ms, nowMs: coolDown.clock.now() }));
  return {
    acquire: (request) =>
      acquireGrant(
        openSession({ ec2, clock, onStep: request.onStep, signal: request.signal }),
        request,
        { live, coolDown: cooling, allocate },
      ),
    maintain: (grant, call) =>
      maintainGrant(openSession({ ec2, clock, onStep: call.onStep, signal: call.signal }), grant, {
        ...call,
        clearsPrivateIp: true,
      }),
    release: async (grant, options = {}) => {
      const { allocationId, publicIp, associationId } = grant;
      const session = openSession({ ec2, clock, onStep: options.onStep, signal: options.signal });
      await endClaim(session, {
        wanted: {
          kind: 'nothing',
          owner: grant.owner,
          networkInterfaceId: grant.networkInterfaceId,
          privateIp: grant.privateIp,
          claim: { allocationId, publicIp, associationId },
          unassignPrivateIp: grant.privateIpAssignedByUs,
          known: 'reported',
          isPrivateIpOnLink: options.isPrivateIpOnLink,
          isFirst: options.isFirst,
          routeTableIds: grant.routeTableIds,
          released: coolDown && formatReleased(grant.owner, coolDown.clock.now()),
        },
        claimAgeMs: options.claimAgeMs ?? 0,
      });
    },
  };
}
