import assert from 'node:assert/strict';
import { openBox, type VpcBox } from '@truetuple/lab';
import { tupleMatrixRows } from '../../netns/tuple-matrix-rows.ts';
import type { GuestRow } from './row.ts';

/** Where the guest finds answering-address.c, compiled on the machine that booted it. */
export const answeringAddressInGuest = '/usr/bin/answering-address';

let box: Promise<VpcBox> | undefined;

/** One box for all rows: opening it is the slow part, and a row sets up its situation itself. */
function matrixBox(): Promise<VpcBox> {
  box ??= openBox({ net1: 'ipvlan' });
  return box;
}

/** The tuple matrix with an ipvlan l2 net1: what is said of macvlan elsewhere holds on the real thing. */
export const matrixRows: readonly GuestRow[] = [
  {
    id: 'B1',
    title: 'net1 of the box is an ipvlan link with the MAC address of its ENI',
    run: async () => {
      const opened = await matrixBox();
      const net1 = await opened.netlinks.pod.links.get({ name: 'net1' });
      assert.equal(net1?.kind, 'ipvlan');
      assert.equal(net1.macAddress, opened.eni('eni-node-b').macAddress);
    },
  },
  ...tupleMatrixRows(answeringAddressInGuest).map((row) => ({
    id: row.id,
    title: row.title,
    run: async () => row.run(await matrixBox()),
  })),
];
