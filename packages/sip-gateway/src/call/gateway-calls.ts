import type { Clock, Resolver } from '@truetuple/sip-engine';
import { statusOf } from '../errors.ts';
import type { GatewayEvent } from '../gateway-event.ts';
import type { MediaEvent, MediaRelay } from '../media/media-relay.ts';
import type { PathTo } from '../media/relay-turn.ts';
import type { Callee, IncomingInvite, SignalledCall, Signalling } from '../sip/signalling.ts';
import { LiveCall, type CallTimeouts } from './call.ts';
import { DescribedLegs } from './described-legs.ts';
import { calleeTarget, resolveCallee, type CalleeTarget } from './find-callee.ts';
import { LookedUpCall } from './looked-up-call.ts';
import type { PeerClass } from './peer-class.ts';

/** Where a call goes: a SIP URI, or the status that the caller gets. */
export type CallRoute =
  | { readonly kind: 'to'; readonly uri: string }
  | { readonly kind: 'refuse'; readonly status: number };

/** Decides at once. One that throws refuses the call with 500. */
export type RouteCall = (invite: IncomingInvite) => CallRoute;

export interface GatewayCallsParts {
  readonly signalling: Signalling;
  readonly relay: MediaRelay;
  readonly clock: Clock;
  /** What a peer is told and which socket sends to it; or why it may not be called. */
  readonly pathTo: PathTo;
  readonly timeouts: CallTimeouts;
  readonly route: RouteCall;
  /** Names in routes to addresses. */
  readonly resolver: Resolver;
  /** A new sess-id for an o= line: decimal digits, never the same twice (RFC 8866, section 5.2). */
  readonly newSessionId: () => string;
  readonly onEvent: (event: GatewayEvent) => void;
}

/** What a call is while it is held: looked up, or live. */
type Held = Pick<LiveCall, 'take' | 'takeMedia' | 'abandon'>;

/** Every call of a gateway. */
export class GatewayCalls {
  readonly #parts: GatewayCallsParts;
  /** By the name of their media, until that is released. */
  readonly #calls = new Map<string, Held>();
  readonly #stopListening: () => void;
  #isDraining = false;
  #onEmpty: (() => void)[] = [];

  constructor(parts: GatewayCallsParts) {
    this.#parts = parts;
    this.#stopListening = parts.relay.onEvent((event) => this.#mediaEvent(event));
    parts.signalling.onCall((call) => this.#begin(call));
  }

  get size(): number {
    return this.#calls.size;
  }

  /** New calls get 503 from now on. Resolves when there is no call. */
  async drain(): Promise<void> {
    this.#stopTaking();
    await this.#ended();
  }

  /** Ends every call with BYE, CANCEL or 503; resolves when they have ended, or after `patienceMs`. */
  async hangUp(patienceMs: number): Promise<void> {
    this.#stopTaking();
    for (const call of this.#calls.values()) call.take({ kind: 'shutdown' });
    const late = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.setTimer(patienceMs, () => late.resolve());
    await Promise.race([this.#ended(), late.promise]);
    cancel();
  }

  /** Every call is over; signalling and relay end what is theirs when they close. */
  abandon(): void {
    this.#stopListening();
    for (const call of this.#calls.values()) call.abandon();
    this.#calls.clear();
    this.#tellEmpty();
  }

  #stopTaking(): void {
    this.#isDraining = true;
    this.#parts.signalling.drain();
  }

  async #ended(): Promise<void> {
    if (this.#calls.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty.push(resolve);
    });
  }

  #begin(signalled: SignalledCall): void {
    const target = this.#target(signalled.invite);
    if (target.kind === 'refused') this.#refuse(signalled, target.status);
    else if (target.kind === 'name') this.#lookUp(signalled, target);
    else this.#start(signalled, target.callee, undefined);
  }

  #refuse(signalled: SignalledCall, status: number): void {
    const { callId } = signalled.invite;
    signalled.perform({ kind: 'refuse-a', status });
    signalled.forget();
    this.#parts.onEvent({ kind: 'call-refused', callId, status });
  }

  #lookUp(signalled: SignalledCall, target: CalleeTarget & { readonly kind: 'name' }): void {
    const { pathTo, resolver, clock } = this.#parts;
    const { callId } = signalled.invite;
    const mediaId = this.#mediaIdFor(callId);
    const found = resolveCallee(pathTo, resolver, target);
    const lookedUp: LookedUpCall = new LookedUpCall({ signalled, clock, found }, (outcome) => {
      this.#calls.delete(mediaId);
      if (outcome.kind === 'callee') this.#start(signalled, outcome.callee, lookedUp.beganMs);
      else if (outcome.kind === 'refused') this.#refuse(signalled, outcome.status);
      else signalled.forget();
      if (this.#calls.size === 0) this.#tellEmpty();
    });
    this.#calls.set(mediaId, lookedUp);
  }

  #start(signalled: SignalledCall, callee: Callee, since: number | undefined): void {
    const { relay, clock, pathTo, timeouts, newSessionId, onEvent } = this.#parts;
    const { callId, source, expiresMs } = signalled.invite;
    const beganMs = since ?? clock.now();
    const waitedMs = clock.now() - beganMs;
    const mediaId = this.#mediaIdFor(callId);
    const [from, to] = [this.#classOf(source), this.#classOf(callee.address)];
    const described = new DescribedLegs({
      relay,
      pathTo,
      callId: mediaId,
      signalling: { a: source, b: callee.address },
      sessionIds: { a: newSessionId(), b: newSessionId() },
    });
    const call = new LiveCall({
      signalled,
      relay,
      mediaId,
      described,
      clock,
      timeouts,
      callee,
      expiresMs: expiresMs === undefined ? undefined : expiresMs - waitedMs,
      onAnswer: () => onEvent({ kind: 'call-answered', callId, setupMs: clock.now() - beganMs }),
      onMediaRefused: (error) => {
        const because = error instanceof Error ? error.message : String(error);
        onEvent({ kind: 'media-refused', callId, because });
      },
      onEnd: (cause) => {
        this.#calls.delete(mediaId);
        if (this.#calls.size === 0) this.#tellEmpty();
        const lastedMs = clock.now() - beganMs;
        onEvent({ kind: 'call-ended', callId, caller: from, callee: to, cause, lastedMs });
      },
    });
    this.#calls.set(mediaId, call);
    onEvent({ kind: 'call-started', callId, caller: from, callee: to });
    call.start();
  }

  /** Who was refused may try again at once (RFC 3261, section 8.1.3.5), while the media of the first try is still being released. */
  #mediaIdFor(callId: string): string {
    let [id, tries] = [callId, 1];
    while (this.#calls.has(id)) id = `${callId};try=${(tries += 1)}`;
    return id;
  }

  /** Of a peer that a call may be with. */
  #classOf(peer: Callee['address']): PeerClass {
    const path = this.#parts.pathTo(peer);
    if (path.kind !== 'path') throw new Error(`a call was taken with ${peer}, but ${path.because}`);
    return path.peerClass;
  }

  #target(invite: IncomingInvite): CalleeTarget {
    if (this.#isDraining) return { kind: 'refused', status: 503 };
    const caller = this.#parts.pathTo(invite.source);
    if (caller.kind === 'refused') return { kind: 'refused', status: statusOf(caller.code) };
    const route = routeOf(this.#parts.route, invite);
    return route.kind === 'refuse'
      ? { kind: 'refused', status: route.status }
      : calleeTarget(this.#parts.pathTo, route.uri);
  }

  #mediaEvent(event: MediaEvent): void {
    switch (event.kind) {
      case 'relay-failed':
        this.#parts.onEvent(event);
        for (const call of this.#calls.values()) call.takeMedia(event);
        break;
      case 'realtime-budget':
        this.#parts.onEvent(event);
        break;
      case 'media-started':
      case 'media-timed-out':
        this.#calls.get(event.callId)?.takeMedia(event);
        break;
      default:
        event satisfies never;
    }
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
