import type { NativeSocket } from '@truetuple/netlink';
import { expect, it } from 'vitest';
import { Capture } from './capture.ts';

/** A link on which the next frame is always there already; gives up when nobody lets go of it. */
function floodedSocket(): {
  socket: NativeSocket;
  becomeReadable: () => void;
  taken: () => number;
} {
  let taken = 0;
  const listeners: (() => void)[] = [];
  const socket: Partial<NativeSocket> = {
    receive: () => {
      taken += 1;
      if (taken > 1_000_000) throw new Error('the event loop never got its turn');
      return { length: 60, truncated: false, from: new Uint8Array(20) };
    },
    onReadable: (listener) => void listeners.push(listener),
    getOption: () => 0,
    close: () => undefined,
  };
  return {
    socket: socket as NativeSocket,
    becomeReadable: () => listeners.forEach((listener) => listener()),
    taken: () => taken,
  };
}

it('a flooded link lets other work have its turn, and can be closed', () => {
  const flood = floodedSocket();
  const capture = new Capture(flood.socket, 'net1', { filter: () => false });
  flood.becomeReadable();
  expect(flood.taken()).toBeLessThan(10_000);
  capture.kernelDrops();
  capture.close();
  flood.becomeReadable();
});
