import { createServer } from 'node:net';
import { createSipEngine, type SipEngine, type SipEngineOptions } from '../engine.ts';
import type { GuardRefusal } from '../guard/send-gate.ts';
import type { SendPath } from '../transport/send-path.ts';
import { FakeClock } from './fake-clock.ts';
import { RawApp } from './raw-app.ts';
import { SipPeer } from './sip-peer.ts';
import { VirtualNetwork } from './virtual-network.ts';

/** What the peer may be told. */
export const ours = '203.0.113.50';
/** What it may not. */
export const stranger = '10.0.2.128';
export const peerHost = '198.51.100.7';
export const port = 5060;

/** An engine whose application writes what it likes, one peer, and paths that may move. */
export interface GuardWorld {
  readonly engine: SipEngine;
  readonly clock: FakeClock;
  readonly app: RawApp;
  readonly peer: SipPeer;
  readonly refusals: GuardRefusal[];
  readonly run: (ms: number) => Promise<void>;
  /** Start lines of what went to the peer. */
  readonly sent: () => string[];
  /** What is told from now on; undefined: nothing may be sent. */
  readonly move: (host: string | undefined) => void;
  /** The same, from the question after so many more on. */
  readonly moveAfter: (questions: number, host: string | undefined) => void;
}

export async function openGuardWorld(options: Partial<SipEngineOptions> = {}): Promise<GuardWorld> {
  const clock = new FakeClock();
  const network = new VirtualNetwork(clock);
  const transport = network.open({ address: ours, port });
  let told: string | undefined = ours;
  let next: { left: number; host: string | undefined } | undefined;
  const path = (host: string): SendPath => ({ transport, advertised: { host, port } });
  const refusals: GuardRefusal[] = [];
  const engine = createSipEngine({
    transports: [transport],
    secret: 's',
    clock,
    pathTo: () => {
      if (next?.left === 0) told = next.host;
      if (next !== undefined) next.left -= 1;
      return told === undefined ? undefined : path(told);
    },
    onGuardRefusal: (refusal) => refusals.push(refusal),
    ...options,
  });
  const server = createServer();
  const app = new RawApp(server, 's');
  engine.attach(server);
  const run = async (ms: number): Promise<void> => clock.advanceSettled(ms);
  await run(0);
  const peer = new SipPeer(network.open({ address: peerHost, port }), { address: ours, port });
  return {
    engine,
    clock,
    app,
    peer,
    refusals,
    run,
    sent: () =>
      network.sent
        .filter(({ destination }) => destination.address === peerHost)
        .map(({ bytes }) => Buffer.from(bytes).toString().split('\r\n')[0] ?? ''),
    move: (host) => {
      told = host;
    },
    moveAfter: (left, host) => {
      next = { left, host };
    },
  };
}
