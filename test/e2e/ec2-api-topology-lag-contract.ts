import { describe, expect, it } from 'vitest';
import type { MakeBench } from './claims-suite.ts';
import { limitsBench } from './ec2-api-limits-bench.ts';
import { refusalOf } from './ec2-api-place.ts';

const everything = [{ ipProtocol: '-1', ipRanges: ['0.0.0.0/0'], hasOtherPeers: false }];

/** Describes of what core reads and never changes: they lag where a test names them. */
export function ec2TopologyLagContract(name: string, makeBench: MakeBench): void {
  describe(`late describes of packet filters ${name}`, () => {
    const bench = limitsBench(makeBench);

    it('a security group and its rules are shown after a while, each change in its turn', async () => {
      const reads = { lagMs: { securityGroups: 2000 } };
      const { ec2, simulated, clock } = await bench({ reads });
      const { vpcId } = simulated.snapshot().vpcs[0] ?? { vpcId: '' };
      const { groupId } = simulated.createSecurityGroup({ vpcId });
      const byId = { groupIds: [groupId] };
      expect(await refusalOf(ec2.describeSecurityGroups(byId))).toBe('InvalidGroup.NotFound');
      clock.advance(1000);
      simulated.authorizeSecurityGroup({ groupId, ipPermissions: everything, egress: false });
      clock.advance(1000);
      expect(await ec2.describeSecurityGroups(byId)).toMatchObject([{ ipPermissions: [] }]);
      clock.advance(1000);
      const [shown] = await ec2.describeSecurityGroups(byId);
      expect(shown?.ipPermissions).toHaveLength(1);
    });

    it('a subnet is shown under the network ACL that it had', async () => {
      const { ec2, simulated, clock, place } = await bench({
        reads: { lagMs: { networkAcls: 2000 } },
      });
      clock.advance(2000);
      const { vpcId } = simulated.snapshot().vpcs[0] ?? { vpcId: '' };
      const { networkAclId } = simulated.createNetworkAcl({ vpcId, subnetIds: [place.subnetId] });
      const filters = [{ name: 'association.subnet-id', values: [place.subnetId] }];
      const shown = async () =>
        (await ec2.describeNetworkAcls({ filters })).map((acl) => acl.networkAclId);
      expect(await shown()).not.toContain(networkAclId);
      clock.advance(2000);
      expect(await shown()).toEqual([networkAclId]);
    });

    it('a managed prefix list has the entries that it had', async () => {
      const { ec2, simulated, clock } = await bench({ reads: { lagMs: { prefixLists: 2000 } } });
      const { prefixListId } = simulated.createManagedPrefixList({
        prefixListName: 'carriers',
        maxEntries: 5,
      });
      const entries = () => ec2.getManagedPrefixListEntries({ prefixListId });
      expect(await refusalOf(entries())).toBe('InvalidPrefixListID.NotFound');
      clock.advance(2000);
      simulated.modifyManagedPrefixList({ prefixListId, addEntries: ['198.51.100.0/24'] });
      expect(await entries()).toEqual([]);
      clock.advance(2000);
      expect(await entries()).toEqual(['198.51.100.0/24']);
    });
  });
}
