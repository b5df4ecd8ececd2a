import type { LossReason } from '../cloud/identity-grant.ts';
import type { CloudStep } from '../cloud/steps/cloud-step.ts';
import type { CoreError } from '../errors.ts';
import type { Ipv4Address } from '../identity/address.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { KernelStep } from '../kernel/kernel-step.ts';
import type { Finding } from '../verify/finding.ts';
import type { KernelFinding } from '../verify/kernel-finding.ts';

/** Why an identity is held no longer, proven. EC2 is left as it is. */
export interface Loss {
  readonly because: LossReason;
  readonly message: string;
  /** The association that is not ours; undefined when there is none. */
  readonly associationId: string | undefined;
}

/** What a keep tells, as it happens. */
export type KeepEvent =
  /** Drift that was put back; while it lasted the identity stayed published. */
  | {
      readonly kind: 'repaired';
      readonly half: 'kernel';
      readonly steps: readonly KernelStep[];
    }
  | {
      readonly kind: 'repaired';
      readonly half: 'cloud';
      readonly steps: readonly CloudStep[];
    }
  /**
   * The link does not carry the identity, a quorum of STUN servers sees another tuple (OutboundNotProven), or it could
   * not be published: it is published no longer.
   */
  | { readonly kind: 'degraded'; readonly error: CoreError }
  /** Proven and published anew, after `degraded` or with another association. */
  | { readonly kind: 'restored'; readonly identity: PublicIdentity }
  /**
   * EC2 did not say whether the claim stands, or not all of it could be put back; or a look at the kernel failed and
   * showed nothing against the identity: nothing is withdrawn, unless all looks at the kernel fail for longer than
   * the keep's interval. The kernel is looked at again a second or two later, and its silence is told once. Or the publication
   * could not be read (PublishFailed): until it can nothing is withdrawn for that, and nothing put back in EC2; told once.
   */
  | { readonly kind: 'unsure'; readonly error: CoreError }
  /**
   * The gateway has answered no ARP for longer than the bound: the ENI under the link may be gone. No proof:
   * nothing is withdrawn.
   */
  | { readonly kind: 'gateway-unreachable'; readonly finding: KernelFinding }
  /** After `gateway-unreachable`: it has answered, or was heard of. */
  | { readonly kind: 'gateway-reachable'; readonly gateway: Ipv4Address }
  /** Its neighbour entry has another MAC address than before. No proof: nothing is withdrawn. */
  | { readonly kind: 'gateway-changed'; readonly finding: KernelFinding }
  /**
   * STUN servers did not show which tuple they see: none answered, too few did, or there was no port to ask from. No
   * proof: nothing is withdrawn for it, and nothing is published.
   */
  | { readonly kind: 'wire-silent'; readonly findings: readonly Finding[] }
  /** After `wire-silent`: enough of them say what they see. */
  | { readonly kind: 'wire-answers' }
  /** Withdrawn and off the link; the keep has ended. */
  | ({ readonly kind: 'lost' } & Loss);

/**
 * How a keep ended. `closed`: by close() or its signal; the identity is still held. `withdrawn`: somebody
 * else took the publication away or replaced it, as release does: it is theirs. `lost`: fenced, if `isFenced`.
 */
export type KeepEnd =
  | { readonly kind: 'closed' }
  | { readonly kind: 'withdrawn' }
  | ({
      readonly kind: 'lost';
      /**
       * False when the keep was closed before it could be withdrawn and taken off the link: it may still be
       * advertised. `releasePublicIdentity` does both.
       */
      readonly isFenced: boolean;
    } & Loss);
