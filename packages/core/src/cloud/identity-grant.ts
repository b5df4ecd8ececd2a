import type { Ipv4Address } from '../identity/address.ts';
import type { IdentitySpec } from '../identity/identity-spec.ts';
import type { Owner } from '../identity/owner.ts';
import type { CloudStep } from './cloud-step.ts';

/**
 * Port: the right to use one public address of a pool, and the VPC state that makes it reach the link.
 * Sides: direct (this process holds EC2 rights) now; managed (a controller does) later.
 */
export interface IdentityGrant {
  acquire(request: GrantRequest): Promise<Grant>;
  /** Idempotent; safe from another process, which has only the Grant value. */
  release(grant: Grant, options?: GrantCall): Promise<void>;
}

export interface GrantCall {
  readonly signal?: AbortSignal;
  /** Told before and after each write. */
  readonly onStep?: (event: CloudStepEvent) => void;
}

export interface CloudStepEvent {
  readonly phase: 'begun' | 'done' | 'failed';
  readonly step: CloudStep;
}

export interface GrantRequest extends GrantCall {
  readonly spec: IdentitySpec;
  readonly link: LinkFact;
  /**
   * Called once an address is claimed and its owner recorded, before VPC routes lead to it: makes the
   * kernel ready for it. When it rejects with AddressHeldOnNode the claim is given back and the next
   * candidate tried; any other rejection ends the acquire, which gives back what it took itself: a claim
   * that it found in place stays.
   */
  readonly onClaimed: (claim: Claim) => Promise<void>;
  /** Called before a claim that cannot be kept is given back and the next candidate is tried. */
  readonly onGivingBack?: (claim: Claim) => Promise<void>;
}

/** What the kernel says of the link, the base of every EC2 query. */
export interface LinkFact {
  readonly macAddress: string;
  readonly privateIp: Ipv4Address;
}

export interface Claim {
  readonly publicIp: Ipv4Address;
  readonly allocationId: string;
  readonly associationId: string;
  readonly networkInterfaceId: string;
}

export interface Grant extends Claim {
  readonly owner: Owner;
  readonly privateIp: Ipv4Address;
  readonly privateIpAssignedByUs: boolean;
  readonly routeTableIds: readonly string[];
}
