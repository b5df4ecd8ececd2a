import type { Ipv4Address } from '../address.ts';
import type { Endpoint } from '../sdp/stream-description.ts';
import type { Component } from './bound-pair.ts';
import type { LegName } from './media-relay.ts';
import type { PairStore } from './pair-store.ts';
import { RelaySide } from './relay-side.ts';

/** Gets every packet that comes to a stream's ports. */
export type StreamReceiver = (
  sides: { readonly side: RelaySide; readonly other: RelaySide },
  component: Component,
  bytes: Uint8Array,
  from: Endpoint,
) => void;

/**
 * Opens a stream: a pair of ports for each leg, bound on every local address, since the class of whoever answers is
 * not known yet.
 *
 * @throws GatewayError MediaPortsExhausted, MediaRelayRefused; nothing is held then
 */
export async function openStream(
  store: PairStore,
  advertised: Readonly<Record<LegName, Ipv4Address>>,
  receive: StreamReceiver,
): Promise<Readonly<Record<LegName, RelaySide>>> {
  const first = await store.take();
  const a = new RelaySide({ leg: 'a', pair: first, advertised: advertised.a });
  try {
    const b = new RelaySide({ leg: 'b', pair: await store.take(), advertised: advertised.b });
    a.pair.receiver = (component, bytes, from) =>
      receive({ side: a, other: b }, component, bytes, from);
    b.pair.receiver = (component, bytes, from) =>
      receive({ side: b, other: a }, component, bytes, from);
    return { a, b };
  } catch (error) {
    store.rest(first);
    throw error;
  }
}
