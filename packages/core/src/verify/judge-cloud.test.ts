import { expect, it } from 'vitest';
import type { ElasticIp, NetworkInterface, RouteTable } from '../cloud/ec2/ec2-api.ts';
import type { CloudView } from '../cloud/observe/view.ts';
import { parseIpv4Address } from '../identity/address.ts';
import type { FindingCode } from './finding.ts';
import { judgeCloud, type CloudFacts } from './judge-cloud.ts';

const facts: CloudFacts = {
  publicIp: parseIpv4Address('203.0.113.50'),
  privateIp: parseIpv4Address('10.0.2.128'),
  networkInterfaceId: 'eni-1',
  allocationId: 'eipalloc-1',
  associationId: 'eipassoc-1',
  routeTableIds: ['rtb-1'],
};
const { publicIp, allocationId, associationId, networkInterfaceId } = facts;
const privateIpAddress = facts.privateIp;
const association = { publicIp, allocationId, associationId };
const eni: NetworkInterface = {
  networkInterfaceId,
  vpcId: 'vpc-1',
  subnetId: 'subnet-1',
  macAddress: '02:00:00:00:02:0a',
  sourceDestCheck: false,
  status: 'in-use',
  attachment: { instanceId: 'i-1', deviceIndex: 1, status: 'attached' },
  privateIpAddresses: [
    { privateIpAddress: '10.0.2.10', primary: true },
    { privateIpAddress, primary: false, association },
  ],
  tags: [],
};
const address: ElasticIp = {
  allocationId,
  publicIp,
  associationId,
  networkInterfaceId,
  privateIpAddress,
  tags: [],
};
const route = {
  destinationCidrBlock: '203.0.113.50/32',
  networkInterfaceId,
  state: 'active',
} as const;
const table: RouteTable = {
  routeTableId: 'rtb-1',
  vpcId: 'vpc-1',
  routes: [route],
  associatedSubnetIds: [],
  tags: [],
};
const right: CloudView = { networkInterfaces: [eni], addresses: [address], routeTables: [table] };

function ofInterface(change: Partial<NetworkInterface>): Partial<CloudView> {
  return { networkInterfaces: [{ ...eni, ...change }] };
}
function ofAddress(change: Partial<ElasticIp>): Partial<CloudView> {
  return { addresses: [{ ...address, ...change }] };
}
function ofRoute(change: Partial<RouteTable['routes'][number]>): Partial<CloudView> {
  return { routeTables: [{ ...table, routes: [{ ...route, ...change }] }] };
}
function carrying(other: { readonly publicIp: string } | undefined): Partial<NetworkInterface> {
  const held = { privateIpAddress, primary: false };
  return { privateIpAddresses: [other === undefined ? held : { ...held, association: other }] };
}
const free: ElasticIp = { allocationId, publicIp, tags: [] };

it('finds nothing where all is as it should be, also in a delegated prefix', () => {
  expect(judgeCloud(facts, right)).toEqual([]);
  const prefix = ofInterface({ privateIpAddresses: [], ipv4Prefixes: ['10.0.2.128/28'] });
  expect(judgeCloud(facts, { ...right, ...prefix })).toEqual([]);
});

it.each<[FindingCode, string, Partial<CloudView>]>([
  ['interface-missing', 'EC2 shows no eni-1', { networkInterfaces: [] }],
  [
    'interface-not-attached',
    'eni-1 is detaching',
    ofInterface({ attachment: { status: 'detaching' } }),
  ],
  ['source-dest-check-on', 'check of eni-1 is on', ofInterface({ sourceDestCheck: true })],
  [
    'private-ip-not-registered',
    'eni-1 holds 10.0.2.10',
    ofInterface({ privateIpAddresses: eni.privateIpAddresses.slice(0, 1) }),
  ],
  ['address-gone', 'EC2 shows no eipalloc-1', { addresses: [] }],
  [
    'association-missing',
    '203.0.113.50 is associated with nothing',
    { addresses: [free], ...ofInterface(carrying(undefined)) },
  ],
  [
    'association-elsewhere',
    '10.0.2.128 carries 203.0.113.99',
    { addresses: [free], ...ofInterface(carrying({ publicIp: '203.0.113.99' })) },
  ],
  [
    'association-elsewhere',
    '10.0.2.128 carries 203.0.113.99',
    ofInterface(carrying({ publicIp: '203.0.113.99' })),
  ],
  [
    'association-elsewhere',
    '203.0.113.50 is on 10.0.2.140 of eni-1 by eipassoc-2',
    ofAddress({ privateIpAddress: '10.0.2.140', associationId: 'eipassoc-2' }),
  ],
  [
    'association-elsewhere',
    '203.0.113.50 is on 10.0.2.128 of eni-1 by eipassoc-2',
    ofAddress({ associationId: 'eipassoc-2' }),
  ],
  ['vpc-route-missing', 'rtb-1 has no route', { routeTables: [{ ...table, routes: [] }] }],
  ['vpc-route-missing', 'EC2 shows no rtb-1', { routeTables: [] }],
  [
    'vpc-route-elsewhere',
    'rtb-1 leads 203.0.113.50/32 to eni-2',
    ofRoute({ networkInterfaceId: 'eni-2' }),
  ],
  ['vpc-route-blackhole', 'in rtb-1 is a black hole', ofRoute({ state: 'blackhole' })],
])('finds %s: %s', (code, seen, change) => {
  const found = judgeCloud(facts, { ...right, ...change });
  expect(found).toMatchObject([{ code, severity: 'broken' }]);
  expect(found[0]?.seen).toContain(seen);
});
