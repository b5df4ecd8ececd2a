import { describe, expect, it } from 'vitest';
import type { Ec2Api } from '@truetuple/core';
import type { SimulatedEc2 } from '@truetuple/core/testing';
import { assign, refusalOf, type MakePlace } from './ec2-api-place.ts';

function assignIpv6(ec2: Ec2Api, networkInterfaceId: string, ...ipv6Addresses: string[]) {
  return ec2.assignIpv6Addresses({ networkInterfaceId, ipv6Addresses });
}

function delegate(simulated: SimulatedEc2, networkInterfaceId: string, ...ipv6Prefixes: string[]) {
  return simulated.assignIpv6Addresses({ networkInterfaceId, ipv6Prefixes });
}

async function heldBy(ec2: Ec2Api, networkInterfaceId: string) {
  const networkInterfaceIds = [networkInterfaceId];
  const [eni] = await ec2.describeNetworkInterfaces({ networkInterfaceIds });
  return eni?.ipv6Addresses;
}

/** AssignIpv6Addresses and UnassignIpv6Addresses (EC2 API reference). */
export function ipv6Cases(bench: MakePlace): void {
  describe('IPv6 addresses', () => {
    const address = '2001:db8:0:202::50';

    it('are assigned all or nothing, shown in canonical form, found by a filter', async () => {
      const { ec2, place } = await bench();
      const { networkInterfaceId: id, otherInterfaceId } = place;
      expect(await heldBy(ec2, id)).toBeUndefined();
      const first = await assignIpv6(ec2, id, '2001:DB8:0:202:0:0:0:50', '2001:db8:0:202::51');
      expect(first.assignedIpv6Addresses).toEqual([address, '2001:db8:0:202::51']);
      const again = await assignIpv6(ec2, id, address, '2001:db8:0:202::52');
      expect(again.assignedIpv6Addresses).toEqual(['2001:db8:0:202::52']);
      const taken = await refusalOf(
        assignIpv6(ec2, otherInterfaceId, '2001:db8:0:202::60', address),
      );
      expect(taken).toBe('InvalidParameterValue');
      expect(await heldBy(ec2, otherInterfaceId)).toBeUndefined();
      const filters = [{ name: 'ipv6-addresses.ipv6-address', values: [address] }];
      expect(await ec2.describeNetworkInterfaces({ filters })).toMatchObject([
        {
          networkInterfaceId: id,
          ipv6Addresses: [address, '2001:db8:0:202::51', '2001:db8:0:202::52'],
        },
      ]);
    });

    it('have a limit of their own, as high as that of private IPs', async () => {
      const { ec2, place } = await bench();
      const { networkInterfaceId: id } = place;
      await assign(ec2, id, '10.0.2.11', '10.0.2.12', '10.0.2.13');
      await assignIpv6(ec2, id, ...[50, 51, 52, 53].map((host) => `2001:db8:0:202::${host}`));
      expect(await refusalOf(assignIpv6(ec2, id, '2001:db8:0:202::54'))).toBe(
        'PrivateIpAddressLimitExceeded',
      );
    });

    it.each([
      ['outside the subnet', '2001:db8:0:203::50'],
      ['first of the subnet', '2001:db8:0:202::'],
      ['fourth of the subnet', '2001:db8:0:202::3'],
      ['last of the subnet', '2001:db8:0:202:ffff:ffff:ffff:ffff'],
      ['no IPv6 address', '10.0.2.50'],
    ])('are refused when they are %s', async (_what, wrong) => {
      const { ec2, place } = await bench();
      expect(await refusalOf(assignIpv6(ec2, place.networkInterfaceId, wrong))).toBe(
        'InvalidParameterValue',
      );
    });

    it('are refused in a subnet without IPv6', async () => {
      const { ec2, simulated, place } = await bench();
      const { subnetId } = simulated.createSubnet({ vpcId: place.vpcId, cidr: '10.0.9.0/24' });
      const { networkInterfaceId } = simulated.createNetworkInterface({ subnetId });
      expect(await refusalOf(assignIpv6(ec2, networkInterfaceId, address))).toBe(
        'InvalidParameterValue',
      );
    });

    it('move to another interface only after they were unassigned', async () => {
      const { ec2, place } = await bench();
      const { networkInterfaceId: id, otherInterfaceId } = place;
      const unassign = () =>
        ec2.unassignIpv6Addresses({ networkInterfaceId: id, ipv6Addresses: [address] });
      await assignIpv6(ec2, id, address, '2001:db8:0:202::51');
      await unassign();
      expect(await heldBy(ec2, id)).toEqual(['2001:db8:0:202::51']);
      expect(await refusalOf(unassign())).toBe('InvalidParameterValue');
      await assignIpv6(ec2, otherInterfaceId, address);
      expect(await heldBy(ec2, otherInterfaceId)).toEqual([address]);
    });

    it('are free again when their interface is deleted', async () => {
      const { ec2, simulated, place } = await bench();
      await assignIpv6(ec2, place.otherInterfaceId, address);
      simulated.deleteNetworkInterface({ networkInterfaceId: place.otherInterfaceId });
      await assignIpv6(ec2, place.networkInterfaceId, address);
      expect(await heldBy(ec2, place.networkInterfaceId)).toEqual([address]);
    });

    it('say which action was denied', async () => {
      const { ec2, simulated, place } = await bench();
      simulated.denyActions(['AssignIpv6Addresses']);
      const error: unknown = await assignIpv6(ec2, place.networkInterfaceId, address).catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({
        action: 'AssignIpv6Addresses',
        ec2Code: 'UnauthorizedOperation',
      });
    });

    describe('in a delegated /80', () => {
      const prefix = '2001:db8:0:202:1::/80';

      it('are one interface’s, and come free with the prefix', async () => {
        const { ec2, simulated, place } = await bench();
        const { networkInterfaceId: id, otherInterfaceId: other } = place;
        await delegate(simulated, id, prefix);
        expect(await heldBy(ec2, id)).toBeUndefined();
        const within = '2001:db8:0:202:1::50';
        expect(await refusalOf(assignIpv6(ec2, other, within))).toBe('InvalidParameterValue');
        await assignIpv6(ec2, other, '2001:db8:0:202:2::50');
        await simulated.unassignIpv6Addresses({ networkInterfaceId: id, ipv6Prefixes: [prefix] });
        await assignIpv6(ec2, other, within);
      });

      it('take one slot together', async () => {
        const { ec2, simulated, place } = await bench();
        const { networkInterfaceId: id } = place;
        await assignIpv6(ec2, id, ...[50, 51, 52].map((host) => `2001:db8:0:202::${host}`));
        await delegate(simulated, id, prefix);
        const full = 'PrivateIpAddressLimitExceeded';
        expect(await refusalOf(assignIpv6(ec2, id, '2001:db8:0:202::53'))).toBe(full);
        const second = delegate(simulated, id, '2001:db8:0:202:3::/80');
        expect(await refusalOf(second)).toBe(full);
        // what is there takes none once more
        expect(await delegate(simulated, id, prefix)).toEqual({ assignedIpv6Addresses: [] });
      });

      it.each([
        ['another interface has it', prefix],
        ['another interface has an address of it', '2001:db8:0:202:2::/80'],
        ['it is no /80', '2001:db8:0:202:3::/96'],
        ['it has host bits', '2001:db8:0:202:3::1/80'],
        ['it is outside the subnet', '2001:db8:0:203:1::/80'],
        ['it holds the first addresses of the subnet', '2001:db8:0:202::/80'],
        ['it holds the last address of the subnet', '2001:db8:0:202:ffff::/80'],
      ])('are refused when %s', async (_what, block) => {
        const { ec2, simulated, place } = await bench();
        const { networkInterfaceId: id, otherInterfaceId: other } = place;
        await delegate(simulated, other, prefix);
        await assignIpv6(ec2, other, '2001:db8:0:202:2::50');
        expect(await refusalOf(delegate(simulated, id, block))).toBe('InvalidParameterValue');
      });
    });
  });
}
