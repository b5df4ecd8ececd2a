import type { SimulatedEc2Options } from '@truetuple/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClaimsBench, MakeBench } from './claims-suite.ts';
import { refusalOf } from './ec2-api-place.ts';

const inPool = [{ name: 'tag:truetuple/pool', values: ['a&b <ü>'] }];
const tags = [
  { key: 'truetuple/pool', value: 'a&b <ü>' },
  { key: 'team', value: 'voice' },
];

/** AllocateAddress as every Ec2Api makes it: with tags, in one call. */
export function ec2AllocateContract(name: string, makeBench: MakeBench): void {
  describe(`AllocateAddress ${name}`, () => {
    const open: ClaimsBench[] = [];
    const bench = async (options: Partial<SimulatedEc2Options> = {}) => {
      const made = await makeBench({ region: 'eu-central-1', claimScope: 'eni', ...options });
      open.push(made);
      return made;
    };
    afterEach(async () => {
      for (const one of open.splice(0)) await one.close();
    });

    it('makes an address that carries its tags from the first describe on', async () => {
      const { ec2, simulated } = await bench();
      const made = await ec2.allocateTaggedAddress({ tags });
      expect(await ec2.describeAddresses({ filters: inPool })).toEqual([{ ...made, tags }]);
      expect(simulated.calls.count('AllocateAddress')).toBe(1);
      expect(simulated.calls.count('CreateTags')).toBe(0);
    });

    it('is in the network border group that is asked for, by default in that of the region', async () => {
      const { ec2 } = await bench();
      const group = 'eu-central-1-ham-1';
      const local = await ec2.allocateTaggedAddress({ tags, networkBorderGroup: group });
      const made = await ec2.allocateTaggedAddress({ tags });
      expect(local.networkBorderGroup).toBe(group);
      expect(made.networkBorderGroup).toBe('eu-central-1');
      const filters = [{ name: 'network-border-group', values: [group] }];
      expect(await ec2.describeAddresses({ filters })).toEqual([{ ...local, tags }]);
      const elsewhere = { tags, networkBorderGroup: 'us-west-2-lax-1' };
      expect(await refusalOf(ec2.allocateTaggedAddress(elsewhere))).toBe('InvalidParameterValue');
    });

    it('is refused past the quota of the region', async () => {
      const { ec2, simulated } = await bench({ addressesPerRegion: 1 });
      await ec2.allocateTaggedAddress({ tags });
      const refused = await refusalOf(ec2.allocateTaggedAddress({ tags }));
      expect(refused).toBe('AddressLimitExceeded');
      expect(simulated.snapshot().addresses).toHaveLength(1);
    });

    it('whose answer is lost fails once, and is found by its tags', async () => {
      const { ec2, simulated } = await bench();
      simulated.inject({ action: 'AllocateAddress', loseAnswer: true });
      await refusalOf(ec2.allocateTaggedAddress({ tags }));
      expect(simulated.calls.count('AllocateAddress')).toBe(1);
      expect(await ec2.describeAddresses({ filters: inPool })).toMatchObject([{ tags }]);
    });

    it('is refused to who may not', async () => {
      const { ec2, simulated } = await bench();
      simulated.denyActions(['AllocateAddress']);
      const refused = await refusalOf(ec2.allocateTaggedAddress({ tags }));
      expect(refused).toBe('UnauthorizedOperation');
    });
  });
}
