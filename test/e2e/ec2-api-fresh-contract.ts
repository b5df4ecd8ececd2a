import { describe, expect, it } from 'vitest';
import type { MakeBench } from './claims-suite.ts';
import { limitsBench } from './ec2-api-limits-bench.ts';
import { assign, associate, refusalOf } from './ec2-api-place.ts';

const freshMs = 3000;
const tags = [{ key: 'use', value: 'media' }];

/** Calls that name what EC2 has just made; known at once unless a test asks. */
export function ec2FreshContract(name: string, makeBench: MakeBench): void {
  describe(`what EC2 has just made ${name}`, () => {
    const bench = limitsBench(makeBench);

    it('is known at once by default', async () => {
      const { ec2, place } = await bench();
      const { networkInterfaceId, allocationId } = place;
      await assign(ec2, networkInterfaceId, '10.0.2.9');
      const claim = await associate(ec2, allocationId, networkInterfaceId, '10.0.2.9');
      await ec2.disassociateAddress(claim);
    });

    it('an interface: shown, and unknown to calls that write', async () => {
      const { ec2, clock, place } = await bench({ freshInterfaceMs: freshMs });
      const { networkInterfaceId, allocationId } = place;
      const [shown] = await ec2.describeNetworkInterfaces({});
      expect(shown).toMatchObject({ networkInterfaceId });
      const unknown = 'InvalidNetworkInterfaceID.NotFound';
      expect(await refusalOf(assign(ec2, networkInterfaceId, '10.0.2.9'))).toBe(unknown);
      const claim = () => associate(ec2, allocationId, networkInterfaceId, '10.0.2.4');
      expect(await refusalOf(claim())).toBe(unknown);
      const tag = () => ec2.createTags({ resources: [networkInterfaceId], tags });
      expect(await refusalOf(tag())).toBe(unknown);
      clock.advance(freshMs);
      await assign(ec2, networkInterfaceId, '10.0.2.9');
      await claim();
      await tag();
    });

    it('a route table: shown, and unknown to CreateRoute', async () => {
      const { ec2, clock, place } = await bench({ freshRouteTableMs: freshMs });
      const { networkInterfaceId, routeTableId, publicIp } = place;
      const route = { routeTableId, destinationCidrBlock: `${publicIp}/32`, networkInterfaceId };
      expect(await refusalOf(ec2.createRoute(route))).toBe('InvalidRouteTableID.NotFound');
      clock.advance(freshMs);
      await ec2.createRoute(route);
    });

    it('a private IP: assigned, and not there for AssociateAddress', async () => {
      const { ec2, simulated, clock, place } = await bench({ freshPrivateIpMs: freshMs });
      const { networkInterfaceId, allocationId } = place;
      await assign(ec2, networkInterfaceId, '10.0.2.9');
      expect(simulated.snapshot().networkInterfaces[0]?.privateIpAddresses).toHaveLength(2);
      const claim = () => associate(ec2, allocationId, networkInterfaceId, '10.0.2.9');
      expect(await refusalOf(claim())).toBe('InvalidParameterValue');
      clock.advance(freshMs);
      await claim();
    });

    it('an association: there, and unknown to DisassociateAddress', async () => {
      const { ec2, simulated, clock, place } = await bench({ freshAssociationMs: freshMs });
      const { networkInterfaceId, allocationId } = place;
      const claim = await associate(ec2, allocationId, networkInterfaceId, '10.0.2.4');
      const end = () => ec2.disassociateAddress(claim);
      expect(await refusalOf(end())).toBe('InvalidAssociationID.NotFound');
      expect(simulated.snapshot().addresses).toMatchObject([claim]);
      clock.advance(freshMs);
      await end();
      expect(simulated.snapshot().addresses[0]).not.toHaveProperty('associationId');
    });
  });
}
