import type { Ipv4Address } from '../address.ts';
import { GatewayError } from '../errors.ts';
import type { RelayStream } from './relay-turn.ts';

export function unknownCall(callId: string): GatewayError {
  return new GatewayError({
    code: 'MediaCallUnknown',
    message: `An answer came for the call ${callId}, whose media has no offer.`,
    remedy: 'Make the offer first; a call that was released needs a new one.',
    retry: 'never',
  });
}

export function pathMismatch(told: Ipv4Address, stream: RelayStream): GatewayError {
  return new GatewayError({
    code: 'MediaPathMismatch',
    message: `The peer was told ${told}, but its media address ${stream.rtp?.address} sees us as ${stream.advertised}.`,
    remedy:
      'Let its signalling and its media be in the same network, or give it a route to the public address.',
    retry: 'never',
  });
}

export function portsExhausted(tried: number): GatewayError {
  return new GatewayError({
    code: 'MediaPortsExhausted',
    message:
      tried === 0
        ? 'No pair of RTP ports is free.'
        : `No pair of RTP ports could be bound: ${tried} were held by others.`,
    remedy: 'Widen the RTP port range, shorten the quarantine, or take calls elsewhere.',
    retry: 'later',
  });
}

export function bindRefused(rtpPort: number, cause: unknown): GatewayError {
  return new GatewayError({
    code: 'MediaRelayRefused',
    message: `The RTP port ${rtpPort} could not be bound: ${cause instanceof Error ? cause.message : String(cause)}.`,
    remedy: 'See that the public and the private address are on the link, as the identity says.',
    retry: 'later',
    cause,
  });
}
