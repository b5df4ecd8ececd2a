import type { Clock } from '@truetuple/sip-engine';
import { statusOf } from '../errors.ts';
import type { Ipv4Address } from '../address.ts';
import type { MediaEvent, MediaRelay } from '../media/media-relay.ts';
import { sipHostOf } from '../sip/message-mapping.ts';
import type { IncomingInvite, SignalledCall, Signalling } from '../sip/signalling.ts';
import { LiveCall, type CallTimeouts } from './call.ts';
import { DescribedLegs } from './described-legs.ts';
import { peerPath, type PeerNetworks, type PeerPath } from './peer-class.ts';

/** Where a call goes: a SIP URI whose host is an IPv4 address; or the status that the caller gets. */
export type CallRoute =
  | { readonly kind: 'to'; readonly uri: string }
  | { readonly kind: 'refuse'; readonly status: number };

/** Decides at once. One that throws refuses the call with 500. */
export type RouteCall = (invite: IncomingInvite) => CallRoute;

export interface GatewayCallsParts {
  readonly signalling: Signalling;
  readonly relay: MediaRelay;
  readonly clock: Clock;
  readonly networks: PeerNetworks;
  readonly timeouts: CallTimeouts;
  readonly route: RouteCall;
  /** A new sess-id for an o= line: decimal digits, never the same twice (RFC 8866, section 5.2). */
  readonly newSessionId: () => string;
}

/** Every call of a gateway. */
export class GatewayCalls {
  readonly #parts: GatewayCallsParts;
  readonly #calls = new Map<string, LiveCall>();
  readonly #stopListening: () => void;
  #onEmpty: (() => void)[] = [];

  constructor(parts: GatewayCallsParts) {
    this.#parts = parts;
    this.#stopListening = parts.relay.onEvent((event) => this.#mediaEvent(event));
    parts.signalling.onCall((call) => this.#begin(call));
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Resolves when there is no call. */
  async ended(): Promise<void> {
    if (this.#calls.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty.push(resolve);
    });
  }

  /** Forgets every call; signalling and relay end what is theirs when they close. */
  abandon(): void {
    this.#stopListening();
    for (const call of this.#calls.values()) call.abandon();
    this.#calls.clear();
    this.#tellEmpty();
  }

  #begin(signalled: SignalledCall): void {
    const { invite } = signalled;
    const target = this.#target(invite);
    if (typeof target === 'number') {
      signalled.perform({ kind: 'refuse-a', status: target });
      signalled.forget();
      return;
    }
    const { relay, clock, networks, timeouts, newSessionId } = this.#parts;
    const described = new DescribedLegs({
      relay,
      pathTo: (peer) => peerPath(networks, peer),
      callId: invite.callId,
      signalling: { a: invite.source, b: target.address },
      sessionIds: { a: newSessionId(), b: newSessionId() },
    });
    const { uri } = target;
    const onEnd = (): void => {
      this.#calls.delete(invite.callId);
      if (this.#calls.size === 0) this.#tellEmpty();
    };
    const call = new LiveCall({ signalled, relay, described, clock, timeouts, uri, onEnd });
    this.#calls.set(invite.callId, call);
    call.start();
  }

  /** Whom to call, or the status that refuses the caller. */
  #target(
    invite: IncomingInvite,
  ): { readonly uri: string; readonly address: Ipv4Address } | number {
    // the relay and the dialog are named by it: a merged request (RFC 3261, section 8.2.2.2)
    if (this.#calls.has(invite.callId)) return 482;
    const caller = statusAgainst(peerPath(this.#parts.networks, invite.source));
    if (caller !== undefined) return caller;
    const route = routeOf(this.#parts.route, invite);
    if (route.kind === 'refuse') return route.status;
    const address = sipHostOf(route.uri);
    if (address === undefined) return 500;
    const callee = statusAgainst(peerPath(this.#parts.networks, address));
    return callee ?? { uri: route.uri, address };
  }

  #mediaEvent(event: MediaEvent): void {
    if (event.kind === 'relay-failed') {
      for (const call of this.#calls.values()) call.takeMedia(event);
    } else this.#calls.get(event.callId)?.takeMedia(event);
  }

  #tellEmpty(): void {
    const waiting = this.#onEmpty;
    this.#onEmpty = [];
    for (const resolve of waiting) resolve();
  }
}

function routeOf(route: RouteCall, invite: IncomingInvite): CallRoute {
  try {
    return route(invite);
  } catch {
    // the caller gets an answer whatever the application's own code does
    return { kind: 'refuse', status: 500 };
  }
}

/**
 * The SIP server writes one address, the public one, into Via and Contact: a peer that must be told another one
 * gets 403 rather than an address that does not lead back.
 */
function statusAgainst(path: PeerPath): number | undefined {
  if (path.kind === 'refused') return statusOf(path.code);
  return path.peerClass === 'other-private' ? 403 : undefined;
}
