import { describe, expect, it } from 'vitest';
import { assign, associate, refusalOf, type MakePlace } from './ec2-api-place.ts';

/** Of the contract of every Ec2Api: AssociateAddress and DisassociateAddress. */
export function associationCases(bench: MakePlace): void {
  describe('associations', () => {
    it('refuses an address that another interface has; the same again is the same association', async () => {
      const { ec2, simulated, place } = await bench();
      const { networkInterfaceId: id, otherInterfaceId } = place;
      const { allocationId } = simulated.allocateAddress();
      const first = await associate(ec2, allocationId, id, '10.0.2.10');
      expect(await associate(ec2, allocationId, id, '10.0.2.10')).toEqual(first);
      const refusal = await refusalOf(associate(ec2, allocationId, otherInterfaceId, '10.0.2.20'));
      expect(refusal).toBe('Resource.AlreadyAssociated');
      const filters = [{ name: 'association-id', values: [first.associationId] }];
      expect(await ec2.describeAddresses({ filters })).toMatchObject([
        { allocationId, networkInterfaceId: id, privateIpAddress: '10.0.2.10' },
      ]);
    });

    it.each([
      ['privateIp', 'Resource.AlreadyAssociated'],
      ['eni', 'not refused'],
    ] as const)(
      'claim scope %s: another private IP of the same interface is %s',
      async (claimScope, outcome) => {
        const { ec2, simulated, place } = await bench({ claimScope });
        const { networkInterfaceId: id } = place;
        await assign(ec2, id, '10.0.2.11');
        const { allocationId } = simulated.allocateAddress();
        await associate(ec2, allocationId, id, '10.0.2.10');
        expect(await refusalOf(associate(ec2, allocationId, id, '10.0.2.11'))).toBe(outcome);
      },
    );

    it.each([
      ['refuse', 'Resource.AlreadyAssociated', 1],
      ['displace', 'not refused', 0],
    ] as const)(
      'a private IP that has another address, variant %s: %s',
      async (occupiedPrivateIp, outcome, firstStays) => {
        const { ec2, simulated, place } = await bench({ occupiedPrivateIp });
        const { networkInterfaceId: id } = place;
        const [a, b] = [simulated.allocateAddress(), simulated.allocateAddress()];
        const { associationId } = await associate(ec2, a.allocationId, id, '10.0.2.10');
        expect(await refusalOf(associate(ec2, b.allocationId, id, '10.0.2.10'))).toBe(outcome);
        const filters = [{ name: 'association-id', values: [associationId] }];
        expect(await ec2.describeAddresses({ filters })).toHaveLength(firstStays);
      },
    );

    it.each([
      ['same-id', 'not refused', true],
      ['new-id', 'not refused', false],
      ['refuse', 'Resource.AlreadyAssociated', true],
    ] as const)(
      'the same address on the same private IP once more, variant %s: %s',
      async (repeatedAssociation, outcome, isSameId) => {
        const { ec2, simulated, place } = await bench({ repeatedAssociation });
        const { networkInterfaceId: id } = place;
        const { allocationId } = simulated.allocateAddress();
        const first = await associate(ec2, allocationId, id, '10.0.2.10');
        expect(await refusalOf(associate(ec2, allocationId, id, '10.0.2.10'))).toBe(outcome);
        const [address] = await ec2.describeAddresses({});
        expect(address?.privateIpAddress).toBe('10.0.2.10');
        expect(address?.associationId === first.associationId).toBe(isSameId);
        const input = { allocationId, networkInterfaceId: id, privateIpAddress: '10.0.2.10' };
        const again = await simulated.associateAddress(input);
        expect(again.associationId === address?.associationId).toBe(isSameId);
      },
    );

    it('disassociates by an id that no newer association has', async () => {
      const { ec2, simulated, place } = await bench();
      const { networkInterfaceId: id } = place;
      const { allocationId } = simulated.allocateAddress();
      const { associationId: old } = await associate(ec2, allocationId, id, '10.0.2.10');
      await ec2.disassociateAddress({ associationId: old });
      const { associationId } = await associate(ec2, allocationId, id, '10.0.2.10');
      expect(associationId).not.toBe(old);
      const refusal = await refusalOf(ec2.disassociateAddress({ associationId: old }));
      expect(refusal).toBe('InvalidAssociationID.NotFound');
      const [address] = await ec2.describeAddresses({ allocationIds: [allocationId] });
      expect(address?.associationId).toBe(associationId);
    });

    it.each([
      'OperationNotPermitted',
      'InvalidParameterCombination',
      'InvalidParameterValue',
      'InvalidAddress.NotFound',
    ] as const)(
      'refuses an address of another network border group than the zone: %s',
      async (borderGroupCode) => {
        const { ec2, simulated, place } = await bench({ borderGroupCode });
        const group = 'eu-central-1-ham-1';
        const { allocationId: here } = simulated.allocateAddress();
        const { allocationId: local } = simulated.allocateAddress({ networkBorderGroup: group });
        const { subnetId } = simulated.createSubnet({
          vpcId: place.vpcId,
          cidr: '10.0.9.0/24',
          availabilityZone: `${group}a`,
        });
        const { networkInterfaceId: id } = simulated.createNetworkInterface({
          subnetId,
          privateIpAddress: '10.0.9.10',
        });
        expect(await refusalOf(associate(ec2, here, id, '10.0.9.10'))).toBe(borderGroupCode);
        const { networkInterfaceId: other } = place;
        expect(await refusalOf(associate(ec2, local, other, '10.0.2.10'))).toBe(borderGroupCode);
        await associate(ec2, local, id, '10.0.9.10');
        await associate(ec2, here, other, '10.0.2.10');
        const filters = [{ name: 'availability-zone', values: ['eu-central-1-ham-1a'] }];
        const shown = await ec2.describeNetworkInterfaces({ filters });
        expect(shown).toMatchObject([
          { networkInterfaceId: id, availabilityZone: 'eu-central-1-ham-1a' },
        ]);
      },
    );

    it.each(['IncorrectInstanceState', 'InvalidInstanceID'] as const)(
      'refuses an interface of a pending instance, and of no other: %s',
      async (pendingInstanceCode) => {
        const { ec2, simulated, place } = await bench({ pendingInstanceCode });
        const { instanceId, networkInterfaceId: id } = place;
        const { allocationId } = simulated.allocateAddress();
        simulated.setInstanceState({ instanceId, state: 'pending' });
        const refused = associate(ec2, allocationId, id, '10.0.2.10');
        expect(await refusalOf(refused)).toBe(pendingInstanceCode);
        simulated.setInstanceState({ instanceId, state: 'stopped' });
        await associate(ec2, allocationId, id, '10.0.2.10');
      },
    );

    it.each(['OperationNotPermitted', 'InvalidParameterValue', 'IncorrectState'] as const)(
      'leaves an interface with a dual-stack public hostname its last address: %s',
      async (dualStackNameCode) => {
        const { ec2, simulated, place } = await bench({ dualStackNameCode });
        const { networkInterfaceId, otherInterfaceId } = place;
        await assign(ec2, networkInterfaceId, '10.0.2.11');
        const claim = async (id: string, privateIp: string) => {
          const { allocationId } = simulated.allocateAddress();
          return associate(ec2, allocationId, id, privateIp);
        };
        const first = await claim(networkInterfaceId, '10.0.2.10');
        const last = await claim(networkInterfaceId, '10.0.2.11');
        const other = await claim(otherInterfaceId, '10.0.2.20');
        const publicHostnameType = 'public-dual-stack-dns-name';
        simulated.modifyNetworkInterface({ networkInterfaceId, publicHostnameType });
        await ec2.disassociateAddress(other);
        await ec2.disassociateAddress(first);
        expect(await refusalOf(ec2.disassociateAddress(last))).toBe(dualStackNameCode);
        const [eni] = await ec2.describeNetworkInterfaces({
          networkInterfaceIds: [networkInterfaceId],
        });
        expect(eni?.privateIpAddresses[1]?.association).toMatchObject(last);
        const single = 'public-ipv4-dns-name';
        simulated.modifyNetworkInterface({ networkInterfaceId, publicHostnameType: single });
        await ec2.disassociateAddress(last);
      },
    );

    it('refuses an unknown allocation, and a private IP that is not on the interface', async () => {
      const { ec2, simulated, place } = await bench();
      const { networkInterfaceId: id } = place;
      const { allocationId } = simulated.allocateAddress();
      expect(await refusalOf(associate(ec2, 'eipalloc-0bad', id, '10.0.2.10'))).toBe(
        'InvalidAllocationID.NotFound',
      );
      expect(await refusalOf(associate(ec2, allocationId, id, '10.0.2.77'))).toBe(
        'InvalidParameterValue',
      );
    });
  });
}
