import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../../identity/address.ts';
import { formatHandover, handoverTagKey } from '../../identity/handover.ts';
import { formatOwnerTag, ownerTagKey, type Owner } from '../../identity/owner.ts';
import type { ElasticIp } from '../ec2/ec2-api.ts';
import { rankAddresses, rendezvousWeight, type AddressWish } from './choose-address.ts';

const privateIp = '10.0.2.11' as Ipv4Address;

function ownerOf(pod: string): Owner {
  return { cluster: 'c', namespace: 'n', pod, uid: `uid-${pod}` };
}

function wish(pod: string, more: Partial<AddressWish> = {}): AddressWish {
  return { owner: ownerOf(pod), privateIp, excluded: [], ...more };
}

function free(number: number, owner?: Owner): ElasticIp {
  const record = { privateIp, privateIpAssignedByUs: true, networkInterfaceId: 'eni-9' };
  const value = owner && formatOwnerTag({ owner, ...record });
  return {
    allocationId: `eipalloc-${number.toString(16).padStart(17, '0')}`,
    publicIp: `203.0.113.${number}`,
    tags: value === undefined ? [] : [{ key: ownerTagKey, value }],
  };
}

function held(number: number): ElasticIp {
  const place = { networkInterfaceId: 'eni-9', privateIpAddress: '10.0.2.99' };
  return { ...free(number), associationId: `eipassoc-${number}`, ...place };
}

const pools = fc.uniqueArray(fc.integer({ min: 1, max: 254 }), { maxLength: 40 });

describe('rankAddresses', () => {
  test.prop([pools, fc.string()])('does not depend on the order of the pool', (numbers, pod) => {
    const ranked = rankAddresses(
      numbers.map((n) => free(n)),
      wish(pod),
    );
    expect(
      rankAddresses(
        numbers.toReversed().map((n) => free(n)),
        wish(pod),
      ),
    ).toEqual(ranked);
    expect(ranked).toHaveLength(numbers.length);
  });

  test.prop([pools, pools, fc.string()])(
    'never offers an address that is associated or excluded',
    (freeOnes, others, pod) => {
      const taken = others.filter((n) => !freeOnes.includes(n));
      const excluded = freeOnes.slice(0, 2).map((n) => free(n).allocationId);
      const pool = [...taken.map(held), ...freeOnes.map((n) => free(n))];
      const offered = rankAddresses(pool, wish(pod, { excluded }));
      expect(offered).toHaveLength(freeOnes.length - excluded.length);
      expect(offered.filter(({ associationId }) => associationId !== undefined)).toEqual([]);
      expect(offered.filter(({ allocationId }) => excluded.includes(allocationId))).toEqual([]);
    },
  );

  test.prop([pools, fc.string()])(
    'losing one address leaves the order of the others as it was',
    (numbers, pod) => {
      const pool = numbers.map((n) => free(n));
      const ranked = rankAddresses(pool, wish(pod));
      const lost = ranked[0];
      const rest = rankAddresses(
        pool.filter(({ allocationId }) => allocationId !== lost?.allocationId),
        wish(pod),
      );
      expect(rest).toEqual(ranked.slice(1));
    },
  );

  it('offers what was asked before first, then what is recorded as ours, unrecorded, and others', () => {
    const pool = [free(1, ownerOf('dead')), free(2), free(3, ownerOf('me')), free(4)];
    const preferred = free(4).allocationId;
    const order = rankAddresses(pool, wish('me', { preferred })).map(({ publicIp }) => publicIp);
    expect(order).toEqual(['203.0.113.4', '203.0.113.3', '203.0.113.2', '203.0.113.1']);
  });

  it('takes a record of the same pod on another private IP for that of another identity', () => {
    const other = { ...free(1), tags: free(1, ownerOf('me')).tags };
    const order = rankAddresses([other, free(2)], {
      ...wish('me'),
      privateIp: '10.0.2.12' as Ipv4Address,
    });
    expect(order.map(({ publicIp }) => publicIp)).toEqual(['203.0.113.2', '203.0.113.1']);
  });

  it('leaves what another pod has asked for to that one, until its time is over', () => {
    const by = ownerOf('standby-0');
    const value = formatHandover({ by, associationId: 'eipassoc-1', untilMs: 100_000 });
    const asked = { ...free(1), tags: [{ key: handoverTagKey, value }] };
    const ranked = (name: string, more: Partial<AddressWish>) =>
      rankAddresses([asked], wish(name, more)).length;
    expect(ranked('sip-0', { nowMs: 99_999 })).toBe(0);
    expect(ranked('sip-0', { nowMs: 99_999, only: asked.publicIp })).toBe(0);
    expect(ranked('standby-0', { nowMs: 99_999 })).toBe(1);
    expect(ranked('sip-0', { nowMs: 100_000 })).toBe(1);
    // a claim of it that got no answer may stand: a claim of another would be a second one
    expect(ranked('sip-0', { nowMs: 99_999, preferred: asked.allocationId })).toBe(1);
  });

  it('spreads pods: of 40 pods that see the same 45 free addresses most want different ones', () => {
    const pool = Array.from({ length: 45 }, (_, index) => free(index + 1));
    const first = Array.from(
      { length: 40 },
      (_, index) => rankAddresses(pool, wish(`sip-${index}`))[0]?.publicIp,
    );
    // 40 balls into 45 bins leave 45 * (1 - (44/45)^40) = 26.7 of them occupied on average
    expect(new Set(first).size).toBeGreaterThan(20);
  });

  it('gives a pod of the same name the same address: the weight is a fixed function', () => {
    // a change here moves the addresses of every running StatefulSet at its next restart
    expect(rendezvousWeight('c/n/sip-0', 'eipalloc-00000000000000001')).toBe(1_981_276_729);
  });
});
