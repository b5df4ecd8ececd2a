import {
  FakeClock,
  type AddressAttribute,
  type SimulatedEc2,
  type SimulatedEc2Options,
} from '@truetuple/core/testing';
import { afterEach, describe, expect, it } from 'vitest';

/** What can be asked of Elastic IPs besides what truetuple asks, in process or over a wire. */
export interface AddressCalls {
  readonly simulated: SimulatedEc2;
  readonly modify: (allocationId: string, domainName: string) => Promise<AddressAttribute>;
  readonly reset: (allocationId: string) => Promise<AddressAttribute>;
  readonly describe: (allocationIds?: readonly string[]) => Promise<readonly AddressAttribute[]>;
  readonly release: (allocationId: string, networkBorderGroup?: string) => Promise<void>;
  readonly associate: (allocationId: string, networkInterfaceId: string) => Promise<unknown>;
  /** EC2's code for what was refused. */
  readonly codeOf: (call: Promise<unknown>) => Promise<string>;
  readonly close: () => Promise<void>;
}

function interfaceIn(simulated: SimulatedEc2, vpc: { readonly isDefault?: boolean } = {}): string {
  const { vpcId } = simulated.createVpc({ cidr: '10.0.0.0/16', ...vpc });
  simulated.createInternetGateway({ vpcId });
  const { subnetId } = simulated.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  return simulated.createNetworkInterface({ subnetId }).networkInterfaceId;
}

/** ReleaseAddress; and EC2 user guide, "Use reverse DNS for email applications", with the error code InvalidAddress.Locked. */
export function ec2AddressesContract(
  name: string,
  connect: (options: SimulatedEc2Options) => Promise<AddressCalls>,
): void {
  describe(`Elastic IPs ${name}`, () => {
    const open: AddressCalls[] = [];
    const bench = async (options: Partial<SimulatedEc2Options> = {}) => {
      const clock = new FakeClock();
      const region = 'eu-central-1';
      const calls = await connect({ region, claimScope: 'eni', clock, ...options });
      open.push(calls);
      return { ...calls, clock, ...calls.simulated.allocateAddress() };
    };
    /** An address that is associated in a VPC. */
    const associated = async (isDefault: boolean) => {
      const made = await bench();
      const networkInterfaceId = interfaceIn(made.simulated, { isDefault });
      const changes: string[] = [];
      made.simulated.onChange(({ kind }) => void changes.push(kind));
      await made.associate(made.allocationId, networkInterfaceId);
      return { ...made, changes };
    };
    afterEach(async () => {
      for (const one of open.splice(0)) await one.close();
    });

    describe('released', () => {
      it('while they are associated: in use', async () => {
        const { release, codeOf, simulated, allocationId, changes } = await associated(false);
        expect(await codeOf(release(allocationId))).toBe('InvalidIPAddress.InUse');
        expect(simulated.snapshot().addresses[0]).toHaveProperty('associationId');
        expect(changes).toEqual(['address-associated']);
      });

      it('while they are associated in a default VPC: let go first', async () => {
        const { release, simulated, allocationId, changes } = await associated(true);
        await release(allocationId);
        expect(simulated.snapshot().addresses).toEqual([]);
        expect(changes).toEqual(['address-associated', 'address-disassociated']);
      });

      it.each([
        ['unknown', 'InvalidAllocationID.NotFound'],
        ['reallocated', 'AuthFailure'],
      ] as const)('are %s afterwards: %s', async (releasedAddress, code) => {
        const made = await bench({ releasedAddress });
        const { release, associate, codeOf, simulated, allocationId } = made;
        const networkInterfaceId = interfaceIn(simulated);
        await release(allocationId);
        expect(await codeOf(release(allocationId))).toBe(code);
        expect(await codeOf(associate(allocationId, networkInterfaceId))).toBe(code);
        // one that never was
        expect(await codeOf(release('eipalloc-0'))).toBe('InvalidAllocationID.NotFound');
        const again = simulated.allocateAddress();
        await associate(again.allocationId, networkInterfaceId);
      });
    });

    it.each(['InvalidAllocationID.NotFound', 'InvalidAddressID.NotFound'] as const)(
      'that are gone are not released: %s; nor are they associated',
      async (releaseOfNothingCode) => {
        const made = await bench({ releaseOfNothingCode });
        const { release, associate, codeOf, simulated, allocationId } = made;
        await release(allocationId);
        expect(await codeOf(release(allocationId))).toBe(releaseOfNothingCode);
        const networkInterfaceId = interfaceIn(simulated);
        expect(await codeOf(associate(allocationId, networkInterfaceId))).toBe(
          'InvalidAllocationID.NotFound',
        );
      },
    );

    it('of a Local Zone are found by who names their network border group only', async () => {
      const { release, codeOf, simulated, allocationId } = await bench();
      const group = 'eu-central-1-ham-1';
      const local = simulated.allocateAddress({ networkBorderGroup: group });
      expect(await codeOf(release(local.allocationId))).toBe('InvalidAddress.NotFound');
      expect(await codeOf(release(allocationId, group))).toBe('InvalidAddress.NotFound');
      expect(simulated.snapshot().addresses).toHaveLength(2);
      await release(local.allocationId, group);
      await release(allocationId, 'eu-central-1');
      expect(simulated.snapshot().addresses).toEqual([]);
    });

    it('a record is shown fully qualified, of the addresses that are asked for or of all', async () => {
      const { modify, describe: show, simulated, allocationId, publicIp } = await bench();
      const { networkBorderGroup: _group, ...other } = simulated.allocateAddress();
      await modify(allocationId, 'sip.example.com');
      const own = { allocationId, publicIp, ptrRecord: 'sip.example.com.' };
      expect(await show([allocationId])).toEqual([own]);
      expect(await show()).toEqual([own, other]);
    });

    it.each(['InvalidAddress.Locked', 'InvalidAddress.PtrSet'] as const)(
      'an address that has one is not released: %s; without it it is',
      async (reverseDnsLockCode) => {
        const { modify, reset, release, codeOf, simulated, allocationId } = await bench({
          reverseDnsLockCode,
        });
        await modify(allocationId, 'sip.example.com.');
        expect(await codeOf(release(allocationId))).toBe(reverseDnsLockCode);
        expect(simulated.snapshot().addresses).toHaveLength(1);
        await reset(allocationId);
        await release(allocationId);
        expect(simulated.snapshot().addresses).toEqual([]);
      },
    );

    it('a change is under way for a while, and locks as long', async () => {
      const {
        modify,
        reset,
        release,
        codeOf,
        describe: show,
        clock,
        ...made
      } = await bench({
        reverseDnsMs: 1000,
      });
      const { allocationId, publicIp } = made;
      const address = { allocationId, publicIp };
      const value = 'sip.example.com.';
      const pending = { ...address, ptrRecordUpdate: { value, status: 'PENDING' } };
      expect(await modify(allocationId, 'sip.example.com')).toEqual(pending);
      clock.advance(999);
      expect(await show([allocationId])).toEqual([pending]);
      expect(await codeOf(release(allocationId))).toBe('InvalidAddress.Locked');
      clock.advance(1);
      expect(await show([allocationId])).toEqual([{ ...address, ptrRecord: value }]);
      const going = { ...address, ptrRecord: value, ptrRecordUpdate: { status: 'PENDING' } };
      expect(await reset(allocationId)).toEqual(going);
      clock.advance(999);
      expect(await codeOf(release(allocationId))).toBe('InvalidAddress.Locked');
      clock.advance(1);
      expect(await show([allocationId])).toEqual([address]);
      await release(allocationId);
    });

    it('an address that is associated is in use, whatever its record', async () => {
      const { modify, release, codeOf, simulated, allocationId } = await bench();
      const networkInterfaceId = interfaceIn(simulated);
      await simulated.associateAddress({ allocationId, networkInterfaceId });
      await modify(allocationId, 'sip.example.com');
      expect(await codeOf(release(allocationId))).toBe('InvalidIPAddress.InUse');
    });

    it('what is no address, or no name, has no record', async () => {
      const { modify, reset, describe: show, codeOf, allocationId } = await bench();
      const missing = 'InvalidAllocationID.NotFound';
      expect(await codeOf(modify('eipalloc-0', 'sip.example.com'))).toBe(missing);
      expect(await codeOf(reset('eipalloc-0'))).toBe(missing);
      expect(await codeOf(show(['eipalloc-0']))).toBe(missing);
      for (const domainName of ['sip', 'a b.example.com', '203.0.113.1', '']) {
        expect([domainName, await codeOf(modify(allocationId, domainName))]).toEqual([
          domainName,
          'InvalidParameterValue',
        ]);
      }
      const [address] = await show([allocationId]);
      expect(Object.keys(address ?? {}).toSorted()).toEqual(['allocationId', 'publicIp']);
    });
  });
}
