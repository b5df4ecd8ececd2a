import { afterEach, describe, expect, it } from 'vitest';
import type { ClaimsBench, MakeBench } from './claims-suite.ts';
import { associationCases } from './ec2-api-association-cases.ts';
import { ipv6Cases } from './ec2-api-ipv6-cases.ts';
import { hardshipCases } from './ec2-api-hardship-cases.ts';
import { packetFilterCases } from './ec2-api-packet-filter-cases.ts';
import { policyCases } from './ec2-api-policy-cases.ts';
import { assign, associate, buildPlace, refusalOf, type MakePlace } from './ec2-api-place.ts';

/**
 * What every Ec2Api keeps to: EC2's semantics and codes as the EC2 API reference and user guide give them.
 * The run in process and the run over HTTP through the AWS SDK are the same assertions.
 */
export function ec2ApiContract(name: string, makeBench: MakeBench): void {
  describe(`Ec2Api ${name}`, () => {
    const open: ClaimsBench[] = [];
    const bench: MakePlace = async (options = {}) => {
      const made = await makeBench({
        region: 'eu-central-1',
        claimScope: 'privateIp',
        ...options,
      });
      open.push(made);
      return { ...made, place: buildPlace(made.simulated) };
    };
    afterEach(async () => {
      for (const one of open.splice(0)) await one.close();
    });

    describe('DescribeNetworkInterfaces', () => {
      it('shows an interface whole, found by MAC address, by instance and tag, by any private IP', async () => {
        const { ec2, simulated, place } = await bench();
        const { networkInterfaceId, instanceId, vpcId, subnetId } = place;
        await assign(ec2, networkInterfaceId, '10.0.2.11');
        const { allocationId, publicIp } = simulated.allocateAddress();
        const { associationId } = await associate(
          ec2,
          allocationId,
          networkInterfaceId,
          '10.0.2.11',
        );
        const association = { publicIp, allocationId, associationId };
        const expected = {
          networkInterfaceId,
          vpcId,
          subnetId,
          macAddress: '02:00:00:00:00:aa',
          sourceDestCheck: true,
          status: 'in-use',
          attachment: { instanceId, deviceIndex: 0, status: 'attached' },
          privateIpAddresses: [
            { privateIpAddress: '10.0.2.10', primary: true },
            { privateIpAddress: '10.0.2.11', primary: false, association },
          ],
          tags: [{ key: 'use', value: 'media' }],
        };
        const byMac = { name: 'mac-address', values: ['02:00:00:00:00:aa', '02:00:00:00:00:bb'] };
        const onInstance = { name: 'attachment.instance-id', values: [instanceId] };
        const byTag = { name: 'tag:use', values: ['media'] };
        const byPrivateIp = { name: 'private-ip-address', values: ['10.0.2.11'] };
        const values = ['ip-10-0-2-10.eu-central-1.compute.internal'];
        const byName = { name: 'private-dns-name', values };
        for (const filters of [[byMac], [onInstance, byTag], [byPrivateIp], [byName]]) {
          expect(await ec2.describeNetworkInterfaces({ filters })).toMatchObject([expected]);
        }
        const both = await ec2.describeNetworkInterfaces({ filters: [onInstance] });
        expect(both).toHaveLength(2);
      });

      it('answers an empty list to a filter that matches nothing, NotFound to an id', async () => {
        const { ec2 } = await bench();
        const filters = [{ name: 'mac-address', values: ['02:00:00:00:00:ff'] }];
        expect(await ec2.describeNetworkInterfaces({ filters })).toEqual([]);
        const networkInterfaceIds = ['eni-0123456789abcdef0'];
        const refusal = await refusalOf(ec2.describeNetworkInterfaces({ networkInterfaceIds }));
        expect(refusal).toBe('InvalidNetworkInterfaceID.NotFound');
      });

      it('refuses a filter it does not know', async () => {
        const { ec2 } = await bench();
        const filters = [{ name: 'colour', values: ['red'] }];
        const refusals = [
          await refusalOf(ec2.describeNetworkInterfaces({ filters })),
          await refusalOf(ec2.describeAddresses({ filters })),
          await refusalOf(ec2.describeRouteTables({ filters })),
        ];
        expect(refusals).toEqual(Array.from({ length: 3 }, () => 'InvalidParameterValue'));
      });
    });

    describe('private IPs', () => {
      it('assigns all or nothing, says which are new, leaves what is there', async () => {
        const { ec2, place } = await bench();
        const { networkInterfaceId: id, otherInterfaceId } = place;
        const first = await assign(ec2, id, '10.0.2.11', '10.0.2.12');
        expect(first.assignedPrivateIpAddresses).toEqual(['10.0.2.11', '10.0.2.12']);
        const again = await assign(ec2, id, '10.0.2.12', '10.0.2.13');
        expect(again.assignedPrivateIpAddresses).toEqual(['10.0.2.13']);
        const taken = await refusalOf(assign(ec2, otherInterfaceId, '10.0.2.30', '10.0.2.11'));
        expect(taken).toBe('InvalidParameterValue');
        const limit = await refusalOf(assign(ec2, id, '10.0.2.14'));
        expect(limit).toBe('PrivateIpAddressLimitExceeded');
        const [eni, other] = await ec2.describeNetworkInterfaces({
          networkInterfaceIds: [id, otherInterfaceId],
        });
        expect(eni?.privateIpAddresses).toHaveLength(4);
        expect(other?.privateIpAddresses).toHaveLength(1);
      });

      it('refuses what lies outside the subnet, what EC2 reserves, and the primary of another', async () => {
        const { ec2, place } = await bench();
        const { networkInterfaceId: id } = place;
        for (const privateIp of ['10.0.3.9', '10.0.2.0', '10.0.2.3', '10.0.2.255', '10.0.2.20']) {
          const refusal = await refusalOf(assign(ec2, id, privateIp));
          expect([privateIp, refusal]).toEqual([privateIp, 'InvalidParameterValue']);
        }
      });

      it.each(['MissingParameter', 'InvalidParameter'] as const)(
        'assigns nothing to who asks for nothing: %s',
        async (assignNothingCode) => {
          const { ec2, place } = await bench({ assignNothingCode });
          const { networkInterfaceId: id } = place;
          expect(await refusalOf(assign(ec2, id))).toBe(assignNothingCode);
          // of this call no other code is known
          const nothing = { networkInterfaceId: id, privateIpAddresses: [] };
          expect(await refusalOf(ec2.unassignPrivateIpAddresses(nothing))).toBe('MissingParameter');
        },
      );

      it('unassigns with the Elastic IP; refuses the primary and what is not there', async () => {
        const { ec2, simulated, place } = await bench();
        const { networkInterfaceId: id } = place;
        const unassign = (privateIp: string) =>
          ec2.unassignPrivateIpAddresses({
            networkInterfaceId: id,
            privateIpAddresses: [privateIp],
          });
        await assign(ec2, id, '10.0.2.11');
        const { allocationId } = simulated.allocateAddress();
        await associate(ec2, allocationId, id, '10.0.2.11');
        await unassign('10.0.2.11');
        const [address] = await ec2.describeAddresses({ allocationIds: [allocationId] });
        expect(address).not.toHaveProperty('associationId');
        expect(await refusalOf(unassign('10.0.2.11'))).toBe('InvalidParameterValue');
        expect(await refusalOf(unassign('10.0.2.10'))).toBe('InvalidParameterValue');
      });
    });

    ipv6Cases(bench);
    associationCases(bench);

    describe('tags', () => {
      it('are overwritten by CreateTags, deleted by DeleteTags only where the value is equal', async () => {
        const { ec2, simulated } = await bench();
        const { allocationId } = simulated.allocateAddress({ tags: { keep: 'me' } });
        const resources = [allocationId];
        const owner = (value: string) => ({ resources, tags: [{ key: 'owner', value }] });
        const tags = async () => {
          const filters = [{ name: 'tag-key', values: ['keep'] }];
          const [address] = await ec2.describeAddresses({ filters });
          return Object.fromEntries((address?.tags ?? []).map(({ key, value }) => [key, value]));
        };
        await ec2.createTags(owner('a'));
        await ec2.createTags(owner('b/ü'));
        await ec2.deleteTags(owner('a'));
        expect(await tags()).toEqual({ keep: 'me', owner: 'b/ü' });
        await ec2.deleteTags(owner('b/ü'));
        expect(await tags()).toEqual({ keep: 'me' });
      });
    });

    describe('routes', () => {
      const destinationCidrBlock = '203.0.113.77/32';
      it('are created once, replaced, deleted once; a table is found by tag and by destination', async () => {
        const { ec2, place } = await bench();
        const { routeTableId, networkInterfaceId, otherInterfaceId, vpcId, subnetId } = place;
        const key = { routeTableId, destinationCidrBlock };
        expect(await refusalOf(ec2.replaceRoute({ ...key, networkInterfaceId }))).toBe(
          'InvalidParameterValue',
        );
        await ec2.createRoute({ ...key, networkInterfaceId });
        expect(await refusalOf(ec2.createRoute({ ...key, networkInterfaceId }))).toBe(
          'RouteAlreadyExists',
        );
        await ec2.replaceRoute({ ...key, networkInterfaceId: otherInterfaceId });
        const byTag = { name: 'tag:use', values: ['media'] };
        const byRoute = { name: 'route.destination-cidr-block', values: [destinationCidrBlock] };
        for (const filters of [[byTag, { name: 'vpc-id', values: [vpcId] }], [byRoute]]) {
          const tables = await ec2.describeRouteTables({ filters });
          expect(tables).toMatchObject([{ routeTableId, vpcId, associatedSubnetIds: [subnetId] }]);
          expect(tables[0]?.routes).toContainEqual({
            destinationCidrBlock,
            networkInterfaceId: otherInterfaceId,
            state: 'active',
          });
        }
        await ec2.deleteRoute(key);
        expect(await refusalOf(ec2.deleteRoute(key))).toBe('InvalidRoute.NotFound');
      });

      it.each(['InvalidRouteTableID.NotFound', 'InvalidRoute.NotFound'] as const)(
        'of a table that is not there are refused: %s',
        async (unknownRouteTableCode) => {
          const { ec2, place } = await bench({ unknownRouteTableCode });
          const { networkInterfaceId } = place;
          const key = { routeTableId: 'rtb-0123456789abcdef0', destinationCidrBlock };
          const refusals = [
            await refusalOf(ec2.createRoute({ ...key, networkInterfaceId })),
            await refusalOf(ec2.replaceRoute({ ...key, networkInterfaceId })),
            await refusalOf(ec2.deleteRoute(key)),
          ];
          expect(refusals).toEqual(Array.from({ length: 3 }, () => unknownRouteTableCode));
        },
      );

      it('once more to the same interface, variant accept, changes nothing; to another it is refused', async () => {
        const { ec2, place } = await bench({ repeatedRoute: 'accept', routesPerTable: 1 });
        const { routeTableId, networkInterfaceId, otherInterfaceId } = place;
        const key = { routeTableId, destinationCidrBlock };
        await ec2.createRoute({ ...key, networkInterfaceId });
        await ec2.createRoute({ ...key, networkInterfaceId });
        const other = ec2.createRoute({ ...key, networkInterfaceId: otherInterfaceId });
        expect(await refusalOf(other)).toBe('RouteAlreadyExists');
        const [table] = await ec2.describeRouteTables({ routeTableIds: [routeTableId] });
        expect(table?.routes).toMatchObject([{ gatewayId: 'local' }, { networkInterfaceId }]);
      });

      it('to a deleted interface are black holes; the local one stays; a full table says so', async () => {
        const { ec2, simulated, place } = await bench({ routesPerTable: 1 });
        const { routeTableId, networkInterfaceId, otherInterfaceId } = place;
        const key = { routeTableId, destinationCidrBlock };
        await ec2.createRoute({ ...key, networkInterfaceId: otherInterfaceId });
        const second = { routeTableId, destinationCidrBlock: '203.0.113.78/32' };
        expect(await refusalOf(ec2.createRoute({ ...second, networkInterfaceId }))).toBe(
          'RouteLimitExceeded',
        );
        simulated.deleteNetworkInterface({ networkInterfaceId: otherInterfaceId });
        const [table] = await ec2.describeRouteTables({ routeTableIds: [routeTableId] });
        expect(table?.routes).toContainEqual({
          destinationCidrBlock,
          networkInterfaceId: otherInterfaceId,
          state: 'blackhole',
        });
        const local = { routeTableId, destinationCidrBlock: '10.0.0.0/16' };
        expect(await refusalOf(ec2.deleteRoute(local))).toBe('InvalidParameterValue');
      });
    });

    packetFilterCases(bench);
    hardshipCases(bench);
    policyCases(bench);

    it('sets the source/destination check', async () => {
      const { ec2, place } = await bench();
      const { networkInterfaceId } = place;
      await ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: false });
      const networkInterfaceIds = [networkInterfaceId];
      const [eni] = await ec2.describeNetworkInterfaces({ networkInterfaceIds });
      expect(eni?.sourceDestCheck).toBe(false);
    });

    it('says which action was denied, with status 403', async () => {
      const { ec2, simulated } = await bench();
      simulated.denyActions(['DescribeAddresses']);
      const error: unknown = await ec2.describeAddresses({}).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        action: 'DescribeAddresses',
        ec2Code: 'UnauthorizedOperation',
        httpStatus: 403,
      });
    });
  });
}
