import { isIpv4Address, type Ipv4Address } from './address.ts';

/** Whose identity it is: a pod is named by its UID, never by its name alone. */
export interface Owner {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
}

/** What the one owner tag on an Elastic IP records. */
export interface OwnerRecord {
  readonly owner: Owner;
  readonly privateIp: Ipv4Address;
  readonly privateIpAssignedByUs: boolean;
  /** Whose private IP it is: another VPC's network interface, or a later one of this VPC, may have the same one. */
  readonly networkInterfaceId: string;
}

/** Key of the tag that says which pool an Elastic IP is of, or whose secondary private IPs a network interface has: truetuple's to take and to reap. */
export const poolTagKey = 'truetuple/pool';
/** Key of the tag that says whose an Elastic IP or a private IP is. */
export const ownerTagKey = 'truetuple/owner';
/** Set by a person: `namespace/pod` of the only one who may have the address. */
export const reservedTagKey = 'truetuple/reserved';
/** Left by a release where a cool-down is set. */
export const releasedTagKey = 'truetuple/released';

/** What a pod keeps when it is made anew, unlike its UID: a StatefulSet's pod has it for ever. */
export function stableNameOf({ cluster, namespace, pod }: Owner): string {
  return `${cluster}/${namespace}/${pod}`;
}

/** EC2's limit for the value of a tag, in characters (EC2 user guide, tag restrictions). */
export const tagValueLimit = 256;

/**
 * The owner tag's value: cluster/namespace/pod/uid/private IP/assigned|found/network interface id. One tag and
 * one value, so that DeleteTags with the value is compare-and-delete. EC2 takes at most 256 characters (user guide, tag
 * restrictions); the spec refuses what would be longer.
 */
export function formatOwnerTag(record: OwnerRecord): string {
  const { cluster, namespace, pod, uid } = record.owner;
  const origin = record.privateIpAssignedByUs ? 'assigned' : 'found';
  return [cluster, namespace, pod, uid, record.privateIp, origin, record.networkInterfaceId].join(
    '/',
  );
}

const ownerTag = /^([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\/(assigned|found)\/(eni-[0-9a-z]+)$/;

/** Reads an owner tag's value; undefined when it is not one of ours. */
export function parseOwnerTag(value: string): OwnerRecord | undefined {
  const [, cluster = '', namespace = '', pod = '', uid = '', privateIp = '', origin, eni = ''] =
    ownerTag.exec(value) ?? [];
  if (!isIpv4Address(privateIp)) return undefined;
  return {
    owner: { cluster, namespace, pod, uid },
    privateIp,
    privateIpAssignedByUs: origin === 'assigned',
    networkInterfaceId: eni,
  };
}
