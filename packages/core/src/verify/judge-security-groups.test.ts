import { expect, it } from 'vitest';
import type { IpPermission, SecurityGroup } from '../cloud/ec2/ec2-packet-filters.ts';
import type { FindingCode } from './finding.ts';
import { judgeSecurityGroups } from './judge-security-groups.ts';

function rule(change: Partial<IpPermission> = {}): IpPermission {
  return { ipProtocol: '-1', ipRanges: ['0.0.0.0/0'], hasOtherPeers: false, ...change };
}
function group(change: Partial<SecurityGroup> = {}): SecurityGroup {
  return {
    groupId: 'sg-1',
    groupName: 'media',
    vpcId: 'vpc-1',
    ipPermissions: [rule()],
    ipPermissionsEgress: [rule()],
    tags: [],
    ...change,
  };
}
const sip = rule({ ipProtocol: 'udp', fromPort: 5060, toPort: 5061 });
const rtp = rule({ ipProtocol: '17', fromPort: 16_384, toPort: 32_767 });
const ports = [5060, 16_384, 32_767];

it.each<[string, SecurityGroup[]]>([
  ['everything', [group()]],
  ['the ports, by name and by number', [group({ ipPermissions: [sip, rtp] })]],
  ['the ports, in two groups', [group({ ipPermissions: [sip] }), group({ ipPermissions: [rtp] })]],
  [
    'all ports of UDP',
    [group({ ipPermissions: [rule({ ipProtocol: 'udp', fromPort: -1, toPort: -1 })] })],
  ],
  [
    'UDP out by a range of all ports',
    [group({ ipPermissionsEgress: [rule({ ipProtocol: 'udp', fromPort: 0, toPort: 65_535 })] })],
  ],
])('finds nothing where they let in %s', (_what, groups) => {
  expect(judgeSecurityGroups(groups, ports)).toEqual([]);
});

it.each<[FindingCode, string, Partial<SecurityGroup>]>([
  ['security-group-blocks-inbound', 'lets UDP port 16384, 32767 in', { ipPermissions: [sip] }],
  ['security-group-blocks-inbound', 'lets UDP port 5060, 16384, 32767 in', { ipPermissions: [] }],
  [
    'security-group-blocks-inbound',
    'lets UDP port 5060, 16384, 32767 in',
    { ipPermissions: [rule({ ipProtocol: 'tcp', fromPort: 0, toPort: 65_535 })] },
  ],
  [
    'security-group-blocks-inbound',
    'lets UDP port 32767 in',
    { ipPermissions: [sip, { ...rtp, toPort: 32_766 }] },
  ],
  [
    'security-group-restricts-inbound',
    'lets UDP port 5060 in from 198.51.100.0/24 port 5060-5061, groups or IPv6 port 5060-5061',
    { ipPermissions: [{ ...sip, ipRanges: ['198.51.100.0/24'], hasOtherPeers: true }, rtp] },
  ],
  ['security-group-blocks-outbound', 'no rule of sg-1 lets UDP out', { ipPermissionsEgress: [] }],
  [
    'security-group-restricts-outbound',
    'lets UDP out to 0.0.0.0/0 port 5060-5061 only',
    { ipPermissionsEgress: [sip] },
  ],
  [
    'security-group-restricts-outbound',
    'lets UDP out to 198.51.100.0/24 only',
    { ipPermissionsEgress: [rule({ ipRanges: ['198.51.100.0/24'] })] },
  ],
])('finds %s: %s', (code, seen, change) => {
  const found = judgeSecurityGroups([group(change)], ports);
  expect(found.map((each) => each.code)).toEqual([code]);
  expect(found[0]?.seen).toContain(seen);
  expect(found[0]?.severity).toBe(code.includes('blocks') ? 'broken' : 'warning');
});

it.each<[string, readonly string[], FindingCode[]]>([
  ['everybody', ['0.0.0.0/0'], []],
  ['everybody, by halves', ['0.0.0.0/1', '128.0.0.0/1'], []],
  ['some', ['198.51.100.0/24'], ['security-group-restricts-inbound']],
  ['nobody', [], ['security-group-blocks-inbound']],
])('a rule that names a prefix list of %s counts as its entries', (_who, entries, codes) => {
  const byList = { ...sip, ipRanges: [], prefixListIds: ['pl-1'] };
  const found = judgeSecurityGroups(
    [group({ ipPermissions: [byList] })],
    [5060],
    new Map([['pl-1', entries]]),
  );
  expect(found.map(({ code }) => code)).toEqual(codes);
  if (entries.length > 0 && found.length > 0)
    expect(found[0]?.seen).toContain(`pl-1 (${entries.join(', ')})`);
});

it('a prefix list that could not be read lets somebody in, nobody knows whom', () => {
  const byList = { ...sip, ipRanges: [], prefixListIds: ['pl-1'] };
  const found = judgeSecurityGroups([group({ ipPermissions: [byList] })], [5060]);
  expect(found.map(({ code }) => code)).toEqual(['security-group-restricts-inbound']);
  expect(found[0]?.seen).toContain('pl-1 (not read)');
});

it('rules add up: halves of the Internet in two rules are the Internet', () => {
  const halves = ['0.0.0.0/1', '128.0.0.0/1'].map((block) => ({ ...sip, ipRanges: [block] }));
  expect(judgeSecurityGroups([group({ ipPermissions: halves })], [5060])).toEqual([]);
});
