import { createServer, type Server } from 'node:net';
import { createSipEngine, type SipEngine, type SipEngineOptions } from '../engine.ts';
import { FakeClock } from './fake-clock.ts';
import { SipPeer } from './sip-peer.ts';
import { VirtualNetwork, type VirtualNetworkOptions } from './virtual-network.ts';

/** Where the media of applications on the bench is: what their SDP may say. */
const benchMediaHost = '10.0.0.9';
const engineAddress = { address: '10.0.0.1', port: 5060 };

/** An engine on a virtual network with a fake clock: no socket, no real time. */
export interface EngineBench {
  readonly clock: FakeClock;
  readonly network: VirtualNetwork;
  readonly engine: SipEngine;
  /** A server to hand to an application that listens; it opens no port. */
  readonly server: Server;
  peer(host: number): SipPeer;
  /** Lets time pass, and everything that happens in it happen. */
  run(ms: number): Promise<void>;
}

/** An engine on a virtual network, with predictable tokens and no application yet: give one `server`. */
export function createEngineBench(
  options: Partial<SipEngineOptions> = {},
  network: VirtualNetworkOptions = {},
): EngineBench {
  const clock = new FakeClock();
  const virtual = new VirtualNetwork(clock, network);
  let tokens = 0;
  const engine = createSipEngine({
    clock,
    secret: 'bench',
    mediaHosts: [benchMediaHost],
    token: () => {
      tokens += 1;
      return `t${String(tokens).padStart(9, '0')}`;
    },
    ...options,
    transports: [virtual.open(engineAddress)],
  });
  return {
    clock,
    network: virtual,
    engine,
    server: createServer(),
    peer: (host) =>
      new SipPeer(virtual.open({ address: `10.0.0.${host}`, port: 5060 }), engineAddress),
    run: async (ms) => clock.advanceSettled(ms),
  };
}
