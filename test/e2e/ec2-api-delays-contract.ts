import { describe, expect, it } from 'vitest';
import type { MakeBench } from './claims-suite.ts';
import { limitsBench } from './ec2-api-limits-bench.ts';
import { assign, refusalOf } from './ec2-api-place.ts';

/** What a real account's EC2 does or shows later than it answers: at once unless a test asks. */
export function ec2DelaysContract(name: string, makeBench: MakeBench): void {
  describe(`EC2's delays ${name}`, () => {
    const bench = limitsBench(makeBench);

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
      expect(await refusalOf(ec2.createRoute(route))).toBe('RouteAlreadyExists');
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
      expect(await refusalOf(claim())).toBe('InvalidAllocationID.NotFound');
      expect(await refusalOf(tag())).toBe('InvalidElasticIpID.NotFound');
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
      expect(await refusalOf(ec2.disassociateAddress({ associationId }))).toBe(
        'InvalidAssociationID.NotFound',
      );
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
  });
}
