import type { PublicIdentity } from '@truetuple/core';
import { cidrContains, isHostAddress, type Cidr, type Ipv4Address } from '../address.ts';

/**
 * What a peer is to us by its address alone. `vpc`: in a subnet whose route table holds our /32, so
 * that it reaches the public address inside the VPC. `other-private`: any other private network
 * (peering, transit gateway, on-premises, a VPC subnet with no such route).
 */
export type PeerClass = 'internet' | 'vpc' | 'other-private';

/** The identity's part that decides which address a peer is told and sees. */
export type OwnAddresses = Pick<
  PublicIdentity,
  'publicIp' | 'privateIp' | 'subnetCidr' | 'vpcCidrs' | 'bind' | 'delivery' | 'routedCidrs'
>;

/** The networks around a gateway: what peers are told apart by. */
export interface PeerNetworks {
  readonly identity: OwnAddresses;
  /**
   * Subnets whose route table holds our /32. Without it: those that the identity names, else the VPC's
   * networks but net1's own subnet, whose route table gets none by default.
   */
  readonly routedCidrs?: readonly Cidr[];
  /** Private networks outside of RFC 1918 and RFC 6598 that we reach by a private address. */
  readonly privateCidrs?: readonly Cidr[];
  /** The address that private networks are told and see: eth0's, or (without it) net1's private one. */
  readonly otherPrivateAddress?: Ipv4Address;
}

/** Where a peer finds us, for SIP and for RTP alike; or why it may not be called. */
export type PeerPath =
  | {
      readonly kind: 'path';
      readonly peerClass: PeerClass;
      /** What Contact, Via and SDP say to this peer. */
      readonly advertised: Ipv4Address;
      /** The address of the socket that sends to it. */
      readonly bind: Ipv4Address;
    }
  | {
      readonly kind: 'refused';
      readonly code: 'LoopDetected' | 'AddressUnusable';
      readonly because: string;
    };

/** RFC 1918, RFC 6598, RFC 3927, and loopback. */
const privateCidrs: readonly Cidr[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
].map((cidr) => cidr as Cidr);

/** Decides by the peer's address which address it is told and which socket sends to it. */
export function peerPath(networks: PeerNetworks, peer: Ipv4Address): PeerPath {
  const { identity } = networks;
  if (peer === identity.publicIp || localAddresses(networks).includes(peer)) {
    const because = `${peer} is an address of this gateway`;
    return { kind: 'refused', code: 'LoopDetected', because };
  }
  if (!isHostAddress(peer)) {
    const because = `${peer} is not the address of one host`;
    return { kind: 'refused', code: 'AddressUnusable', because };
  }
  const peerClass = classifyPeer(networks, peer);
  switch (peerClass) {
    case 'internet':
      return path(peerClass, identity.publicIp, identity.bind.internet);
    case 'vpc':
      return path(peerClass, identity.publicIp, identity.bind.vpc);
    case 'other-private': {
      const own = networks.otherPrivateAddress ?? identity.privateIp;
      return path(peerClass, own, own);
    }
    default:
      return peerClass satisfies never;
  }
}

/**
 * Every address that a socket must be bound to, so that any peer can be served; each once. With delivery
 * `translate` the public one is not among them: the kernel brings what is for it to the private one.
 */
export function localAddresses({
  identity,
  otherPrivateAddress,
}: PeerNetworks): readonly Ipv4Address[] {
  const { privateIp, bind } = identity;
  return [...new Set([bind.internet, bind.vpc, otherPrivateAddress ?? privateIp, privateIp])];
}

/** Which kind of network a peer is in, which decides the address that it is told and the socket that sends to it. */
export function classifyPeer(networks: PeerNetworks, peer: Ipv4Address): PeerClass {
  const { identity, privateCidrs: furtherCidrs = [] } = networks;
  const { routedCidrs = identity.routedCidrs } = networks;
  const routed =
    routedCidrs === undefined
      ? isIn(identity.vpcCidrs, peer) && !cidrContains(identity.subnetCidr, peer)
      : isIn(routedCidrs, peer);
  if (routed) return 'vpc';
  const isPrivate = isIn([...privateCidrs, ...furtherCidrs, ...identity.vpcCidrs], peer);
  return isPrivate ? 'other-private' : 'internet';
}

function path(peerClass: PeerClass, advertised: Ipv4Address, bind: Ipv4Address): PeerPath {
  return { kind: 'path', peerClass, advertised, bind };
}

function isIn(cidrs: readonly Cidr[], address: Ipv4Address): boolean {
  return cidrs.some((cidr) => cidrContains(cidr, address));
}
