import { formatTuple, parseTuple, type Role, type Tuple } from '../traffic/flow.ts';
import { encodePayload } from '../traffic/payload.ts';
import type { ObservedBy, StockRow } from '../report/report.ts';
import type { FlowTally } from '../traffic/tally.ts';

/** A far side of act 1; `second` has another address, or on loopback another port. */
export type StockPeer = 'first' | 'second';

/** Port: what act 1 needs of a stage. */
export interface StockWorld extends AsyncDisposable {
  readonly observedBy: ObservedBy;
  /** What the app on eth0 takes to be its tuple: the one it is bound to. */
  appTuple(role: Role): string;
  appToPeer(role: Role, peer: StockPeer, payload: Uint8Array): Promise<void>;
  peerToApp(role: Role, peer: StockPeer, to: Tuple, payload: Uint8Array): Promise<void>;
  /** What has reached a peer of a flow; waits until `packets` have. */
  seenByPeer(flow: string, role: Role, peer: StockPeer, packets: number): Promise<FlowTally>;
  /** What has reached the app of a flow; waits until `packets` have. */
  seenByApp(flow: string, role: Role, packets: number): Promise<FlowTally>;
  /** Where the packets of a flow that did not arrive were lost, in words. */
  whereLost(flow: string, to: Tuple): Promise<string>;
}

/** Packets of each flow of act 1. */
const packets = 5;

interface Script {
  readonly flow: string;
  readonly title: string;
  readonly role: Role;
  readonly peer: StockPeer;
  readonly advertised: string;
}

/** Act 1: SIP and RTP from eth0, then SIP again with the tuple that STUN would have told. */
export async function playStockPath(world: StockWorld): Promise<readonly StockRow[]> {
  const first = { peer: 'first' } as const;
  const sip = await playScript(world, {
    ...first,
    flow: 'stock-sip',
    title: 'SIP',
    role: 'sip',
    advertised: world.appTuple('sip'),
  });
  const rtp = await playScript(world, {
    ...first,
    flow: 'stock-rtp',
    title: 'RTP',
    role: 'rtp',
    advertised: world.appTuple('rtp'),
  });
  // what the first peer saw is what a STUN server would answer; the app believes it
  const learned = sip.observed[0] ?? world.appTuple('sip');
  const stun = await playScript(world, {
    flow: 'stock-stun',
    title: 'SIP by STUN',
    role: 'sip',
    peer: 'second',
    advertised: learned,
  });
  return [sip, rtp, stun];
}

async function playScript(world: StockWorld, script: Script): Promise<StockRow> {
  const { flow, role, peer, advertised } = script;
  for (let sequence = 1; sequence <= packets; sequence++) {
    await world.appToPeer(role, peer, encodePayload({ flow, sequence, advertised }));
  }
  const atPeer = await world.seenByPeer(flow, role, peer, packets);
  const call = `${flow}-call`;
  const to = parseTuple(advertised);
  for (let sequence = 1; sequence <= packets; sequence++) {
    const payload = encodePayload({ flow: call, sequence, advertised });
    await world.peerToApp(role, peer, to, payload);
  }
  const answered = await passBarrier(world, script, atPeer.sources[0]);
  const atApp = await world.seenByApp(call, role, 0);
  return {
    name: script.title,
    advertised,
    observed: atPeer.sources,
    observedBy: world.observedBy,
    sent: packets,
    arrived: atApp.packets,
    answered,
    ...(atApp.packets === packets ? {} : { diesAt: await world.whereLost(call, to) }),
  };
}

/**
 * An answer to the observed tuple does arrive, and behind the calls: links keep the order, so once
 * it is in, a call that is not in is lost. No time has to be waited. False when it did not arrive.
 */
async function passBarrier(
  world: StockWorld,
  { flow, role, peer }: Script,
  observed: string | undefined,
): Promise<boolean> {
  if (observed === undefined) return false;
  const answer = `${flow}-answer`;
  const payload = encodePayload({ flow: answer, sequence: 1, advertised: observed });
  await world.peerToApp(role, peer, parseTuple(observed), payload);
  return (await world.seenByApp(answer, role, 1)).packets === 1;
}

/** The app's tuple in the model at both levels. */
export const stockAppAddress = '10.0.1.50';

export function stockAppTuple(port: number): string {
  return formatTuple({ address: stockAppAddress, port });
}
