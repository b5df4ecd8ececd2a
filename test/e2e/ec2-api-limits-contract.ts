import { Ec2CallError, type Ec2Api } from '@truetuple/core';
import {
  documentedRates,
  FakeClock,
  type SimulatedEc2,
  type SimulatedEc2Options,
} from '@truetuple/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClaimsBench, MakeBench } from './claims-suite.ts';

async function refusalOf(call: Promise<unknown>): Promise<Ec2CallError> {
  const error = await call.then(
    () => new Error('not refused'),
    (reason: unknown) => reason,
  );
  if (!Ec2CallError.is(error)) throw error;
  return error;
}

function buildPlace(simulated: SimulatedEc2) {
  const { vpcId } = simulated.createVpc({ cidr: '10.0.0.0/16' });
  simulated.createInternetGateway({ vpcId });
  const { routeTableId } = simulated.createRouteTable({ vpcId });
  const { subnetId } = simulated.createSubnet({ vpcId, cidr: '10.0.2.0/24', routeTableId });
  const { instanceId } = simulated.createInstance();
  const { networkInterfaceId } = simulated.createNetworkInterface({ subnetId, instanceId });
  const { allocationId, publicIp } = simulated.allocateAddress();
  return { subnetId, routeTableId, instanceId, networkInterfaceId, allocationId, publicIp };
}

function assign(ec2: Ec2Api, networkInterfaceId: string, ...privateIpAddresses: string[]) {
  const allowReassignment = false;
  return ec2.assignPrivateIpAddresses({
    networkInterfaceId,
    privateIpAddresses,
    allowReassignment,
  });
}

/** How many of so many calls at once were not throttled. */
async function passed(count: number, call: () => Promise<unknown>): Promise<number> {
  const calls = Array.from({ length: count }, async () => {
    const outcome = await call().then(
      () => 'done',
      (error: unknown) => (Ec2CallError.is(error) ? error.ec2Code : String(error)),
    );
    return outcome !== 'RequestLimitExceeded';
  });
  return (await Promise.all(calls)).filter(Boolean).length;
}

/** What a real account's EC2 limits and delays: all off unless a test asks. */
export function ec2LimitsContract(name: string, makeBench: MakeBench): void {
  describe(`EC2's limits ${name}`, () => {
    const benches: ClaimsBench[] = [];
    afterEach(async () => {
      for (const made of benches.splice(0)) await made.close();
    });
    const bench = async (options: Partial<SimulatedEc2Options> = {}) => {
      const clock = new FakeClock();
      const region = 'eu-central-1';
      const made = await makeBench({ region, claimScope: 'eni', clock, ...options });
      benches.push(made);
      return { ...made, clock, place: buildPlace(made.simulated) };
    };

    it('a call without a token gets RequestLimitExceeded, 503, and does nothing; tokens come back', async () => {
      const requestRates = { perAction: { CreateTags: { burst: 2, perSecond: 0.5 } } };
      const { ec2, simulated, clock, place } = await bench({ requestRates });
      const tag = (value: string) =>
        ec2.createTags({ resources: [place.allocationId], tags: [{ key: 'k', value }] });
      await tag('1');
      await tag('2');
      const refusal = await refusalOf(tag('3'));
      expect(refusal).toMatchObject({ ec2Code: 'RequestLimitExceeded', httpStatus: 503 });
      expect(refusal.message).toContain('ec2:CreateTags');
      expect(simulated.snapshot().addresses[0]?.tags).toEqual([{ key: 'k', value: '2' }]);
      await ec2.describeAddresses({});
      clock.advance(1999);
      await refusalOf(tag('4'));
      clock.advance(1);
      await tag('5');
      await refusalOf(tag('6'));
    });

    it('the documented buckets: 100 reads at once and 20 a second, 50 claims and 5', async () => {
      const { ec2, clock } = await bench({ requestRates: documentedRates });
      const filters = [{ name: 'domain', values: ['vpc'] }];
      const read = () => ec2.describeAddresses({ filters });
      const write = () => ec2.disassociateAddress({ associationId: 'eipassoc-0' });
      expect([await passed(120, read), await passed(60, write)]).toEqual([100, 50]);
      clock.advance(1000);
      expect([await passed(30, read), await passed(10, write)]).toEqual([20, 5]);
    });

    it('a describe shows each kind of resource as it was so long ago', async () => {
      const reads = { lagMs: { addresses: 2000, networkInterfaces: 5000, routeTables: 1000 } };
      const { ec2, clock, place } = await bench({ reads });
      const { networkInterfaceId, allocationId, publicIp, routeTableId } = place;
      const destinationCidrBlock = `${publicIp}/32`;
      await assign(ec2, networkInterfaceId, '10.0.2.9');
      await ec2.associateAddress({
        allocationId,
        networkInterfaceId,
        privateIpAddress: '10.0.2.9',
        allowReassociation: false,
      });
      await ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
      const seen = async () => {
        const [eni] = await ec2.describeNetworkInterfaces({});
        const [address] = await ec2.describeAddresses({});
        const filters = [{ name: 'route-table-id', values: [routeTableId] }];
        const [table] = await ec2.describeRouteTables({ filters });
        return {
          privateIps: eni?.privateIpAddresses.length,
          isAssociated: address?.associationId !== undefined,
          routes: table?.routes.length,
        };
      };
      expect(await seen()).toEqual({ privateIps: 1, isAssociated: false, routes: 1 });
      clock.advance(1000);
      expect(await seen()).toEqual({ privateIps: 1, isAssociated: false, routes: 2 });
      clock.advance(1000);
      expect(await seen()).toEqual({ privateIps: 1, isAssociated: true, routes: 2 });
      clock.advance(3000);
      expect(await seen()).toEqual({ privateIps: 2, isAssociated: true, routes: 2 });
    });

    it('writes meet the present, however old the reads are', async () => {
      const reads = { lagMs: { routeTables: 60_000 } };
      const { ec2, place } = await bench({ reads });
      const { routeTableId, publicIp, networkInterfaceId } = place;
      const route = { routeTableId, destinationCidrBlock: `${publicIp}/32`, networkInterfaceId };
      await ec2.createRoute(route);
      expect(await refusalOf(ec2.createRoute(route))).toMatchObject({
        ec2Code: 'RouteAlreadyExists',
      });
    });

    it('an address that was just allocated is shown, and unknown to claims and tags for a while', async () => {
      const { ec2, clock, place } = await bench({ freshAddressMs: 3000 });
      const { networkInterfaceId } = place;
      const { allocationId } = await ec2.allocateTaggedAddress({
        tags: [{ key: 'use', value: 'media' }],
      });
      const shown = await ec2.describeAddresses({});
      expect(shown.map((one) => one.allocationId)).toContain(allocationId);
      const claim = () =>
        ec2.associateAddress({
          allocationId,
          networkInterfaceId,
          privateIpAddress: '10.0.2.4',
          allowReassociation: false,
        });
      const tag = () =>
        ec2.createTags({ resources: [allocationId], tags: [{ key: 'k', value: 'v' }] });
      expect(await refusalOf(claim())).toMatchObject({ ec2Code: 'InvalidAllocationID.NotFound' });
      expect(await refusalOf(tag())).toMatchObject({ ec2Code: 'InvalidElasticIpID.NotFound' });
      clock.advance(3000);
      await tag();
      await claim();
    });

    it('a private IP that is taken from another interface moves after the answer, with its address', async () => {
      const { ec2, simulated, clock, place } = await bench({ reassignmentMs: 2000 });
      const { networkInterfaceId, allocationId, subnetId } = place;
      const privateIpAddress = '10.0.2.9';
      await assign(ec2, networkInterfaceId, privateIpAddress);
      const claim = { allocationId, networkInterfaceId, privateIpAddress };
      const { associationId } = await ec2.associateAddress({ ...claim, allowReassociation: false });
      const thief = simulated.createNetworkInterface({ subnetId }).networkInterfaceId;
      const changes: string[] = [];
      simulated.onChange(({ kind }) => void changes.push(kind));
      const taken = await simulated.assignPrivateIpAddresses({
        networkInterfaceId: thief,
        privateIpAddresses: [privateIpAddress],
        allowReassignment: true,
      });
      expect(taken.assignedPrivateIpAddresses).toEqual([privateIpAddress]);
      const held = async () => {
        const filters = [{ name: 'private-ip-address', values: [privateIpAddress] }];
        const [eni] = await ec2.describeNetworkInterfaces({ filters });
        const [address] = await ec2.describeAddresses({});
        return [eni?.networkInterfaceId, address?.networkInterfaceId];
      };
      expect(await held()).toEqual([networkInterfaceId, networkInterfaceId]);
      expect(changes).toEqual([]);
      clock.advance(2000);
      expect(await held()).toEqual([thief, thief]);
      expect(changes).toEqual([
        'private-ip-unassigned',
        'private-ip-assigned',
        'address-disassociated',
        'address-associated',
      ]);
      expect(await refusalOf(ec2.disassociateAddress({ associationId }))).toMatchObject({
        ec2Code: 'InvalidAssociationID.NotFound',
      });
    });

    it('a private IP that is taken off before it has moved stays off', async () => {
      const { ec2, simulated, clock, place } = await bench({ reassignmentMs: 2000 });
      const { networkInterfaceId, subnetId } = place;
      const privateIpAddresses = ['10.0.2.9'];
      await assign(ec2, networkInterfaceId, '10.0.2.9');
      const thief = simulated.createNetworkInterface({ subnetId }).networkInterfaceId;
      await simulated.assignPrivateIpAddresses({
        networkInterfaceId: thief,
        privateIpAddresses,
        allowReassignment: true,
      });
      await ec2.unassignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
      clock.advance(2000);
      const ofPods = simulated
        .snapshot()
        .networkInterfaces.flatMap((eni) => eni.privateIpAddresses)
        .map((one) => one.privateIpAddress);
      expect(ofPods).not.toContain('10.0.2.9');
    });

    it('an id that cannot be one is told from one that is nothing’s', async () => {
      const { ec2, place } = await bench();
      const { networkInterfaceId, routeTableId } = place;
      const route = { routeTableId: 'rtb-mine', destinationCidrBlock: '203.0.113.9/32' };
      const refusals = await Promise.all(
        [
          assign(ec2, 'eni-mine', '10.0.2.9'),
          ec2.setSourceDestCheck({ networkInterfaceId: 'mine', sourceDestCheck: false }),
          ec2.createRoute({ ...route, networkInterfaceId }),
          ec2.describeRouteTables({ routeTableIds: [routeTableId, 'rtb-mine'] }),
          ec2.describeSecurityGroups({ groupIds: ['sg-mine'] }),
          ec2.describeSecurityGroups({ groupIds: ['sg-0123456789abcdef0'] }),
          ec2.createTags({ resources: ['mine'], tags: [{ key: 'k', value: 'v' }] }),
        ].map(refusalOf),
      );
      expect(refusals.map(({ ec2Code }) => ec2Code)).toEqual([
        'InvalidNetworkInterfaceId.Malformed',
        'InvalidNetworkInterfaceId.Malformed',
        'InvalidRouteTableId.Malformed',
        'InvalidRouteTableId.Malformed',
        'InvalidGroupId.Malformed',
        'InvalidGroup.NotFound',
        'InvalidID',
      ]);
    });

    it('how many private IPs an interface takes is a matter of the instance type', async () => {
      const { ec2, simulated, place } = await bench({ instanceType: 'm5.large' });
      const ips = Array.from({ length: 10 }, (_, index) => `10.0.2.${20 + index}`);
      const { networkInterfaceId: id } = place;
      expect(await refusalOf(assign(ec2, id, ...ips))).toMatchObject({
        ec2Code: 'PrivateIpAddressLimitExceeded',
      });
      await assign(ec2, id, ...ips.slice(0, 9));
      const { instanceId } = simulated.createInstance({ instanceType: 't3.medium' });
      const other = simulated.createNetworkInterface({ subnetId: place.subnetId, instanceId });
      const more = ['10.0.2.40', '10.0.2.41', '10.0.2.42', '10.0.2.43', '10.0.2.44', '10.0.2.45'];
      expect(await refusalOf(assign(ec2, other.networkInterfaceId, ...more))).toMatchObject({
        ec2Code: 'PrivateIpAddressLimitExceeded',
      });
      await assign(ec2, other.networkInterfaceId, ...more.slice(1));
    });

    it('an address inside a delegated prefix can be claimed, and cannot be had twice', async () => {
      const { ec2, simulated, place } = await bench();
      const { networkInterfaceId, allocationId, subnetId } = place;
      await simulated.assignPrivateIpAddresses({
        networkInterfaceId,
        ipv4Prefixes: ['10.0.2.32/28'],
      });
      const [eni] = await ec2.describeNetworkInterfaces({
        networkInterfaceIds: [networkInterfaceId],
      });
      expect(eni?.ipv4Prefixes).toEqual(['10.0.2.32/28']);
      expect(eni?.privateIpAddresses).toHaveLength(1);
      const privateIpAddress = '10.0.2.40';
      const claim = { allocationId, networkInterfaceId, privateIpAddress };
      await ec2.associateAddress({ ...claim, allowReassociation: false });
      const [address] = await ec2.describeAddresses({});
      expect(address).toMatchObject({ networkInterfaceId, privateIpAddress });
      const other = simulated.createNetworkInterface({ subnetId }).networkInterfaceId;
      expect(await refusalOf(assign(ec2, other, '10.0.2.41'))).toMatchObject({
        ec2Code: 'InvalidParameterValue',
      });
      await simulated.unassignPrivateIpAddresses({
        networkInterfaceId,
        ipv4Prefixes: ['10.0.2.32/28'],
      });
      expect((await ec2.describeAddresses({}))[0]).not.toHaveProperty('associationId');
      await assign(ec2, other, '10.0.2.41');
    });

    it('a route to an interface that was detached is a black hole, and takes its place in the table', async () => {
      const { ec2, simulated, place } = await bench({ routesPerTable: 1 });
      const { routeTableId, publicIp, networkInterfaceId } = place;
      const destinationCidrBlock = `${publicIp}/32`;
      await ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
      simulated.detachNetworkInterface({ networkInterfaceId });
      const [table] = await ec2.describeRouteTables({ routeTableIds: [routeTableId] });
      expect(table?.routes).toContainEqual({
        destinationCidrBlock,
        networkInterfaceId,
        state: 'blackhole',
      });
      const second = { routeTableId, destinationCidrBlock: '203.0.113.99/32', networkInterfaceId };
      expect(await refusalOf(ec2.createRoute(second))).toMatchObject({
        ec2Code: 'RouteLimitExceeded',
      });
    });
  });
}
