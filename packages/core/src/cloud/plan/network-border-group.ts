import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';

/** A zone's region, then what a Local Zone or a Wavelength Zone has between that and its letter. */
const zonePattern = /^(?:[a-z]+-)+\d+(-.*\d)?(?=[a-z]?$)/;

/**
 * The network border group of a zone, by its name: that of us-west-2a is us-west-2, that of the Local Zone us-west-2-lax-1a is us-west-2-lax-1,
 * that of us-east-1-wl1-bos-wlz-1 is the zone itself. DescribeAvailabilityZones says it with authority, and takes a permission that is not
 * worth it. Undefined for a zone that is not known, or is named otherwise.
 */
export function borderGroupOf(zone = ''): string | undefined {
  return zonePattern.exec(zone)?.[0];
}

/** What AllocateAddress is asked for, for an interface in that zone; undefined: its default, which is the region. */
export function borderGroupToAskFor(zone = ''): string | undefined {
  const [group, local] = zonePattern.exec(zone) ?? [];
  return local && group;
}

/**
 * True for an address that EC2 does not associate with an interface in another network border group (API reference, AssociateAddress).
 * False where either's is not known.
 */
export function isOfOtherBorderGroup(
  { networkBorderGroup }: ElasticIp,
  { availabilityZone }: Pick<NetworkInterface, 'availabilityZone'>,
): boolean {
  const group = borderGroupOf(availabilityZone);
  return group !== undefined && (networkBorderGroup ?? group) !== group;
}
