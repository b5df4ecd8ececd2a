export { FakeClock } from './fake-clock.ts';
export { seededRandom } from './random.ts';
export { VirtualNetwork } from './virtual-network.ts';
export type { Datagram, PathConditions, VirtualNetworkOptions } from './virtual-network.ts';
export { createEngineBench, type EngineBench } from './engine-bench.ts';
export { SipPeer, type Got, type PeerRequest } from './sip-peer.ts';
export { startApp } from './srf-app.ts';
export type {
  AppBench,
  Handler,
  SrfApp,
  SrfDialog,
  SrfMessage,
  SrfRequest,
  SrfResponse,
} from './srf-app.ts';
