import { expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { codesOf, one, oneOther, two, verify, type Held } from './testing/held-with-stun.ts';
import type { LaggingKind } from './testing/simulated-ec2/lagging-reads.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

/** An identity that has stood for a while, where describes of one kind are ten seconds behind. */
async function holdWhere(kind: LaggingKind): Promise<Held> {
  const pod = simulatedPod({ ec2: { reads: { lagMs: { [kind]: 10_000 } } } });
  pod.internet.addStunServer({ at: one, other: oneOther });
  pod.internet.addStunServer({ at: two });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  pod.clock.advance(60_000);
  return { pod, held };
}

function putIntoGroup({ pod, held }: Held, ipRanges: readonly string[], lists: readonly string[]) {
  const [vpc] = pod.ec2.snapshot().vpcs;
  const rule = { ipProtocol: 'udp', ipRanges, prefixListIds: lists, hasOtherPeers: false };
  return pod.ec2.createSecurityGroup({
    vpcId: vpc?.vpcId ?? '',
    ipPermissions: [rule],
    networkInterfaceIds: [held.identity.networkInterfaceId],
  });
}

it('nothing is said of a security group that describes do not show yet, nor later of rules that it has no more', async () => {
  const held = await holdWhere('securityGroups');
  const { groupId } = putIntoGroup(held, [], []);
  expect(codesOf(await verify(held))).toEqual([]);
  held.pod.clock.advance(10_000);
  expect(codesOf(await verify(held))).toEqual(['security-group-blocks-inbound']);
  const ipPermissions = [{ ipProtocol: '-1', ipRanges: ['0.0.0.0/0'], hasOtherPeers: false }];
  held.pod.ec2.authorizeSecurityGroup({ groupId, ipPermissions, egress: false });
  expect(codesOf(await verify(held))).toEqual(['security-group-blocks-inbound']);
  held.pod.clock.advance(10_000);
  expect(codesOf(await verify(held))).toEqual([]);
});

it('a prefix list that EC2 does not know yet is said to be unread, and the rule counts for nobody', async () => {
  const held = await holdWhere('prefixLists');
  const { prefixListId } = held.pod.ec2.createManagedPrefixList({
    prefixListName: 'carriers',
    maxEntries: 5,
    entries: ['0.0.0.0/0'],
  });
  putIntoGroup(held, [], [prefixListId]);
  const report = await verify(held);
  expect(codesOf(report)).toEqual(['cloud-not-asked', 'security-group-restricts-inbound']);
  expect(report.findings[0]?.seen).toContain('InvalidPrefixListID.NotFound');
  held.pod.clock.advance(10_000);
  expect(codesOf(await verify(held))).toEqual([]);
});

it('a network ACL is judged as it is shown', async () => {
  const held = await holdWhere('networkAcls');
  const { networkInterfaces } = held.pod.ec2.snapshot();
  const { networkInterfaceId } = held.held.identity;
  const { vpcId = '', subnetId = '' } =
    networkInterfaces.find((eni) => eni.networkInterfaceId === networkInterfaceId) ?? {};
  held.pod.ec2.createNetworkAcl({ vpcId, subnetIds: [subnetId] });
  expect(codesOf(await verify(held))).toEqual([]);
  held.pod.clock.advance(10_000);
  expect(codesOf(await verify(held))).toContain('network-acl-blocks-inbound');
});
