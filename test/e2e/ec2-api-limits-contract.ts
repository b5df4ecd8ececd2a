import { Ec2CallError } from '@truetuple/core';
import { documentedRates, type SimulatedInstanceType } from '@truetuple/core/testing';
import { describe, expect, it } from 'vitest';
import type { MakeBench } from './claims-suite.ts';
import { limitsBench } from './ec2-api-limits-bench.ts';
import { assign, refusalOf } from './ec2-api-place.ts';

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

/** What a real account's EC2 limits: all off unless a test asks. */
export function ec2LimitsContract(name: string, makeBench: MakeBench): void {
  describe(`EC2's limits ${name}`, () => {
    const bench = limitsBench(makeBench);

    it('a call without a token gets RequestLimitExceeded, 503, and does nothing; tokens come back', async () => {
      const requestRates = { perAction: { CreateTags: { burst: 2, perSecond: 0.5 } } };
      const { ec2, simulated, clock, place } = await bench({ requestRates });
      const tag = (value: string) =>
        ec2.createTags({ resources: [place.allocationId], tags: [{ key: 'k', value }] });
      await tag('1');
      await tag('2');
      await expect(tag('3')).rejects.toMatchObject({
        ec2Code: 'RequestLimitExceeded',
        httpStatus: 503,
        message: expect.stringContaining('ec2:CreateTags') as string,
      });
      expect(simulated.snapshot().addresses[0]?.tags).toEqual([{ key: 'k', value: '2' }]);
      await ec2.describeAddresses({});
      clock.advance(1999);
      expect(await refusalOf(tag('4'))).toBe('RequestLimitExceeded');
      clock.advance(1);
      await tag('5');
      expect(await refusalOf(tag('6'))).toBe('RequestLimitExceeded');
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
      expect(refusals).toEqual([
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
      expect(await refusalOf(assign(ec2, id, ...ips))).toBe('PrivateIpAddressLimitExceeded');
      await assign(ec2, id, ...ips.slice(0, 9));
      const { instanceId } = simulated.createInstance({ instanceType: 't3.medium' });
      const other = simulated.createNetworkInterface({ subnetId: place.subnetId, instanceId });
      const more = ['10.0.2.40', '10.0.2.41', '10.0.2.42', '10.0.2.43', '10.0.2.44', '10.0.2.45'];
      expect(await refusalOf(assign(ec2, other.networkInterfaceId, ...more))).toBe(
        'PrivateIpAddressLimitExceeded',
      );
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
      expect(await refusalOf(assign(ec2, other, '10.0.2.41'))).toBe('InvalidParameterValue');
      await simulated.unassignPrivateIpAddresses({
        networkInterfaceId,
        ipv4Prefixes: ['10.0.2.32/28'],
      });
      expect((await ec2.describeAddresses({}))[0]).not.toHaveProperty('associationId');
      await assign(ec2, other, '10.0.2.41');
    });

    it('prefixes are delegated on instances of the Nitro System only, whichever comes first', async () => {
      const { simulated } = await bench();
      const ipv6 = '2001:db8:0:200::/56';
      const { vpcId } = simulated.createVpc({ cidr: '10.1.0.0/16', ipv6Cidr: ipv6 });
      const ipv6Cidr = '2001:db8:0:202::/64';
      const { subnetId } = simulated.createSubnet({ vpcId, cidr: '10.1.2.0/24', ipv6Cidr });
      const delegate = (networkInterfaceId: string) => [
        simulated.assignPrivateIpAddresses({ networkInterfaceId, ipv4PrefixCount: 1 }),
        simulated.assignIpv6Addresses({ networkInterfaceId, ipv6PrefixCount: 1 }),
      ];
      const on = (instanceType: SimulatedInstanceType) => {
        const { instanceId } = simulated.createInstance({ instanceType });
        return simulated.createNetworkInterface({ subnetId, instanceId }).networkInterfaceId;
      };
      for (const type of ['t2.medium', 'm4.large'] as const) {
        const refusals = delegate(on(type)).map(refusalOf);
        expect(await Promise.all(refusals)).toEqual([1, 2].map(() => 'UnsupportedOperation'));
      }
      for (const type of ['t3.medium', 'm5.large'] as const) await Promise.all(delegate(on(type)));
      const { networkInterfaceId } = simulated.createNetworkInterface({ subnetId });
      await simulated.assignPrivateIpAddresses({ networkInterfaceId, ipv4PrefixCount: 1 });
      const attach = async (instanceType: SimulatedInstanceType) =>
        simulated.attachNetworkInterface({
          networkInterfaceId,
          instanceId: simulated.createInstance({ instanceType }).instanceId,
        });
      expect(await refusalOf(attach('m4.large'))).toBe('UnsupportedOperation');
      await attach('m5.large');
    });

    it('a route to an interface that was detached is a black hole, and takes its place in the table', async () => {
      const { ec2, simulated, place } = await bench({ routesPerTable: 1 });
      const { routeTableId, publicIp, subnetId, instanceId } = place;
      const { networkInterfaceId } = simulated.createNetworkInterface({ subnetId, instanceId });
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
      expect(await refusalOf(ec2.createRoute(second))).toBe('RouteLimitExceeded');
    });
  });
}
