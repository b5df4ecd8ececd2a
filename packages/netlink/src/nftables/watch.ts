import { errnoByName } from '../schema/errno.ts';
import type { Datagram, Transport } from '../transport.ts';

/** Ends a watch. */
export interface NftWatch {
  close(): void;
}

// Datagrams taken in one go before other work gets its turn.
const datagramsPerTurn = 256;

/**
 * Tells that the ruleset changed: once for all that the kernel had to say at that moment. What was lost
 * (ENOBUFS) is a change too; any other error is the last thing told.
 */
export function watchRuleset(transport: Transport, onChange: () => void): NftWatch {
  const datagram: Datagram = {
    bytes: new Uint8Array(64),
    length: 0,
    truncated: false,
    sender: 0,
  };
  let isOpen = true;
  transport.onReadable(() => {
    let isTold = false;
    for (let count = 0; count < datagramsPerTurn; count++) {
      const result = transport.receive(datagram);
      if (result === -errnoByName.EAGAIN) break;
      // a socket of another process may send to us; only the kernel's word counts
      if (result < 0 || datagram.sender === 0) isTold = true;
      if (result >= 0 || result === -errnoByName.ENOBUFS) continue;
      transport.wantReadable(false);
      break;
    }
    if (isTold && isOpen) onChange();
  });
  transport.wantReadable(true);
  return {
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      transport.close();
    },
  };
}
