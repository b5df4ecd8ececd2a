import type { EniName } from './topology.ts';
import type { ElementChange } from './nft-message.ts';

type Verb = ElementChange['verb'];

/** A private address belongs to an ENI: in the ENI's source check, and to somebody at all. */
export function privateIpElements(verb: Verb, eni: EniName, address: string): ElementChange[] {
  const key = Uint8Array.of(...linkName(eni), ...ipv4(address));
  return [
    { verb, table: 'vpc', set: 'eni_address', key },
    { verb, table: 'vpc', set: 'private_address', key: ipv4(address) },
  ];
}

/** The Internet gateway translates between the two, both ways. */
export function associationElements(
  verb: Verb,
  publicIp: string,
  privateIp: string,
): ElementChange[] {
  const [outside, inside] = [ipv4(publicIp), ipv4(privateIp)];
  return [
    { verb, table: 'igw', set: 'out', key: inside, value: outside },
    { verb, table: 'igw', set: 'in', key: outside, value: inside },
  ];
}

/** An ENI without source/destination check. */
export function uncheckedElements(verb: Verb, eni: EniName): ElementChange[] {
  return [{ verb, table: 'vpc', set: 'unchecked', key: linkName(eni) }];
}

function ipv4(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number);
}

/** IFNAMSIZ bytes, filled up with zeros. */
function linkName(name: string): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(new TextEncoder().encode(name));
  return bytes;
}
