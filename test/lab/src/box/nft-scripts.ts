import { boxAddresses, routerAddresses, type EniName, type InitialDataPlane } from './topology.ts';

/** Names of the counters at the places where the data plane drops packets. */
export const gatewayDrops = ['no_eip', 'no_dst'] as const;
export const routerDrops = ['src_check', 'dst_check', 'blackhole'] as const;
export type DropName = (typeof gatewayDrops)[number] | (typeof routerDrops)[number];

/**
 * The Internet gateway: stateless 1:1 translation where an Elastic IP is associated, for hairpins too; everything else is dropped and counted.
 * `inet` is its link to the Internet, `vpc` the one to the VPC router. A rule whose map has no element for
 * the packet does not match; asking whether a map has one needs a kernel younger than Debian 12's 6.1.
 */
export function gatewayScript(initial: InitialDataPlane): string {
  const { publicRange } = boxAddresses;
  return `table ip igw {
 map out { type ipv4_addr : ipv4_addr; ${elements(initial.associations.map((a) => `${a.privateIp} : ${a.publicIp}`))} }
 map in { type ipv4_addr : ipv4_addr; ${elements(initial.associations.map((a) => `${a.publicIp} : ${a.privateIp}`))} }
 ${gatewayDrops.map((name) => `counter ${name} { }`).join('\n ')}
 chain pre {
  type filter hook prerouting priority raw
  notrack
  iifname "vpc" ip saddr set ip saddr map @out goto destination
  iifname "vpc" counter name no_eip drop
  goto destination
 }
 chain destination {
  ip daddr set ip daddr map @in accept
  iifname "inet" counter name no_dst drop
  ip daddr ${publicRange} counter name no_dst drop
 }
}
`;
}

/** The VPC router: source and destination check of each ENI, and addresses that no ENI holds. */
export function routerScript(initial: InitialDataPlane): string {
  const { vpcCidr } = boxAddresses;
  const owned = initial.privateIps.map((ip) => eniAddress(ip.eni, ip.address));
  return `table ip vpc {
 set eni_address { type ifname . ipv4_addr; ${elements(owned)} }
 set private_address { type ipv4_addr; ${elements(initial.privateIps.map((ip) => ip.address))} }
 set unchecked { type ifname; ${elements(initial.unchecked.map((eni) => `"${eni}"`))} }
 ${routerDrops.map((name) => `counter ${name} { }`).join('\n ')}
 chain pre {
  type filter hook prerouting priority raw
  notrack
  iifname "lo" accept
  iifname != "igw" iifname . ip saddr != @eni_address iifname != @unchecked counter name src_check drop
  ip daddr ${vpcCidr} ip daddr != @private_address ip daddr != { ${Object.values(routerAddresses).join(', ')} } counter name blackhole drop
 }
 chain forward {
  type filter hook forward priority filter
  oifname "igw" accept
  oifname . ip daddr @eni_address accept
  oifname @unchecked accept
  counter name dst_check drop
 }
}
`;
}

/** The NAT gateway: symmetric, ports rewritten at random. */
export const natGatewayScript: string = `table ip nat {
 chain post {
  type nat hook postrouting priority srcnat
  oifname "eth0" ip saddr != ${boxAddresses.natGateway} masquerade fully-random
 }
}
`;

/** The node as the VPC CNI sets it up: what leaves the VPC leaves as the node. */
export const nodeScript: string = `table ip aws {
 chain post {
  type nat hook postrouting priority srcnat
  oifname "eth0" ip daddr != ${boxAddresses.vpcCidr} snat to ${boxAddresses.nodePrimary} fully-random
 }
}
`;

function eniAddress(eni: EniName, address: string): string {
  return `"${eni}" . ${address}`;
}

function elements(values: readonly string[]): string {
  return values.length === 0 ? '' : `elements = { ${values.join(', ')} }`;
}
