import type { Ipv4Address } from '../../identity/address.ts';
import type { Owner } from '../../identity/owner.ts';
import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';
import { isAskedByAnother } from '../observe/shown-request.ts';
import {
  hasStrayRecord,
  isAt,
  ownerRecordOf,
  ownerTagOf,
  recordsAssigned,
  type CloudView,
} from '../observe/view.ts';
import { isNamed } from './choose-address.ts';

/** Whose Elastic IP the private IP carries. */
export type Occupant =
  | { readonly kind: 'none' }
  /** Of the pool, and ours by its association or its record, or with no record of its own: a claim of ours that was cut short. */
  | {
      readonly kind: 'ours';
      readonly address: ElasticIp;
      readonly associationId: string;
      readonly privateIpAssignedByUs: boolean;
    }
  /** Of the pool, of a pod that had this private IP before us, or not the one that is asked for, or let go for who asked for it. */
  | {
      readonly kind: 'left-over';
      readonly address: ElasticIp;
      readonly associationId: string;
      readonly privateIpAssignedByUs: boolean;
    }
  /** Not of the pool. */
  | { readonly kind: 'foreign'; readonly publicIp: string };

/**
 * Judges what is associated with our private IP. Whoever has the private IP on the link now is us, so a
 * pool address recorded as another pod's is what a dead pod left on it.
 */
export function judgeOccupant(
  wanted: {
    readonly owner: Owner;
    readonly privateIp: Ipv4Address;
    readonly excluded: readonly string[];
    readonly only?: string | undefined;
    /** As of AddressWish. */
    readonly preferred?: string | undefined;
    readonly nowMs?: number | undefined;
    /** Associations of ours that stand, as is known without the describe. */
    readonly proven?: readonly string[] | undefined;
    /** Public addresses that are on the link. */
    readonly standing?: readonly string[];
  },
  view: CloudView,
  eni: NetworkInterface,
): Occupant {
  const { networkInterfaceId } = eni;
  const { privateIp } = wanted;
  const shown = eni.privateIpAddresses.find((one) => one.privateIpAddress === privateIp);
  // of two that are shown there one is from before: that of a pod that came earlier, or of our own earlier try
  const here = view.addresses.filter((one) => isAt(one, { networkInterfaceId, privateIp }));
  const ours = here.filter((one) => ownerRecordOf(one)?.owner.uid === wanted.owner.uid);
  const isProven = (id = ''): boolean => wanted.proven?.includes(id) === true;
  const address =
    here.find(({ associationId: id }) => isProven(id)) ??
    ours.find(({ publicIp }) => wanted.standing?.includes(publicIp) === true) ??
    ours[0] ??
    here[0] ??
    view.addresses.find((one) => one.allocationId === shown?.association?.allocationId);
  if (address === undefined) {
    const publicIp = shown?.association?.publicIp;
    return publicIp === undefined ? { kind: 'none' } : { kind: 'foreign', publicIp };
  }
  const isHere = isAt(address, { networkInterfaceId, privateIp });
  const associationId = isHere ? address.associationId : shown?.association?.associationId;
  if (associationId === undefined) return { kind: 'none' };
  const record = ownerRecordOf(address);
  const isOurs =
    (isProven(associationId) ||
      ownerTagOf(address) === undefined ||
      record?.owner.uid === wanted.owner.uid ||
      (isHere && hasStrayRecord(address))) &&
    !wanted.excluded.includes(address.allocationId) &&
    (wanted.only === undefined || isNamed(address, wanted.only)) &&
    // what is merely shown may be from before it was let go for another pod
    (isProven(associationId) ||
      address.allocationId === wanted.preferred ||
      !isAskedByAnother(address, wanted));
  return {
    kind: isOurs ? 'ours' : 'left-over',
    address,
    associationId,
    privateIpAssignedByUs:
      record !== undefined && recordsAssigned(record, { networkInterfaceId, privateIp }),
  };
}

/** True for an address of this very pod that it is to give up for another. */
export function isOwnLeftOver(
  occupant: Occupant,
  { owner }: { readonly owner: Pick<Owner, 'uid'> },
): boolean {
  return occupant.kind === 'left-over' && ownerRecordOf(occupant.address)?.owner.uid === owner.uid;
}
