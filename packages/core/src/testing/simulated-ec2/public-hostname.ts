import type { AddressRecord, CloudState } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** What kind of public hostname an interface has (API reference, ModifyPublicIpDnsNameOptions). */
export type PublicHostnameType =
  | 'public-dual-stack-dns-name'
  | 'public-ipv4-dns-name'
  | 'public-ipv6-dns-name';

/**
 * Refuses to take from an interface with a dual-stack public hostname its last public IPv4 address (API reference, DisassociateAddress). That says
 * "the primary public IPv4 address", too, and not of what it is the primary: here the last one is, whatever private IP it is on.
 */
export function requireNotNamed(state: CloudState, { association, publicIp }: AddressRecord): void {
  const { networkInterfaceId } = association ?? {};
  const eni = state.networkInterfaces.get(networkInterfaceId ?? '');
  if (eni?.publicHostnameType !== 'public-dual-stack-dns-name') return;
  const carried = [...state.addresses.values()].filter(
    (one) => one.association?.networkInterfaceId === networkInterfaceId,
  );
  if (carried.length > 1) return;
  refuse(
    state.rules.dualStackNameCode,
    `${publicIp} is the last public IPv4 address of ${networkInterfaceId}, which has a dual-stack public DNS name.`,
  );
}
