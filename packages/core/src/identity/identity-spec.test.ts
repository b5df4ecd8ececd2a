import { describe, expect, it } from 'vitest';
import { formatIpv6Owner } from '../cloud/ipv6/ipv6-record.ts';
import { CoreError } from '../errors.ts';
import type { Ipv4Address } from './address.ts';
import { parseIdentitySpec, type IdentitySpecInput } from './identity-spec.ts';
import { formatOwnerTag } from './owner.ts';

const good: IdentitySpecInput = {
  owner: { cluster: 'prod', namespace: 'sip', pod: 'gw-0', uid: 'a1' },
  pool: 'media',
  region: 'eu-central-1',
  vpcCidrs: ['10.0.0.0/16'],
  routeTables: { by: 'ids', routeTableIds: ['rtb-0a'] },
};

const longest = {
  privateIp: '255.255.255.255' as Ipv4Address,
  privateIpAssignedByUs: true,
  networkInterfaceId: 'eni-00000000000000000',
};

function refusal(change: object): string {
  try {
    parseIdentitySpec({ ...good, ...change });
  } catch (error) {
    if (CoreError.is(error) && error.code === 'SpecInvalid') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('parseIdentitySpec', () => {
  it('fills in defaults', () => {
    expect(parseIdentitySpec(good)).toEqual({
      ...good,
      addressFamilies: ['ipv4'],
      vpcIpv6Cidrs: [],
      excludeAddresses: [],
      linkName: 'net1',
      networkInterface: { by: 'mac' },
      requireNoManageTag: false,
      table: 200,
      delivery: 'both',
      identityDirectory: '/run/truetuple',
      proof: { require: 'kernel' },
    });
  });

  it.each(['us-gov-west-1', 'us-isob-east-1', 'eusc-de-east-1', 'mx-central-1'])(
    'takes the region %s',
    (region) => {
      expect(parseIdentitySpec({ ...good, region }).region).toBe(region);
    },
  );

  it.each<[string, object, string]>([
    ['an unknown field', { pol: 'x' }, 'pol'],
    ['an empty pool', { pool: '' }, 'pool: is empty'],
    ['a pool longer than a tag', { pool: 'p'.repeat(257) }, 'pool: is empty, too long'],
    ['a pool with *', { pool: 'media*' }, 'pool: is empty, too long, or has * ? or \\'],
    ['a pool with ?', { pool: 'med?a' }, 'pool: '],
    ['a pool with a backslash', { pool: 'a\\b' }, 'pool: '],
    ['a region that is none', { region: 'Frankfurt' }, 'region: is not an AWS region'],
    ['a long link name', { linkName: 'a-link-name-of-17' }, 'linkName: is longer'],
    [
      'a host address for a network',
      { vpcCidrs: ['10.0.0.1/16'] },
      'vpcCidrs.0: is not an IPv4 network',
    ],
    ['no VPC network', { vpcCidrs: [] }, 'vpcCidrs: is empty'],
    ['the main table', { table: 254 }, 'table: is one of the tables'],
    [
      'an unknown delivery',
      { delivery: 'proxy' },
      'delivery: is no delivery mode (both, translate',
    ],
    ['a relative directory', { identityDirectory: 'run' }, 'identityDirectory: is not an absolute'],
    [
      'an address that is excluded',
      { address: '203.0.113.50', excludeAddresses: ['203.0.113.51', '203.0.113.50'] },
      'excludeAddresses: has 203.0.113.50',
    ],
    ['a slash in a name', { owner: { ...good.owner, pod: 'a/b' } }, 'owner.pod: has a character'],
    [
      'an ENI that is none',
      { networkInterface: { by: 'id', networkInterfaceId: 'eth1' } },
      'is not an ENI id',
    ],
    ['an unknown selector', { routeTables: { by: 'name' } }, 'routeTables.by'],
    [
      'an owner too long for a tag',
      { owner: { ...good.owner, pod: 'p'.repeat(250) } },
      'EC2 allows 256',
    ],
    [
      'a pool too long for the tag of an IPv6 address',
      { pool: 'p'.repeat(240), addressFamilies: ['ipv4', 'ipv6'] },
      'a tag would have 257 characters',
    ],
  ])('refuses %s', (_what, change, text) => {
    expect(refusal(change)).toContain(text);
  });

  it('takes names that just fit into a tag', () => {
    const long = { owner: { ...good.owner, pod: 'p'.repeat(197) }, pool: 'p'.repeat(46) };
    for (const [change, value] of [
      [{ owner: long.owner }, formatOwnerTag({ ...longest, owner: long.owner })],
      [{ ...long, addressFamilies: ['ipv4', 'ipv6'] }, formatIpv6Owner(long.owner, long.pool)],
      [{ pool: 'p'.repeat(256) }, 'p'.repeat(256)],
    ] as const) {
      expect(value).toHaveLength(256);
      expect(refusal(change)).toBe('accepted');
    }
    expect(refusal({ owner: { ...long.owner, uid: 'a12' } })).toContain('257 characters');
  });

  it('names every wrong field at once', () => {
    const message = refusal({ pool: '', region: 'x', vpcCidrs: ['y'] });
    for (const field of ['pool', 'region', 'vpcCidrs.0']) expect(message).toContain(field);
  });

  it.each([undefined, null, 7, 'spec', []])('refuses %j as a whole', (input) => {
    expect(() => parseIdentitySpec(input)).toThrow('The identity spec is invalid');
  });

  const routedCidrs = ['10.0.1.0/24'];
  const sip = { protocol: 'udp', first: 5060, last: 5060 } as const;
  const tls = { protocol: 'tcp', first: 5061, last: 5061 } as const;

  it.each<[string, object]>([
    ['both', {}],
    ['both', { routedCidrs }],
    ['translate', { routedCidrs }],
    ['rule', { routedCidrs, ports: [sip, { ...sip, first: 16_384, last: 32_767 }, tls] }],
    ['dnat', {}],
    ['any', { ports: [tls] }],
  ])('takes delivery %s with %j', (delivery, more) => {
    expect(parseIdentitySpec({ ...good, ...more, delivery })).toMatchObject({ delivery, ...more });
  });

  it.each<[string, object, string]>([
    ['translate', {}, 'routedCidrs: delivery translate must be told'],
    ['translate', { routedCidrs: [] }, 'routedCidrs: delivery translate must be told'],
    ['translate', { routedCidrs, ports: [sip] }, 'ports: delivery translate binds an address'],
    ['rule', { ports: [sip] }, 'routedCidrs: delivery rule must be told'],
    ['rule', { routedCidrs }, 'ports: delivery rule must be told'],
    ['dnat', { ports: [sip] }, 'ports: delivery dnat binds an address'],
    ['both', { ports: [sip] }, 'ports: delivery both binds an address'],
    ['any', {}, 'ports: delivery any must be told'],
    ['any', { ports: [tls, sip] }, 'ports: delivery any is for TCP; a UDP socket on 0.0.0.0'],
    ['both', { routedCidrs: ['10.1.0.0/24'] }, 'routedCidrs: 10.1.0.0/24 lies in none of vpcCidrs'],
    ['both', { routedCidrs: ['10.0.0.0/15'] }, 'routedCidrs: 10.0.0.0/15 lies in none of vpcCidrs'],
    ['rule', { routedCidrs, ports: [sip, sip] }, 'ports: udp 5060 and udp 5060 overlap'],
    ['any', { ports: [{ ...tls, last: 5060 }] }, 'ports.0: ends before it begins'],
    ['any', { ports: [{ ...tls, first: 0 }] }, 'ports.0.first: is below 1'],
    ['any', { ports: [{ ...tls, protocol: 'sctp' }] }, 'ports.0.protocol: is neither udp nor tcp'],
  ])('refuses delivery %s with %j', (delivery, more, text) => {
    expect(refusal({ ...more, delivery })).toContain(text);
  });

  const dual = { addressFamilies: ['ipv4', 'ipv6'] };
  it('takes an IPv6 side, in canonical form', () => {
    const input = {
      ...dual,
      publicIpv6: '2001:DB8:0:202:0::50',
      subnetIpv6Cidr: '2001:db8:0:0202::/64',
      gatewayIpv6: 'FE80::1',
      vpcIpv6Cidrs: ['2001:0db8:0:200::/56'],
    };
    expect(parseIdentitySpec({ ...good, ...input })).toMatchObject({
      ...dual,
      publicIpv6: '2001:db8:0:202::50',
      subnetIpv6Cidr: '2001:db8:0:202::/64',
      gatewayIpv6: 'fe80::1',
      vpcIpv6Cidrs: ['2001:db8:0:200::/56'],
    });
  });

  it.each<[string, object, string]>([
    [
      'IPv6 alone',
      { addressFamilies: ['ipv6'] },
      'addressFamilies: an identity without ipv4 is not',
    ],
    ['no family', { addressFamilies: [] }, 'addressFamilies: is empty'],
    [
      'a family twice',
      { addressFamilies: ['ipv4', 'ipv4'] },
      'addressFamilies: names a family twice',
    ],
    ['another family', { addressFamilies: ['ipx'] }, 'addressFamilies.0: is neither ipv4 nor ipv6'],
    [
      'an address without its family',
      { publicIpv6: '2001:db8::1' },
      'publicIpv6: says nothing without',
    ],
    ['a gateway without it', { gatewayIpv6: 'fe80::1' }, 'gatewayIpv6: says nothing without'],
    [
      'blocks without it',
      { vpcIpv6Cidrs: ['2001:db8::/56'] },
      'vpcIpv6Cidrs: says nothing without',
    ],
    ['an IPv4 address for it', { ...dual, publicIpv6: '10.0.0.1' }, 'publicIpv6: is not an IPv6'],
    ['a local address', { ...dual, publicIpv6: 'fd00::1' }, 'publicIpv6: is no global address'],
    [
      'a subnet of another size',
      { ...dual, subnetIpv6Cidr: '2001:db8::/56' },
      'subnetIpv6Cidr: is no /64',
    ],
    [
      'a gateway elsewhere',
      { ...dual, gatewayIpv6: '2001:db8::1' },
      'gatewayIpv6: is no link-local',
    ],
    [
      'host bits',
      { ...dual, vpcIpv6Cidrs: ['2001:db8::1/56'] },
      'vpcIpv6Cidrs.0: is not an IPv6 network',
    ],
    [
      'sockets on 0.0.0.0',
      { ...dual, delivery: 'any', ports: [tls] },
      'addressFamilies: delivery any leads sockets on 0.0.0.0',
    ],
  ])('refuses %s', (_what, change, text) => {
    expect(refusal(change)).toContain(text);
  });
});
