import { expect, it } from 'vitest';
import type { NetworkAcl, NetworkAclEntry } from '../cloud/ec2/ec2-packet-filters.ts';
import type { FindingCode } from './finding.ts';
import { judgeNetworkAcl } from './judge-network-acl.ts';

const ports = [5060, 16_384, 32_767];

function entry(ruleNumber: number, change: Partial<NetworkAclEntry> = {}): NetworkAclEntry {
  const all = { protocol: '-1', cidrBlock: '0.0.0.0/0', egress: false };
  return { ruleNumber, ruleAction: 'allow', ...all, ...change };
}
const out = { egress: true } as const;
const deny = { ruleAction: 'deny' } as const;
/** Both directions end as EC2 ends them. */
function acl(...entries: NetworkAclEntry[]): NetworkAcl {
  return {
    networkAclId: 'acl-1',
    vpcId: 'vpc-1',
    isDefault: false,
    entries: [...entries, entry(32_767, deny), entry(32_767, { ...deny, ...out })],
    associations: [],
    tags: [],
  };
}
const udp = (from: number, to: number): Partial<NetworkAclEntry> => ({
  protocol: '17',
  portRange: { from, to },
});
const allIn = entry(100);
const allOut = entry(100, out);
const ephemeralOut = entry(100, { ...out, ...udp(1024, 65_535) });

it.each<[string, NetworkAcl]>([
  ['everything', acl(allIn, allOut)],
  [
    'the ports, and out to those that peers choose',
    acl(entry(100, udp(5060, 5061)), entry(110, udp(16_384, 32_767)), ephemeralOut),
  ],
  ['the ports, a later rule being too late', acl(allIn, entry(200, deny), allOut)],
  ['UDP, whatever becomes of TCP', acl(entry(90, { ...deny, protocol: '6' }), allIn, allOut)],
  ['IPv4, whatever becomes of IPv6', acl(ipv6Denied(), allIn, allOut)],
  [
    'all of the Internet by its halves',
    acl(entry(100, { cidrBlock: '0.0.0.0/1' }), entry(110, { cidrBlock: '128.0.0.0/1' }), allOut),
  ],
  [
    'ports that a wider denial comes after',
    acl(entry(80, udp(0, 65_535)), entry(90, deny), allOut),
  ],
])('finds nothing where it lets in %s', (_what, judged) => {
  expect(judgeNetworkAcl(judged, ports)).toEqual([]);
});

function ipv6Denied(): NetworkAclEntry {
  return { ruleNumber: 90, egress: false, ruleAction: 'deny', protocol: '-1' };
}

it.each<[FindingCode, string, NetworkAcl]>([
  ['network-acl-blocks-inbound', 'UDP port 5060, 16384, 32767 in', acl(allOut)],
  [
    'network-acl-blocks-inbound',
    'UDP port 5060 in',
    acl(entry(90, { ...deny, ...udp(5060, 5060) }), allIn, allOut),
  ],
  ['network-acl-blocks-inbound', 'UDP port 32767 in', acl(entry(100, udp(5060, 32_766)), allOut)],
  [
    'network-acl-blocks-inbound',
    'UDP port 5060, 16384, 32767 in',
    acl(entry(100, { protocol: '6' }), allOut),
  ],
  [
    'network-acl-restricts-inbound',
    'lets UDP port 5060, 16384, 32767 in, but not from 198.51.100.0/24 (rule 90)',
    acl(entry(90, { ...deny, cidrBlock: '198.51.100.0/24' }), allIn, allOut),
  ],
  [
    'network-acl-restricts-inbound',
    'in, but not from all others (rule *)',
    acl(entry(90, { cidrBlock: '198.51.100.0/24' }), allOut),
  ],
  ['network-acl-blocks-outbound', 'lets no UDP out', acl(allIn)],
  [
    'network-acl-blocks-outbound',
    'lets no UDP out',
    acl(allIn, entry(100, { ...out, ...udp(53, 53) })),
  ],
  [
    'network-acl-restricts-outbound',
    'not to port 1024-5059 of all others (rule *); to port 5061-65535 of all others (rule *)',
    acl(allIn, entry(100, { ...out, ...udp(5060, 5060) })),
  ],
  [
    'network-acl-restricts-outbound',
    'not to port 1024-32767 of 198.51.100.0/24 (rule 90)',
    acl(
      allIn,
      entry(90, { ...deny, ...out, ...udp(0, 32_767), cidrBlock: '198.51.100.0/24' }),
      allOut,
    ),
  ],
])('finds %s: %s', (code, seen, judged) => {
  const found = judgeNetworkAcl(judged, ports);
  expect(found.map((each) => each.code)).toEqual([code]);
  expect(found[0]?.seen).toContain(seen);
  expect(found[0]?.severity).toBe(code.includes('blocks') ? 'broken' : 'warning');
  expect(found[0]?.remedy).toMatch(/\.$/);
});

it('a denial that is wholly behind an earlier permission is not told', () => {
  const shadowed = acl(
    entry(80, { cidrBlock: '198.51.0.0/16' }),
    entry(90, { ...deny, cidrBlock: '198.51.100.0/24' }),
    allIn,
    allOut,
  );
  expect(judgeNetworkAcl(shadowed, ports)).toEqual([]);
});
