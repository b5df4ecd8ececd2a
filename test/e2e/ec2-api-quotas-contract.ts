import { describe, expect, it } from 'vitest';
import type { MakeBench } from './claims-suite.ts';
import { limitsBench } from './ec2-api-limits-bench.ts';
import { assign, associate, refusalOf } from './ec2-api-place.ts';

/** How many resources of a kind a VPC or the account has room for (VPC user guide, "Amazon VPC quotas"). */
export function ec2QuotasContract(name: string, makeBench: MakeBench): void {
  describe(`EC2's quotas ${name}`, () => {
    const bench = limitsBench(makeBench);

    it('network interfaces of the region, wherever they are; one that is deleted makes room', async () => {
      const { ec2, simulated, place } = await bench({ networkInterfacesPerRegion: 2 });
      const { subnetId } = place;
      const create = async () => simulated.createNetworkInterface({ subnetId });
      const { networkInterfaceId } = await create();
      expect(await refusalOf(create())).toBe('NetworkInterfaceLimitExceeded');
      expect(await ec2.describeNetworkInterfaces({})).toHaveLength(2);
      simulated.deleteNetworkInterface({ networkInterfaceId });
      await create();
    });

    it('route tables of a VPC, the main one with them; another VPC has its own', async () => {
      const { ec2, simulated } = await bench({ routeTablesPerVpc: 2 });
      const { vpcId } = simulated.createVpc({ cidr: '10.1.0.0/16' });
      const create = async () => simulated.createRouteTable({ vpcId });
      await create();
      expect(await refusalOf(create())).toBe('RouteTableLimitExceeded');
      const filters = [{ name: 'vpc-id', values: [vpcId] }];
      expect(await ec2.describeRouteTables({ filters })).toHaveLength(2);
    });

    it.each(['RouteLimitExceeded', 'ResourceCountLimitExceeded'] as const)(
      'routes of a table, the local one not with them: %s',
      async (routeLimitCode) => {
        const { ec2, place } = await bench({ routesPerTable: 1, routeLimitCode });
        const { routeTableId, networkInterfaceId, instanceId } = place;
        const create = (destinationCidrBlock: string) =>
          ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
        await create('203.0.113.1/32');
        expect(await refusalOf(create('203.0.113.2/32'))).toBe(routeLimitCode);
        for (const [field, value, tables] of [
          ['route.instance-id', instanceId, 1],
          ['route.origin', 'CreateRoute', 1],
          ['route.origin', 'CreateRouteTable', 2],
        ] as const) {
          const filters = [{ name: field, values: [value] }];
          expect([value, await ec2.describeRouteTables({ filters })]).toEqual([
            value,
            expect.objectContaining({ length: tables }),
          ]);
        }
      },
    );

    it('resources that are tagged by one call', async () => {
      const { ec2, place } = await bench();
      const tags = [{ key: 'k', value: 'v' }];
      const resources = (count: number) => Array.from({ length: count }, () => place.allocationId);
      await ec2.createTags({ resources: resources(1000), tags });
      const over = resources(1001);
      const invalid = 'InvalidParameterValue';
      expect(await refusalOf(ec2.createTags({ resources: over, tags }))).toBe(invalid);
      expect(await refusalOf(ec2.deleteTags({ resources: over, tags }))).toBe(invalid);
      const [address] = await ec2.describeAddresses({});
      expect(address?.tags).toEqual(tags);
    });

    describe('network address units of a VPC', () => {
      const full = 'NetworkAddressUsageLimitExceeded';

      it('one for each private and Elastic IP of an interface that an instance has', async () => {
        const { ec2, place } = await bench({ networkAddressUnitsPerVpc: 3 });
        const { networkInterfaceId: id, allocationId } = place;
        await assign(ec2, id, '10.0.2.9');
        const { associationId } = await associate(ec2, allocationId, id, '10.0.2.9');
        expect(await refusalOf(assign(ec2, id, '10.0.2.10'))).toBe(full);
        // what is there takes no unit once more
        expect(await assign(ec2, id, '10.0.2.9')).toEqual({ assignedPrivateIpAddresses: [] });
        await ec2.disassociateAddress({ associationId });
        expect(await refusalOf(assign(ec2, id, '10.0.2.10', '10.0.2.11'))).toBe(full);
        await assign(ec2, id, '10.0.2.10');
        // not among the calls that EC2 refuses for it
        await associate(ec2, allocationId, id, '10.0.2.10');
      });

      it('one for a delegated prefix, one for an interface beside the first, one for an IPv6 address', async () => {
        const { ec2, simulated } = await bench({ networkAddressUnitsPerVpc: 5 });
        const ipv6 = '2001:db8:0:200::/56';
        const { vpcId } = simulated.createVpc({ cidr: '10.1.0.0/16', ipv6Cidr: ipv6 });
        const ipv6Cidr = '2001:db8:0:202::/64';
        const subnet = { vpcId, cidr: '10.1.2.0/24', ipv6Cidr };
        const { subnetId } = simulated.createSubnet(subnet);
        const { instanceId } = simulated.createInstance();
        simulated.createNetworkInterface({ subnetId, instanceId });
        const { networkInterfaceId } = simulated.createNetworkInterface({ subnetId, instanceId });
        const delegate = (prefix: string) =>
          simulated.assignPrivateIpAddresses({ networkInterfaceId, ipv4Prefixes: [prefix] });
        await delegate('10.1.2.16/28');
        const address = (text: string) =>
          ec2.assignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [text] });
        await address('2001:db8:0:202::10');
        expect(await refusalOf(address('2001:db8:0:202::11'))).toBe(full);
        expect(await refusalOf(delegate('10.1.2.32/28'))).toBe(full);
        const second = async () => simulated.createNetworkInterface({ subnetId, instanceId });
        expect(await refusalOf(second())).toBe(full);
      });

      it('none for an interface that no instance has: it is refused when it is attached', async () => {
        const { ec2, simulated, place } = await bench({ networkAddressUnitsPerVpc: 4 });
        const { subnetId, instanceId } = place;
        const { networkInterfaceId } = simulated.createNetworkInterface({ subnetId });
        await assign(ec2, networkInterfaceId, '10.0.2.20', '10.0.2.21');
        const attach = async () =>
          simulated.attachNetworkInterface({ networkInterfaceId, instanceId });
        expect(await refusalOf(attach())).toBe(full);
        await ec2.unassignPrivateIpAddresses({
          networkInterfaceId,
          privateIpAddresses: ['10.0.2.21'],
        });
        await attach();
        // from one instance to another it is the same unit
        await simulated.assignPrivateIpAddresses({
          networkInterfaceId: place.networkInterfaceId,
          privateIpAddresses: ['10.0.2.20'],
          allowReassignment: true,
        });
        expect(await refusalOf(assign(ec2, networkInterfaceId, '10.0.2.22'))).toBe(full);
      });
    });
  });
}
