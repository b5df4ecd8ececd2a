import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../../identity/address.ts';
import {
  formatOwnerTag,
  ownerTagKey,
  releasedTagKey,
  reservedTagKey,
  type Owner,
} from '../../identity/owner.ts';
import type { ElasticIp } from '../ec2/ec2-api.ts';
import { formatReleased, rankAddresses, type AddressWish } from './choose-address.ts';

const privateIp = '10.0.2.11' as Ipv4Address;
const nowMs = Date.UTC(2026, 0, 1);
const minute = 60_000;

function ownerOf(pod: string): Owner {
  return { cluster: 'c', namespace: 'n', pod, uid: `uid-${pod}` };
}

function free(number: number, tags: Readonly<Record<string, string>> = {}): ElasticIp {
  return {
    allocationId: `eipalloc-${number}`,
    publicIp: `203.0.113.${number}`,
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  };
}

function ranked(pool: readonly ElasticIp[], more: Partial<AddressWish> = {}): string[] {
  const wish = { owner: ownerOf('sip-0'), privateIp, excluded: [], ...more };
  return rankAddresses(pool, wish).map(({ publicIp }) => publicIp);
}

const plain = [1, 2, 3, 4].map((number) => free(number));
const usual = ranked(plain);
const last = usual.at(-1) ?? '';
/** The usual pool, with tags on the address that ranks last, or first. */
function tagged(publicIp: string, tags: Readonly<Record<string, string>>): ElasticIp[] {
  return plain.map((one) =>
    one.publicIp === publicIp ? free(Number(publicIp.split('.')[3]), tags) : one,
  );
}

describe('an address that is reserved', () => {
  it.each(['n/sip-0', 'c/n/sip-0'])('for %s is taken by sip-0 before any other', (value) => {
    expect(ranked(tagged(last, { [reservedTagKey]: value }))[0]).toBe(last);
  });

  it.each(['n/sip-1', 'other/sip-0', 'd/n/sip-0', 'sip-0', ''])(
    'for "%s" is not taken by sip-0, though there were no other',
    (value) => {
      const pool = tagged(last, { [reservedTagKey]: value });
      expect(ranked(pool)).toEqual(usual.slice(0, -1));
      expect(ranked(pool, { only: last })).toEqual([]);
    },
  );

  it('comes after the one that stands on the link', () => {
    const pool = tagged(last, { [reservedTagKey]: 'n/sip-0' });
    const standing = [usual[1] ?? ''];
    expect(ranked(pool, { standing }).slice(0, 2)).toEqual([usual[1], last]);
  });
});

describe('an address by name', () => {
  it('is the only one, by public IP and by allocation id', () => {
    expect(ranked(plain, { only: '203.0.113.3' })).toEqual(['203.0.113.3']);
    expect(ranked(plain, { only: 'eipalloc-3' })).toEqual(['203.0.113.3']);
    expect(ranked(plain, { only: '203.0.113.9' })).toEqual([]);
  });

  it('is left out', () => {
    const never = ['203.0.113.3', 'eipalloc-1'];
    const left = usual.filter((one) => !['203.0.113.3', '203.0.113.1'].includes(one));
    expect(ranked(plain, { never })).toEqual(left);
  });
});

describe('an address that was let go', () => {
  const [best = ''] = usual;
  const coolDown = { nowMs, ms: 10 * minute };
  const released = (pod: string, agoMs: number) => ({
    [releasedTagKey]: formatReleased(ownerOf(pod), nowMs - agoMs),
  });

  it('lately comes last, and is taken when nothing else is free', () => {
    const pool = tagged(best, released('sip-1', 9 * minute));
    expect(ranked(pool, { coolDown })).toEqual([...usual.slice(1), best]);
    expect(ranked([pool.find((one) => one.publicIp === best) ?? free(9)], { coolDown })).toEqual([
      best,
    ]);
  });

  it('long ago, or without a cool-down, is like any other', () => {
    expect(ranked(tagged(best, released('sip-1', 10 * minute)), { coolDown })).toEqual(usual);
    expect(ranked(tagged(best, released('sip-1', 0)))).toEqual(usual);
  });

  it('by the same stable name is had again at once', () => {
    expect(ranked(tagged(best, released('sip-0', 0)), { coolDown })).toEqual(usual);
  });

  it('comes after one that still carries a record of somebody else', () => {
    const value = formatOwnerTag({
      owner: ownerOf('sip-9'),
      privateIp,
      privateIpAssignedByUs: true,
      networkInterfaceId: 'eni-9',
    });
    const pool = tagged(best, { ...released('sip-1', 0), [ownerTagKey]: value });
    const recorded = pool.map((one) =>
      one.publicIp === last ? { ...one, tags: [{ key: ownerTagKey, value }] } : one,
    );
    expect(ranked(recorded, { coolDown }).slice(-2)).toEqual([last, best]);
  });

  it('with a tag that cannot be read is like any other', () => {
    expect(ranked(tagged(best, { [releasedTagKey]: 'yesterday' }), { coolDown })).toEqual(usual);
  });
});
