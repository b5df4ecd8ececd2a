import { ownerTagKey } from '@truetuple/core';
import type { ElasticIp, NetworkInterface, RouteTable } from '@truetuple/core';
import { describe, expect, it } from 'vitest';
import { leftInEc2, type Ec2Picture } from './ec2-leftovers.ts';

const address: ElasticIp = { allocationId: 'eipalloc-1', publicIp: '203.0.113.50', tags: [] };
const eni: NetworkInterface = {
  networkInterfaceId: 'eni-1',
  vpcId: 'vpc-1',
  subnetId: 'subnet-1',
  macAddress: '02:00:00:00:00:01',
  sourceDestCheck: true,
  status: 'in-use',
  privateIpAddresses: [{ privateIpAddress: '10.0.2.10', primary: true }],
  tags: [],
};
const table: RouteTable = {
  routeTableId: 'rtb-1',
  vpcId: 'vpc-1',
  routes: [{ destinationCidrBlock: '10.0.0.0/16', gatewayId: 'local', state: 'active' }],
  associatedSubnetIds: [],
  tags: [],
};
const clean: Ec2Picture = {
  addresses: [address],
  networkInterfaces: [eni],
  routeTables: [table],
};

function left(after: Partial<Ec2Picture>): readonly string[] {
  return leftInEc2(clean, { ...clean, ...after }).map(({ what }) => what);
}

describe('leftInEc2', () => {
  it('finds nothing where nothing of ours is, also with the source/dest check off', () => {
    expect(left({})).toEqual([]);
    expect(left({ networkInterfaces: [{ ...eni, sourceDestCheck: false }] })).toEqual([]);
  });

  it('finds an association', () => {
    const held = { ...address, associationId: 'eipassoc-1', privateIpAddress: '10.0.2.128' };
    expect(left({ addresses: [held] })).toEqual([
      '203.0.113.50 is associated with 10.0.2.128 (eipassoc-1)',
    ]);
  });

  it('finds an owner tag without an association', () => {
    const tags = [{ key: ownerTagKey, value: 'demo/voice/sip-0/uid/10.0.2.128/assigned/eni-1' }];
    expect(left({ addresses: [{ ...address, tags }] })).toEqual([
      '203.0.113.50 has the owner tag demo/voice/sip-0/uid/10.0.2.128/assigned/eni-1',
    ]);
  });

  it('finds a private IP that was not there before', () => {
    const more = [...eni.privateIpAddresses, { privateIpAddress: '10.0.2.128', primary: false }];
    expect(left({ networkInterfaces: [{ ...eni, privateIpAddresses: more }] })).toEqual([
      '10.0.2.128 is registered on eni-1',
    ]);
  });

  it('finds a /32 route of the pool and no other', () => {
    const own = { destinationCidrBlock: '203.0.113.50/32', networkInterfaceId: 'eni-1' };
    const other = { destinationCidrBlock: '203.0.113.99/32', networkInterfaceId: 'eni-1' };
    const routes = [own, other].map((route) => ({ ...route, state: 'active' as const }));
    expect(left({ routeTables: [{ ...table, routes }] })).toEqual([
      'rtb-1 leads 203.0.113.50/32 to eni-1',
    ]);
  });
});
