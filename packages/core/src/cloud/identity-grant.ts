import type { CoreError } from '../errors.ts';
import type { Ipv4Address } from '../identity/address.ts';
import type { IdentitySpec } from '../identity/identity-spec.ts';
import type { Ipv6Address } from '../identity/ipv6-address.ts';
import type { Owner } from '../identity/owner.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { PublicIpv6 } from '../identity/public-ipv6.ts';
import type { CloudStep } from './steps/cloud-step.ts';

/**
 * Port: the right to use one public address of a pool, and the VPC state that makes it reach the link.
 * Sides: direct (this process holds EC2 rights), managed (a controller does, asked by a claim).
 */
export interface IdentityGrant {
  acquire(request: GrantRequest): Promise<Grant>;
  /**
   * Looks whether the claim still stands and puts back what is lost of it: registration of the private IP,
   * source/destination check, owner record, VPC routes, an association that nobody else has taken. Writes
   * nothing when all is in place. Answers `lost` only on positive proof.
   * @throws CoreError when EC2 does not say, or says what may be from before the claim: that is no proof.
   */
  maintain(grant: Grant, call: MaintainCall): Promise<GrantState>;
  /**
   * Calls when something may have changed about a grant, so that it is worth maintaining now; absent where nobody tells.
   * One change may be several calls.
   */
  watch?(grant: Grant, onChange: () => void): GrantWatch;
  /** Idempotent; safe from another process, which has only the Grant value, and long after the first time. */
  release(grant: Grant, options?: ReleaseCall): Promise<void>;
}

/** Ends with close(). */
export interface GrantWatch {
  close(): void;
}

export interface GrantCall {
  readonly signal?: AbortSignal;
  /** Told before and after each write. */
  readonly onStep?: (event: CloudStepEvent) => void;
}

/** How a grant is maintained. */
export interface MaintainCall extends GrantCall {
  /** How long ago the claim was made, at least, in milliseconds. */
  readonly claimAgeMs: number;
  /** What time it is, in milliseconds since 1970; absent: requests of others to hand the address over are not heeded. */
  readonly nowMs?: number;
  /**
   * Asked just before each write, and after the last one; false ends the maintenance as `let-go`. Default: yes. Another process of
   * the pod may be giving the claim back, and what that takes away is not to be put back.
   */
  readonly mayWrite?: (seen: ClaimSeen) => Promise<boolean>;
}

/** What was seen of a claim just before a write. */
export interface ClaimSeen {
  /** True when the address carries the owner record that we wrote: a release removes it last. */
  readonly isRecorded: boolean;
}

/** How a grant is given back. */
export interface ReleaseCall extends GrantCall {
  /** As in MaintainCall; default 0: so young that describes may not show it yet. */
  readonly claimAgeMs?: number;
  /**
   * True when the pod's link has the private IP: then no other pod has it, and it is taken off the network interface, if
   * truetuple put it there, even when the claim and its record are another pod's by now. Default false: a release of a claim older than
   * 12 s then asks EC2 first, and waits as long again before it takes away what EC2 does not compare.
   */
  readonly isPrivateIpOnLink?: boolean;
  /** True when no release of it has begun before: then a private IP that no describe shows may be there all the same. Default false. */
  readonly isFirst?: boolean;
  /** The same of the IPv6 address, which a release takes off the link last. Default false. */
  readonly isIpv6OnLink?: boolean;
}

/** A request of another pod for what is held; `untilMs`: when it ends, in milliseconds since 1970. */
export interface HandoverWish {
  readonly by: Owner;
  readonly untilMs: number;
}

/** What maintaining a grant came to. */
export type GrantState =
  | {
      readonly kind: 'held';
      /** With another associationId when it had to be claimed again. */
      readonly grant: Grant;
      readonly repaired: readonly CloudStep[];
      /** Why not all could be put back; undefined when it was. */
      readonly unrepaired: CoreError | undefined;
    }
  /** The caller did not want it put back. What this call had written before is undone. */
  | {
      readonly kind: 'let-go';
      /** What could not be undone. */
      readonly left: CoreError | undefined;
    }
  /** Another pod asks for it (requestHandover): whoever holds it shall fence itself, and then release. */
  | ({ readonly kind: 'asked-for' } & HandoverWish)
  | {
      readonly kind: 'lost';
      readonly because: LossReason;
      /** What was seen. */
      readonly message: string;
      /** The association that is not ours. */
      readonly associationId: string | undefined;
    };

/**
 * `taken`: the address is associated elsewhere. `private-ip-taken`: our private IP carries another public
 * address. `claim-refused`: it was associated with nothing, and EC2 refused to give it back to us. `withdrawn`: the
 * controller's claim was deleted, or speaks of another address. `handed-over`: another pod asked for it, and it was given
 * back for that. `ipv6-taken`: another network interface, or another pod on ours, has our IPv6 address.
 */
export type LossReason =
  | 'taken'
  | 'private-ip-taken'
  | 'claim-refused'
  | 'withdrawn'
  | 'handed-over'
  | 'ipv6-taken';

/** One step in EC2, told as it begins and as it ends. */
export interface CloudStepEvent {
  readonly phase: 'begun' | 'done' | 'failed';
  readonly step: CloudStep;
}

/** What of an identity's spec a grant depends on. */
export type GrantSpec = Pick<
  IdentitySpec,
  | 'owner'
  | 'pool'
  | 'region'
  | 'address'
  | 'excludeAddresses'
  | 'linkName'
  | 'networkInterface'
  | 'requireNoManageTag'
  | 'routeTables'
>;

/** Which identity is wanted, on which link. */
export interface GrantRequest extends GrantCall {
  readonly spec: GrantSpec;
  readonly link: LinkFact;
  /** Public addresses that are on the link: a process before this one had them, so they are asked for first. */
  readonly standing?: readonly Ipv4Address[];
  /**
   * The claim that stands published and was not released: it is believed as a describe shows it, claimed again where one shows
   * its address free, and given up where two show it elsewhere, not before describes had time enough to show it. Any other that a describe shows as ours may have ended since, and is claimed again, which changes
   * nothing if it stands.
   */
  readonly published?: PublishedGrant | undefined;
  /**
   * Called before EC2 is asked for an address that can be had, as far as describes show; never while there is none, and not where
   * the address that is found is ours already. A rejection ends the acquire. May be called again, for the next candidate.
   */
  readonly onClaiming?: () => Promise<void>;
  /**
   * Called once an address is claimed and its owner recorded, before VPC routes lead to it: makes the
   * kernel ready for it. When it rejects with AddressHeldOnNode the claim is given back and the next
   * candidate tried; any other rejection ends the acquire, which gives back what it took itself: a claim
   * that it found in place stays.
   */
  readonly onClaimed: (claim: Claim) => Promise<void>;
  /**
   * Called before a claim that cannot be kept is given back and the next candidate is tried, and before what
   * the private IP carries already is given up for another address.
   */
  readonly onGivingBack?: (claim: Claim) => Promise<void>;
}

/** What a process before this one published of its grant. */
export type PublishedGrant = Pick<
  Grant,
  | 'allocationId'
  | 'associationId'
  | 'networkInterfaceId'
  | 'privateIp'
  | 'privateIpAssignedByUs'
  | 'publicIpv6'
> &
  Pick<PublicIdentity, 'claimedAtUptimeMs'>;

/** What the kernel says of the link, the base of every EC2 query. */
export interface LinkFact {
  readonly macAddress: string;
  readonly privateIp: Ipv4Address;
  /** To be held beside the public address; absent without IPv6. */
  readonly ipv6Address?: Ipv6Address | undefined;
  /** True when nobody but truetuple assigns that one: it is ours also where a describe shows it without a record. Default false. */
  readonly isIpv6Ours?: boolean;
}

/** An Elastic IP on a network interface of ours, and the association that makes it ours. */
export interface Claim {
  readonly publicIp: Ipv4Address;
  readonly allocationId: string;
  readonly associationId: string;
  readonly networkInterfaceId: string;
}

/** All that was acquired in EC2: the claim, the private IP under it, and the tables with a route to it. */
export interface Grant extends Claim {
  readonly owner: Owner;
  readonly privateIp: Ipv4Address;
  readonly privateIpAssignedByUs: boolean;
  readonly routeTableIds: readonly string[];
  /** Set where `publicIpv6` is: its record names the pool. */
  readonly pool?: string;
  readonly publicIpv6?: Pick<PublicIpv6, 'address' | 'assignedByUs'>;
}
