import type { Ipv4Address } from '../address.ts';
import type { Endpoint } from '../sdp/stream-description.ts';
import { bindPair } from './bind-pair.ts';
import type { DatagramPort, OnDatagram } from './datagram-port.ts';
import type { LegName } from './media-relay.ts';
import type { PortPool } from './port-pool.ts';
import { bindRefused, portsExhausted } from './relay-refusal.ts';
import { RelaySide, type Component, type PairSockets } from './relay-side.ts';

export interface StreamOpener {
  readonly network: DatagramPort;
  readonly pool: PortPool;
  readonly addresses: readonly Ipv4Address[];
  readonly now: () => number;
}

/** Gets every packet that comes to a stream's ports. */
export type StreamReceiver = (
  sides: { readonly side: RelaySide; readonly other: RelaySide },
  component: Component,
  bytes: Uint8Array,
  from: Endpoint,
) => void;

/** Pairs that others hold are passed over, this many at most. */
const passedOver = 32;

/**
 * Opens a stream: a pair of ports for each leg, bound on every local address, since the class of whoever answers is
 * not known yet.
 *
 * @throws GatewayError MediaPortsExhausted, MediaRelayRefused; nothing is held then
 */
export async function openStream(
  opener: StreamOpener,
  advertised: Readonly<Record<LegName, Ipv4Address>>,
  receive: StreamReceiver,
): Promise<Readonly<Record<LegName, RelaySide>>> {
  const sides: Partial<Record<LegName, RelaySide>> = {};
  const receiver =
    (leg: LegName, other: LegName) =>
    (component: Component): OnDatagram =>
    (bytes, from) => {
      const [here, there] = [sides[leg], sides[other]];
      if (here !== undefined && there !== undefined) {
        receive({ side: here, other: there }, component, bytes, from);
      }
    };
  const a = await takePair(opener, receiver('a', 'b'));
  sides.a = new RelaySide({ leg: 'a', ...a, advertised: advertised.a });
  try {
    const b = await takePair(opener, receiver('b', 'a'));
    sides.b = new RelaySide({ leg: 'b', ...b, advertised: advertised.b });
    return { a: sides.a, b: sides.b };
  } catch (error) {
    await sides.a.close();
    opener.pool.rest(a.rtpPort, opener.now());
    throw error;
  }
}

async function takePair(
  { network, pool, addresses, now }: StreamOpener,
  onDatagram: (component: Component) => OnDatagram,
): Promise<{ readonly rtpPort: number; readonly sockets: PairSockets }> {
  for (let tried = 0; tried < passedOver; tried += 1) {
    const rtpPort = pool.take();
    if (rtpPort === undefined) throw portsExhausted(tried);
    try {
      return { rtpPort, sockets: await bindPair(network, { addresses, rtpPort }, onDatagram) };
    } catch (error) {
      pool.rest(rtpPort, now());
      if (!isHeldByOthers(error)) throw bindRefused(rtpPort, error);
    }
  }
  throw portsExhausted(passedOver);
}

function isHeldByOthers(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 'EADDRINUSE';
}
