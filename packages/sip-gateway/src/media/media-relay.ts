import type { Ipv4Address } from '../address.ts';
import type { ToldStreams } from '../sdp/describe-for-leg.ts';
import type { SessionDescription } from '../sdp/session-description.ts';

/** `a`: who called us; `b`: whom we called, all its forks together. */
export type LegName = 'a' | 'b';

/** One offer or one answer (RFC 3264) on its way from one leg to the other. */
export interface MediaTurn {
  readonly callId: string;
  /** Whose description it is. */
  readonly from: LegName;
  readonly description: SessionDescription;
  /** Where each leg's signalling goes: stands in for its media address while that is unknown. */
  readonly signalling: Readonly<Record<LegName, Ipv4Address>>;
}

/**
 * Port: relays RTP and RTCP between the two legs of a call. Real: adapters/embedded-relay (one stream, one pair of ports
 * a leg, for the whole call, over all forks), adapters/rtpengine. Fake: testing/fake-media-relay.
 */
export interface MediaRelay {
  /**
   * Takes an offer and gives where the other leg shall send each of its streams. Nothing changes for media in flight
   * until the answer; rtpengine alone sends to an address that a re-offer names at once, until it is withdrawn.
   *
   * @throws GatewayError MediaPortsExhausted, MediaPathMismatch, LoopDetected, AddressUnusable, MediaRelayUnreachable,
   * MediaRelayRefused
   */
  offer(offer: MediaTurn): Promise<ToldStreams>;
  /** Takes the answer to the last offer, early or final, and gives where the offerer shall send. May come again for each fork. */
  answer(answer: MediaTurn): Promise<ToldStreams>;
  /**
   * The last offer was refused, or given up: media goes on as it was answered last. Nothing where nothing was answered yet.
   *
   * @throws GatewayError MediaRelayUnreachable, MediaRelayRefused
   */
  withdraw(callId: string): Promise<void>;
  /** Ends the call's media. A call that is not there is released already. */
  release(callId: string): Promise<void>;
  /** undefined when there is no such call. */
  statistics(callId: string): Promise<CallMedia | undefined>;
  /** What it holds, and what it has counted. @throws GatewayError MediaRelayUnreachable */
  counts(): Promise<RelayCounts>;
  /** Returns the way to stop listening. */
  onEvent(listener: (event: MediaEvent) => void): () => void;
  /** Releases every call and everything that is held open. */
  close(): Promise<void>;
}

/** What a relay tells by itself. */
export type MediaEvent =
  /** The first RTP packet of a leg that was taken. */
  | { readonly kind: 'media-started'; readonly callId: string; readonly leg: LegName }
  /** No packet of either leg for the configured time, though one of them was to send. Said once per silence. */
  | { readonly kind: 'media-timed-out'; readonly callId: string }
  /**
   * The thread that relays takes more of a core than it may as a realtime thread (`over`), or no longer does (`within`), and has this
   * realtime priority now: 0 when it gave it back. undefined where the kernel does not say.
   */
  | {
      readonly kind: 'realtime-budget';
      readonly verdict: BudgetVerdict;
      readonly realtimePriority: number | undefined;
    }
  /** The relay is gone, and with it the media of every call. */
  | { readonly kind: 'relay-failed'; readonly because: string };

/** `over`: as a realtime thread it would keep its core from everything else; `within`: it would not any more. */
export type BudgetVerdict = 'over' | 'within';

/** What one leg sent us, all its streams together. */
export interface LegMedia {
  /** Packets taken from the negotiated peer. */
  readonly packets: number;
  /** Their UDP payload, in bytes. */
  readonly bytes: number;
  /** Packets of anybody else, or that the other leg could not take. */
  readonly dropped: number;
}

/** Of each leg what came from it, and what of it was dropped. */
export type CallMedia = Readonly<Record<LegName, LegMedia>>;

/** What a relay holds now, and what it has counted since it began. */
export interface RelayCounts {
  readonly calls: number;
  /** Pairs of ports by their state; undefined where another process has them. */
  readonly pairs:
    | { readonly free: number; readonly inUse: number; readonly resting: number }
    | undefined;
  /** Of every call so far, those that ended included; undefined where another process counts. */
  readonly media: CallMedia | undefined;
  /** Nice value of the thread that relays (sched(7)); undefined where none of this process does. */
  readonly nice: number | undefined;
  /**
   * Its priority as a realtime thread (SCHED_RR or SCHED_FIFO), 0 while it is none; undefined as `nice` is, and where the kernel does
   * not say.
   */
  readonly realtimePriority: number | undefined;
}
