export { FakeMediaRelay, type FakeMediaRelaySetup } from './fake-media-relay.ts';
export { MemoryNetwork } from './memory-network.ts';
export type { BoundSocket, DatagramPort, OnDatagram } from '../media/datagram-port.ts';
export { mediaRelayCases } from './media-relay-cases.ts';
export {
  contractAddresses,
  contractPath,
  type MediaPeer,
  type MediaRelayCase,
  type MediaWorld,
} from './media-relay-contract.ts';
