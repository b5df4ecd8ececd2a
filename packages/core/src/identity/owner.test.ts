import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from './address.ts';
import { formatOwnerTag, parseOwnerTag, type OwnerRecord } from './owner.ts';

const record: OwnerRecord = {
  owner: { cluster: 'prod', namespace: 'sip', pod: 'gw-0', uid: 'a1' },
  privateIp: '10.0.2.128' as Ipv4Address,
  privateIpAssignedByUs: true,
  networkInterfaceId: 'eni-0a1',
};

describe('the owner tag', () => {
  it('is one value that reads back', () => {
    expect(formatOwnerTag(record)).toBe('prod/sip/gw-0/a1/10.0.2.128/assigned/eni-0a1');
    expect(parseOwnerTag(formatOwnerTag(record))).toEqual(record);
    const found = { ...record, privateIpAssignedByUs: false };
    expect(parseOwnerTag(formatOwnerTag(found))).toEqual(found);
  });

  it.each([
    '',
    'a/b/c/d/10.0.2.1',
    'a/b/c/d/10.0.2.1/assigned',
    'a/b/c/d/10.0.2.1/assigned/x',
    'a/b/c/d/10.0.2.1/assigned/eni-',
    'a/b/c/d/10.0.2.1/assigned/eni-1/x',
    'a/b/c/d/x/found/eni-1',
    'a/b/c//10.0.2.1/found/eni-1',
    'a/b/c/d/10.0.2.1/mine/eni-1',
  ])('is not ours when it says "%s"', (value) => {
    expect(parseOwnerTag(value)).toBeUndefined();
  });
});
