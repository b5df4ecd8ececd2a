import { describe, expect, it } from 'vitest';
import type { Cidr, Ipv4Address } from '../address.ts';
import { localAddresses, peerPath, type PeerNetworks } from './peer-class.ts';

const publicIp = '203.0.113.50' as Ipv4Address;
const privateIp = '10.0.2.128' as Ipv4Address;
const eth0 = '10.0.1.50' as Ipv4Address;
const networks: PeerNetworks = {
  identity: {
    publicIp,
    privateIp,
    subnetCidr: '10.0.2.0/24' as Cidr,
    vpcCidrs: ['10.0.0.0/16', '198.18.0.0/15'] as Cidr[],
    bind: { internet: privateIp, vpc: publicIp },
    delivery: 'both',
  },
};

const path = (peerClass: string, advertised: string, bind: string): unknown => ({
  kind: 'path',
  peerClass,
  advertised,
  bind,
});

describe('delivery `both`: every class of peer', () => {
  it.each([
    ['Internet', '198.51.100.50', path('internet', publicIp, privateIp)],
    ['a neighbour of our Elastic IP', '203.0.113.51', path('internet', publicIp, privateIp)],
    ['VPC subnet with our /32', '10.0.1.100', path('vpc', publicIp, publicIp)],
    ['VPC network outside RFC 1918', '198.18.5.5', path('vpc', publicIp, publicIp)],
    ["net1's own subnet", '10.0.2.7', path('other-private', privateIp, privateIp)],
    ['peering', '10.9.0.1', path('other-private', privateIp, privateIp)],
    ['on-premises', '192.168.4.4', path('other-private', privateIp, privateIp)],
    ['172.16/12, first', '172.16.0.1', path('other-private', privateIp, privateIp)],
    ['after 172.16/12', '172.32.0.1', path('internet', publicIp, privateIp)],
    ['shared address space', '100.64.0.1', path('other-private', privateIp, privateIp)],
    ['link-local', '169.254.1.1', path('other-private', privateIp, privateIp)],
  ])('%s (%s)', (_title, peer, expected) => {
    expect(peerPath(networks, peer as Ipv4Address)).toEqual(expected);
  });

  it('with the routed subnets given, the rest of the VPC is another private network', () => {
    const narrow = { ...networks, routedCidrs: ['10.0.1.0/24' as Cidr] };
    const classOf = (peer: string): unknown => peerPath(narrow, peer as Ipv4Address);
    expect(classOf('10.0.1.100')).toEqual(path('vpc', publicIp, publicIp));
    expect(classOf('10.0.3.100')).toEqual(path('other-private', privateIp, privateIp));
    expect(classOf('198.18.5.5')).toEqual(path('other-private', privateIp, privateIp));
  });

  it('a further private network is never told the public address', () => {
    const further = { ...networks, privateCidrs: ['192.0.2.0/24' as Cidr] };
    expect(peerPath(further, '192.0.2.1' as Ipv4Address)).toEqual(
      path('other-private', privateIp, privateIp),
    );
  });

  it("private networks are told eth0's address where that is how they are reached", () => {
    const byEth0 = { ...networks, otherPrivateAddress: eth0 };
    expect(peerPath(byEth0, '10.9.0.1' as Ipv4Address)).toEqual(path('other-private', eth0, eth0));
    expect(localAddresses(byEth0)).toEqual([privateIp, publicIp, eth0]);
  });
});

describe('delivery `translate`: one socket for every class of peer', () => {
  const routedCidrs = ['10.0.1.0/24' as Cidr];
  const bind = { internet: privateIp, vpc: privateIp };
  const identity = { ...networks.identity, delivery: 'translate', bind, routedCidrs } as const;
  const translated: PeerNetworks = { identity };

  it.each([
    ['Internet', '198.51.100.50', path('internet', publicIp, privateIp)],
    ['VPC subnet with our /32', '10.0.1.100', path('vpc', publicIp, privateIp)],
    ['VPC subnet without it', '10.0.3.100', path('other-private', privateIp, privateIp)],
    ["net1's own subnet", '10.0.2.7', path('other-private', privateIp, privateIp)],
    ['peering', '10.9.0.1', path('other-private', privateIp, privateIp)],
  ])('%s (%s)', (_title, peer, expected) => {
    expect(peerPath(translated, peer as Ipv4Address)).toEqual(expected);
  });

  it('binds the private address, and the one for other private networks where that is another', () => {
    expect(localAddresses(translated)).toEqual([privateIp]);
    const byEth0 = { ...translated, otherPrivateAddress: eth0 };
    expect(localAddresses(byEth0)).toEqual([privateIp, eth0]);
    expect(peerPath(byEth0, '10.9.0.1' as Ipv4Address)).toEqual(path('other-private', eth0, eth0));
  });

  it.each([publicIp, privateIp])('our own address %s as destination is a loop', (peer) => {
    expect(peerPath(translated, peer)).toMatchObject({ kind: 'refused', code: 'LoopDetected' });
  });
});

it('takes the routed subnets that the identity names, unless others are given', () => {
  const identity = { ...networks.identity, routedCidrs: ['10.0.1.0/24' as Cidr] };
  const peer = '10.0.3.100' as Ipv4Address;
  expect(peerPath({ identity }, peer)).toMatchObject({ peerClass: 'other-private' });
  const routedCidrs = ['10.0.3.0/24' as Cidr];
  expect(peerPath({ identity, routedCidrs }, peer)).toMatchObject({ peerClass: 'vpc' });
});

it.each([publicIp, privateIp])('our own address %s as destination is a loop', (peer) => {
  expect(peerPath(networks, peer)).toMatchObject({ kind: 'refused', code: 'LoopDetected' });
});

it.each(['0.0.0.0', '0.1.2.3', '224.0.0.1', '239.255.255.255', '255.255.255.255'])(
  '%s is no destination',
  (peer) => {
    expect(peerPath(networks, peer as Ipv4Address)).toMatchObject({
      kind: 'refused',
      code: 'AddressUnusable',
    });
  },
);
