import { expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { poolTagKey } from '../identity/owner.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { SimulatedEc2, type SimulatedEc2Options } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { Ec2Action } from './ec2/ec2-action.ts';

const macAddress = '02:00:00:00:00:aa';
const pool = { [poolTagKey]: 'media' };

/** On an interface of the pool every secondary private IP is truetuple's. */
function build(options: Partial<SimulatedEc2Options>, eniTags: Record<string, string> = pool) {
  const clock = new FakeClock();
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock, ...options });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  ec2.createNetworkInterface({ subnetId, instanceId, macAddress, tags: eniTags });
  for (let index = 0; index < 2; index++) ec2.allocateAddress({ tags: pool });
  const grants = directGrant({ ec2, clock });
  const acquire = () =>
    grants.acquire({
      spec: parseIdentitySpec({
        owner: { cluster: 'c', namespace: 'n', pod: 'sip-0', uid: 'uid-1' },
        pool: 'media',
        region: 'eu-central-1',
        vpcCidrs: ['10.0.0.0/16'],
        routeTables: { by: 'ids', routeTableIds: [routeTableId] },
      }),
      link: { macAddress, privateIp: '10.0.2.11' as Ipv4Address },
      onClaimed: async () => {},
    });
  /** Without ids, which count what was made. */
  const state = (): unknown => {
    const { networkInterfaces, addresses, routeTables } = ec2.snapshot();
    const holds = addresses.map(({ associationId, privateIpAddress, tags }) => ({
      isAssociated: associationId !== undefined,
      privateIpAddress,
      tags,
    }));
    const privateIps = networkInterfaces.map(({ privateIpAddresses, sourceDestCheck }) => ({
      privateIps: privateIpAddresses.map(({ privateIpAddress }) => privateIpAddress),
      sourceDestCheck,
    }));
    return { holds, privateIps, routes: routeTables.map(({ routes }) => routes) };
  };
  return { ec2, grants, acquire, state };
}

const actions: readonly Ec2Action[] = [
  'ModifyNetworkInterfaceAttribute',
  'AssignPrivateIpAddresses',
  'AssociateAddress',
  'CreateTags',
  'CreateRoute',
  'DeleteRoute',
  'DeleteTags',
  'DisassociateAddress',
  'UnassignPrivateIpAddresses',
];
const readings = [
  { claimScope: 'eni', endedAssociation: 'refuse' },
  { claimScope: 'privateIp', endedAssociation: 'accept' },
  { claimScope: 'eni', repeatedAssociation: 'refuse', repeatedRoute: 'accept' },
  { claimScope: 'privateIp', repeatedAssociation: 'new-id' },
] as const;

it.each(readings.flatMap((options) => actions.map((action) => [action, options] as const)))(
  '%s delivered twice makes neither a claim nor its end another one: %o',
  async (action, options) => {
    const once = build(options);
    const twice = build(options);
    twice.ec2.inject({ action, deliverTwice: true, times: 20 });
    const [expected, grant] = [await once.acquire(), await twice.acquire()];
    expect(twice.state()).toEqual(once.state());
    await once.grants.release(expected);
    await twice.grants.release(grant);
    expect(twice.state()).toEqual(once.state());
    // without its own fault no test of this shows anything
    expect(twice.ec2.calls.count(action)).toBeGreaterThan(0);
  },
);

it('an assignment delivered twice says that the private IP was there: elsewhere than on an interface of the pool it stays', async () => {
  const { ec2, grants, acquire } = build({}, {});
  ec2.inject({ action: 'AssignPrivateIpAddresses', deliverTwice: true });
  const grant = await acquire();
  expect(grant.privateIpAssignedByUs).toBe(false);
  await grants.release(grant);
  const [eni] = ec2.snapshot().networkInterfaces;
  expect(eni?.privateIpAddresses.map(({ privateIpAddress }) => privateIpAddress)).toContain(
    '10.0.2.11',
  );
  expect(ec2.snapshot().addresses.every(({ associationId }) => associationId === undefined)).toBe(
    true,
  );
});
