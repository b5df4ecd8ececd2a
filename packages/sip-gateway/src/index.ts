export {
  classifyPeer,
  localAddresses,
  peerPath,
  type OwnAddresses,
  type PeerClass,
  type PeerNetworks,
  type PeerPath,
} from './call/peer-class.ts';
export { addressesIn, strangersIn, type ToldAddress } from './sdp/addresses-in.ts';
export { checkAnswer } from './sdp/check-answer.ts';
export {
  describeForLeg,
  newLegSession,
  type LegSession,
  type ToldStreams,
} from './sdp/describe-for-leg.ts';
export {
  parseBody,
  parseSessionDescription,
  type SessionDescription,
} from './sdp/session-description.ts';
export { sdpLimits, type SdpLimits } from './sdp/sdp-lines.ts';
export type { Direction, Endpoint, StreamDescription } from './sdp/stream-description.ts';
export {
  GatewayError,
  statusOf,
  type GatewayErrorCode,
  type GatewayErrorDetails,
  type Retry,
} from './errors.ts';
export type { Cidr, Ipv4Address } from './address.ts';
export {
  embeddedRelay,
  type EmbeddedRelayOptions,
  type EmbeddedRelayParts,
} from './adapters/embedded-relay/embedded-relay.ts';
export { defaultPortRange, type PortRange } from './media/port-pool.ts';
export type { PathTo } from './media/relay-turn.ts';
export type {
  BudgetVerdict,
  CallMedia,
  LegMedia,
  LegName,
  MediaEvent,
  MediaRelay,
  MediaTurn,
  RelayCounts,
} from './media/media-relay.ts';
export {
  rtpengineRelay,
  type RtpengineRelayOptions,
  type RtpengineRelayParts,
} from './adapters/rtpengine/rtpengine-relay.ts';
export type { NgEndpoint } from './adapters/rtpengine/ng-control.ts';
export type { EndCause } from './call/call-effect.ts';
export type { CallTimer } from './call/call-event.ts';
export { createGateway, type Gateway } from './gateway.ts';
export type {
  DrachtioServerSignalling,
  EmbeddedMedia,
  EmbeddedSignalling,
  GatewayOptions,
  RtpengineMedia,
} from './gateway-options.ts';
export type { GatewayAlarm, GatewayEvent } from './gateway-event.ts';
export type { CallRoute, RouteCall } from './call/gateway-calls.ts';
export type { CallTimeouts } from './call/call.ts';
export type { IncomingInvite } from './sip/signalling.ts';
