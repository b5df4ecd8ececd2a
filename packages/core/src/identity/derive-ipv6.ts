import { ipv6FromBigInt, ipv6ToBigInt, type Ipv6Address, type Ipv6Cidr } from './ipv6-address.ts';
import { stableNameOf, type Owner } from './owner.ts';

const hostBits = 64n;
const hostMask = 2n ** hostBits - 1n;

/**
 * The address that a pod of this name has in a /64: the same whenever and wherever it is asked for, another for
 * each name (in the manner of RFC 7217 section 5, with the stable name in the place of a secret key).
 */
export function deriveIpv6(subnet: Ipv6Cidr, owner: Owner): Ipv6Address {
  const network = subnet.slice(0, subnet.indexOf('/')) as Ipv6Address;
  for (let counter = 0; ; counter++) {
    const host = hash64(`${subnet} ${stableNameOf(owner)} ${counter}`);
    if (!isKept(host)) return ipv6FromBigInt(ipv6ToBigInt(network) + host);
  }
}

/** EC2 keeps the first four and the last address of a subnet; RFC 5453 keeps the last 128 for anycast. */
function isKept(host: bigint): boolean {
  return host < 4n || host >= hostMask - 127n;
}

/** FNV-1a of 64 bits, then mixed so that each bit depends on each character. */
function hash64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash = ((hash ^ BigInt(character.codePointAt(0) ?? 0)) * 0x100000001b3n) & hostMask;
  }
  hash = ((hash ^ (hash >> 33n)) * 0xff51afd7ed558ccdn) & hostMask;
  hash = ((hash ^ (hash >> 33n)) * 0xc4ceb9fe1a85ec53n) & hostMask;
  return hash ^ (hash >> 33n);
}
