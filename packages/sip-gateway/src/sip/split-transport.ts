import { SipEngineError, type Transport, type Tuple } from '@truetuple/sip-engine';
import { isIpv4Address } from '../address.ts';
import type { PathTo } from '../media/relay-turn.ts';

export interface SplitTransportParts {
  /** One for each local address, all on the same port. */
  readonly sockets: readonly Transport[];
  readonly pathTo: PathTo;
  /** What the SIP server takes for its own tuple. */
  readonly advertised: Tuple;
}

/**
 * Several bound sockets as one: it hears them all, and the address of each destination decides which of them sends. To
 * an address that may not be called nothing is sent.
 */
export function splitTransport({ sockets, pathTo, advertised }: SplitTransportParts): Transport {
  const byAddress = new Map(sockets.map((socket) => [socket.localAddress.address, socket]));
  const listen = (add: (socket: Transport) => () => void): (() => void) => {
    const removals = sockets.map(add);
    return () => {
      for (const remove of removals) remove();
    };
  };
  return {
    kind: 'udp',
    localAddress: advertised,
    send: (bytes, destination, onFailure) => {
      const path = isIpv4Address(destination.address) ? pathTo(destination.address) : undefined;
      const socket = path?.kind === 'path' ? byAddress.get(path.bind) : undefined;
      if (socket !== undefined) socket.send(bytes, destination, onFailure);
      else if (onFailure !== undefined) queueMicrotask(() => onFailure(noWay(destination)));
    },
    onMessage: (listener) => listen((socket) => socket.onMessage(listener)),
    onFailure: (listener) => listen((socket) => socket.onFailure(listener)),
    close: async () => {
      await Promise.all(sockets.map(async (socket) => socket.close()));
    },
  };
}

function noWay({ address, port }: Tuple): SipEngineError {
  return new SipEngineError({
    code: 'DestinationUnreachable',
    message: `Tried to send SIP to ${address} port ${port}, which no socket of this gateway may send to`,
    remedy: 'Look for a route or a Contact that leads back to this gateway or to no host.',
    retry: 'never',
  });
}
