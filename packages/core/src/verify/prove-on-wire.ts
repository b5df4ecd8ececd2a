import type { WireProof } from '../identity/proof.ts';
import type { DatagramSocket } from './datagram-port.ts';
import type { WirePorts } from './gather-path.ts';
import { gatherWire, type WireEvidence, type WireIdentity } from './gather-wire.ts';
import type { ProbingPeer } from './probing-peer.ts';

/** What helps to prove ports on the wire that cannot be bound for it. */
export interface WireAids {
  /**
   * Sockets of the application, bound to an address of the identity (applicationSocket makes one of a node:dgram
   * socket): their ports are asked through them, and through nothing else.
   */
  readonly applicationSockets?: readonly DatagramSocket[];
  /** Others who send a packet when asked: they prove inbound without a server that has two addresses. */
  readonly probingPeers?: readonly ProbingPeer[];
}

export interface WireCall extends WireAids {
  readonly identity: WireIdentity;
  readonly wire: WireProof;
  readonly wantsInbound: boolean;
  /** The only ports that may be bound for it; default all of them. */
  readonly bindsOnly?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** Asks on the wire all that a proof is about. */
export function askOnWire(ports: WirePorts, call: WireCall): Promise<WireEvidence> {
  const { identity, wire, wantsInbound, applicationSockets = [], signal } = call;
  return gatherWire(ports, {
    identity,
    servers: wire.stunServers,
    ports: [...new Set(wire.ports)],
    reservedPort: wire.reservedPort,
    bindsOnly: call.bindsOnly,
    applicationSockets,
    wantsInbound,
    probingPeers: call.probingPeers ?? [],
    timing: { deadlineMs: wire.timeoutMs },
    signal,
  });
}
