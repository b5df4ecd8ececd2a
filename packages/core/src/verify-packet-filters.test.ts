import { expect, it } from 'vitest';
import type { NetworkAclEntry } from './cloud/ec2/ec2-packet-filters.ts';
import {
  causesOf,
  codesOf,
  hold,
  one,
  silent,
  two,
  verify,
  type Held,
} from './testing/held-with-stun.ts';

const everything = { protocol: '-1', cidrBlock: '0.0.0.0/0' } as const;
const allIn: NetworkAclEntry = {
  ...everything,
  ruleNumber: 100,
  egress: false,
  ruleAction: 'allow',
};
const allOut: NetworkAclEntry = { ...allIn, egress: true };

/** Puts the identity's subnet under a network ACL with these entries. */
function putUnderAcl({ pod, held }: Held, entries: readonly NetworkAclEntry[]): void {
  const { networkInterfaces } = pod.ec2.snapshot();
  const { networkInterfaceId } = held.identity;
  const eni = networkInterfaces.find((each) => each.networkInterfaceId === networkInterfaceId);
  if (eni === undefined) throw new Error('the identity has no network interface');
  pod.ec2.createNetworkAcl({ vpcId: eni.vpcId, subnetIds: [eni.subnetId], entries });
}

function putIntoGroup({ pod, held }: Held, prefixListId: string): void {
  const [vpc] = pod.ec2.snapshot().vpcs;
  pod.ec2.createSecurityGroup({
    vpcId: vpc?.vpcId ?? '',
    ipPermissions: [
      { ipProtocol: 'udp', ipRanges: [], prefixListIds: [prefixListId], hasOtherPeers: false },
    ],
    networkInterfaceIds: [held.identity.networkInterfaceId],
  });
}

it('a subnet under the default network ACL, or under one that lets all through, has no finding', async () => {
  const held = await hold();
  expect(codesOf(await verify(held))).toEqual([]);
  putUnderAcl(held, [allIn, allOut]);
  expect(codesOf(await verify(held))).toEqual([]);
});

it('a network ACL without rules is why no server answers: it keeps no state', async () => {
  const held = await hold([silent(one), silent(two)]);
  putUnderAcl(held, [allOut]);
  const report = await verify(held);
  expect(codesOf(report)).toContain('network-acl-blocks-inbound');
  expect(causesOf(report, 'all-servers-silent')).toEqual(['network-acl-blocks-inbound']);
});

it('a network ACL that lets nothing out is why no server answers', async () => {
  const held = await hold([silent(one), silent(two)]);
  putUnderAcl(held, [allIn]);
  const report = await verify(held);
  expect(causesOf(report, 'all-servers-silent')).toEqual(['network-acl-blocks-outbound']);
});

it('a network ACL that may not be read is said, and nothing else of it', async () => {
  const held = await hold();
  putUnderAcl(held, []);
  held.pod.ec2.denyActions(['DescribeNetworkAcls']);
  const report = await verify(held);
  expect(codesOf(report)).toEqual(['cloud-not-asked']);
  expect(report.findings[0]?.wanted).toContain('network ACL');
});

it('a security group lets in whom its prefix list has, from one look to the next', async () => {
  const held = await hold();
  const { ec2 } = held.pod;
  const { prefixListId } = ec2.createManagedPrefixList({
    prefixListName: 'carriers',
    maxEntries: 5,
  });
  putIntoGroup(held, prefixListId);
  expect(codesOf(await verify(held))).toEqual(['security-group-blocks-inbound']);
  ec2.modifyManagedPrefixList({ prefixListId, addEntries: ['198.51.100.0/24'] });
  expect(codesOf(await verify(held))).toEqual(['security-group-restricts-inbound']);
  ec2.modifyManagedPrefixList({ prefixListId, addEntries: ['0.0.0.0/0'] });
  expect(codesOf(await verify(held))).toEqual([]);
  ec2.denyActions(['GetManagedPrefixListEntries']);
  expect(codesOf(await verify(held))).toEqual([
    'cloud-not-asked',
    'security-group-restricts-inbound',
  ]);
});
