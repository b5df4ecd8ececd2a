import type { CoreErrorDetails } from '../../errors.ts';
import type { Ipv4Address } from '../../identity/address.ts';
import type { Owner } from '../../identity/owner.ts';
import type { Grant, GrantSpec, HandoverWish, LinkFact, LossReason } from '../identity-grant.ts';

/** Names a claim, as Kubernetes names an object of a namespace. */
export interface ClaimKey {
  readonly namespace: string;
  readonly name: string;
}

/**
 * What a pod asks of the controller, and what it got: an object as Kubernetes keeps them. The pod writes `spec`, the controller
 * `status`, and each by the `resourceVersion` that it read. A plain JSON value.
 */
export interface IdentityClaim extends ClaimKey {
  /** Given by the store: another object of the same name has another one. */
  readonly uid: string;
  /** Another one after each write. */
  readonly resourceVersion: string;
  /**
   * When it was made, by the cluster's clock, in milliseconds since 1970 (Kubernetes: `creationTimestamp`, in whole seconds): its pod
   * was created before.
   */
  readonly createdAtMs: number;
  /** Who must let go of it before a deleted claim disappears. */
  readonly finalizers: readonly string[];
  /** True once it was deleted: it stays until no finalizer is left (Kubernetes: `deletionTimestamp`). */
  readonly isDeleting: boolean;
  readonly spec: ClaimSpec;
  /** Null until the controller has looked at it. */
  readonly status: ClaimStatus | null;
}

/** The pod's part of a claim. */
export interface ClaimSpec {
  readonly identity: GrantSpec;
  readonly link: LinkFact;
  /** Public addresses that stood on the link. */
  readonly standing: readonly Ipv4Address[];
  /** Allocation ids of addresses that another pod of the node has on its link. */
  readonly refused: readonly string[];
  /** The association whose public address is on the link: routes may lead to it. Null before that. */
  readonly readyFor: string | null;
  /** True once the pod has let go of it. It never takes that back. */
  readonly isReleased: boolean;
  /**
   * How often a process of the pod has found it there and taken it up. A change of the object, so that what a process before
   * had asked of the store, and comes late, meets ClaimConflict.
   */
  readonly takenUp: number;
}

/** The controller's part of a claim. */
export interface ClaimStatus {
  readonly phase: ClaimPhase;
  /** Why it does not get on, or is not whole; null while nothing is wrong. */
  readonly trouble: ClaimTrouble | null;
}

/** How far a claim is. Each address is promised to one claim only, before EC2 is asked for it. */
export type ClaimPhase =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'promised'; readonly promise: AddressPromise }
  /** Associated and recorded. Routes follow once the pod is ready for it. */
  | { readonly kind: 'claimed'; readonly grant: Grant; readonly claimedAtMs: number }
  /** The routes lead to it too. `claimedAtMs`: wall clock, milliseconds since 1970. */
  | {
      readonly kind: 'granted';
      readonly grant: Grant;
      readonly claimedAtMs: number;
      /** Another pod asks for it (requestHandover): the pod shall fence itself, and let go. */
      readonly askedFor?: HandoverWish;
    }
  /** Somebody else has it, as EC2 has proven. */
  | { readonly kind: 'lost'; readonly grant: Grant; readonly loss: ClaimLoss };

/** What EC2 is about to be asked for, and may have been. */
export interface AddressPromise {
  readonly allocationId: string;
  readonly publicIp: Ipv4Address;
  readonly networkInterfaceId: string;
  readonly privateIpAssignedByUs: boolean;
  readonly routeTableIds: readonly string[];
}

/** How an address was lost; `associationId` is the one that is not ours. */
export interface ClaimLoss {
  readonly because: LossReason;
  readonly message: string;
  readonly associationId: string | null;
}

/** A CoreError as JSON. */
export type ClaimTrouble = Pick<CoreErrorDetails, 'code' | 'message' | 'remedy' | 'retry'>;

/** The finalizer that the controller takes off when it has given back what the claim held. */
export const claimFinalizer = 'truetuple/identity';

/**
 * The claim of a pod's private IP: by the pod's name, its UID and that address. A process of the pod that starts again finds its own;
 * a successor of the same name has another.
 */
export function claimKeyOf(
  { namespace, pod, uid }: Pick<Owner, 'namespace' | 'pod' | 'uid'>,
  privateIp: Ipv4Address,
): ClaimKey {
  return { namespace, name: `${pod}.${uid}.${privateIp.replaceAll('.', '-')}` };
}

/** For messages and maps. */
export function nameClaim({ namespace, name }: ClaimKey): string {
  return `${namespace}/${name}`;
}

/** The address that is promised to a claim, or that it has; undefined before that. */
export function addressOfClaim({
  status,
}: Pick<IdentityClaim, 'status'>): Pick<AddressPromise, 'allocationId' | 'publicIp'> | undefined {
  const phase = status?.phase;
  if (phase === undefined || phase.kind === 'waiting') return undefined;
  return phase.kind === 'promised' ? phase.promise : phase.grant;
}

/** True when the claim has an address that its pod cannot put on its link: another pod of the node has it there. */
export function isRefusedByPod({ spec, status }: Pick<IdentityClaim, 'spec' | 'status'>): boolean {
  const phase = status?.phase;
  return phase !== undefined && 'grant' in phase && spec.refused.includes(phase.grant.allocationId);
}

/** The network interface that a claim's address is on, or shall be on; undefined before that is known. */
export function interfaceOfClaim({ status }: Pick<IdentityClaim, 'status'>): string | undefined {
  const phase = status?.phase;
  if (phase === undefined || phase.kind === 'waiting') return undefined;
  return phase.kind === 'promised'
    ? phase.promise.networkInterfaceId
    : phase.grant.networkInterfaceId;
}
