import { describe, expect, it } from 'vitest';
import { CoreError } from '../errors.ts';
import { parseIdentitySpec, type IdentitySpecInput } from './identity-spec.ts';

const good: IdentitySpecInput = {
  owner: { cluster: 'prod', namespace: 'sip', pod: 'gw-0', uid: 'a1' },
  pool: 'media',
  region: 'eu-central-1',
  vpcCidrs: ['10.0.0.0/16'],
  routeTables: { by: 'ids', routeTableIds: ['rtb-0a'] },
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
      linkName: 'net1',
      networkInterface: { by: 'mac' },
      requireNoManageTag: false,
      table: 200,
      delivery: 'both',
      identityDirectory: '/run/truetuple',
    });
  });

  it.each<[string, object, string]>([
    ['an unknown field', { pol: 'x' }, 'pol'],
    ['an empty pool', { pool: '' }, 'pool: is empty'],
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
      'a delivery mode not built yet',
      { delivery: 'translate' },
      'delivery: is not a delivery mode',
    ],
    ['a relative directory', { identityDirectory: 'run' }, 'identityDirectory: is not an absolute'],
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
  ])('refuses %s', (_what, change, text) => {
    expect(refusal(change)).toContain(text);
  });

  it('names every wrong field at once', () => {
    const message = refusal({ pool: '', region: 'x', vpcCidrs: ['y'] });
    for (const field of ['pool', 'region', 'vpcCidrs.0']) expect(message).toContain(field);
  });

  it.each([undefined, null, 7, 'spec', []])('refuses %j as a whole', (input) => {
    expect(() => parseIdentitySpec(input)).toThrow('The identity spec is invalid');
  });
});
