export { FakeClock } from './fake-clock.ts';
export { seededRandom } from './random.ts';
export { VirtualNetwork } from './virtual-network.ts';
export type { Datagram, PathConditions, VirtualNetworkOptions } from './virtual-network.ts';
