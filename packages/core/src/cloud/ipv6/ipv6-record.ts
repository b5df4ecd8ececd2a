import { canonicalIpv6, type Ipv6Address } from '../../identity/ipv6-address.ts';
import type { Owner } from '../../identity/owner.ts';
import type { NetworkInterface } from '../ec2/ec2-api.ts';

/**
 * Key of the tag on a network interface that says whose one of its IPv6 addresses is: EC2 has no tags on an
 * IPv6 address itself.
 */
export function ipv6TagKey(address: Ipv6Address): string {
  return `${keyPrefix}${address}`;
}

const keyPrefix = 'truetuple/ipv6/';

/** Filter value for network interfaces with any such tag. */
export const anyIpv6TagKey: string = `${keyPrefix}*`;

/** Whose an IPv6 address is that truetuple assigned: written before it is assigned, removed after it was taken off. */
export interface Ipv6Record {
  readonly address: Ipv6Address;
  readonly owner: Owner;
  readonly pool: string;
  /** The tag's value as it stands. */
  readonly value: string;
}

/** The tag's value: cluster/namespace/pod/uid/pool; a pool may have slashes. */
export function formatIpv6Owner({ cluster, namespace, pod, uid }: Owner, pool: string): string {
  return [cluster, namespace, pod, uid, pool].join('/');
}

/** The records on a network interface; a value that cannot be read is none of ours. */
export function ipv6RecordsOf({ tags }: Pick<NetworkInterface, 'tags'>): Ipv6Record[] {
  return tags.flatMap(({ key, value }) => {
    if (!key.startsWith(keyPrefix)) return [];
    const address = canonicalIpv6(key.slice(keyPrefix.length));
    return (address && readRecord(address, value)) ?? [];
  });
}

/** The record of one address there. */
export function ipv6RecordOf(
  { tags }: Pick<NetworkInterface, 'tags'>,
  address: Ipv6Address,
): Ipv6Record | undefined {
  const tag = tags.find(({ key }) => key === ipv6TagKey(address));
  return tag && readRecord(address, tag.value);
}

function readRecord(address: Ipv6Address, value: string): Ipv6Record | undefined {
  const [cluster, namespace, pod, uid, ...rest] = value.split('/');
  const pool = rest.join('/');
  if (!cluster || !namespace || !pod || !uid || pool === '') return undefined;
  return { address, owner: { cluster, namespace, pod, uid }, pool, value };
}
