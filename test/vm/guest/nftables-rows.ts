import assert from 'node:assert/strict';
import { listEverything, openPlace } from '../../netns/netlink-nftables-ruleset.ts';
import { translate } from '../../netns/netlink-nftables-translate.ts';
import { openPair } from '../../netns/netlink-pair.ts';
import type { GuestRow } from './row.ts';

/** This kernel is older than most, and accepts less. */
export const nftablesRows: readonly GuestRow[] = [
  {
    id: 'T1',
    title: 'nftables takes every expression, set and map, and lists it as it was given',
    run: async () => {
      using place = await openPlace();
      const { listed, given } = await listEverything(place.nft);
      assert.deepEqual(listed, given);
    },
  },
  {
    id: 'T2',
    title: 'an ICMP error inside a 1:1 translation arrives once its inner address is mended',
    run: async () => {
      using broken = await openPair();
      assert.equal(await translate(broken, false), 'nothing');
      using mended = await openPair();
      assert.equal(await translate(mended, true), 'ECONNREFUSED');
    },
  },
];
