export { SipEngineError } from './errors.ts';
export type { Retry, SipEngineErrorCode, SipEngineErrorDetails } from './errors.ts';

export { emptyBody } from './message/message.ts';
export type { HeaderField, SipMessage, SipRequest, SipResponse } from './message/message.ts';
export { parseMessage } from './message/parse-message.ts';
export { datagramLimits } from './message/parsed.ts';
export type {
  MessageLimits,
  Parsed,
  RefusalCode,
  RefusalStatus,
  Refused,
} from './message/parsed.ts';
export { readEssentials } from './message/essentials.ts';
export type { Essentials, EssentialsRead } from './message/essentials.ts';
export type { Flaw } from './message/flaw.ts';
export { serialiseMessage } from './message/serialise-message.ts';
export {
  appendHeader,
  headerField,
  headerValue,
  headerValues,
  prependHeader,
  withBody,
  withHeader,
  withHeaders,
  withoutHeader,
} from './message/header-list.ts';
export { type AddressHeader, type AddressList, addressList } from './message/address-list.ts';
export { type CSeq, cseqText, parseCSeq } from './message/cseq.ts';
export { type HostPort, hostPortText } from './message/host-port.ts';
export { type NameAddr, nameAddrText, parseNameAddr, tagOf } from './message/name-addr.ts';
export {
  findParameter,
  type Parameter,
  parameterValue,
  withoutParameter,
  withParameter,
} from './message/parameter.ts';
export { type OtherUri, parseUri, type SipUri, type Uri, uriText } from './message/uri.ts';
export { isEqualUri } from './message/compare-uris.ts';
export {
  isOwnVia,
  parseVia,
  type Via,
  viaBranch,
  viaReceived,
  viaResponseDestination,
  viaText,
} from './message/via.ts';
export { withObservedSource } from './message/observed-source.ts';
export { type PolicyRefusal, policyRefusal, type RequestPolicy } from './message/request-policy.ts';
export { type ResponseParts, responseTo, responseToRefused } from './message/response-to.ts';
export { reasonPhrase } from './message/reason-phrase.ts';
export {
  type AdvertisedTuple,
  advertisedTuples,
  type HeaderTupleKind,
} from './message/advertised-tuples.ts';
export type { SdpTupleKind } from './message/sdp-tuples.ts';

export { guardFindings } from './guard/guard-findings.ts';
export type { GuardedIdentity, GuardFinding, GuardRow } from './guard/finding.ts';
export type { GuardAction } from './guard/after-findings.ts';
export type { GuardRefusal } from './guard/send-gate.ts';

export { nextHop, type NextHop } from './resolver/next-hop.ts';
export type { Resolver } from './resolver/resolver.ts';
export { systemResolver } from './resolver/system-resolver.ts';

export type { CancelTimer, Clock } from './transport/clock.ts';
export { systemClock } from './transport/system-clock.ts';
export type { FailureListener, MessageListener, Transport } from './transport/transport.ts';
export { type Tuple, tupleText } from './transport/tuple.ts';
export type { PathTo, SendPath } from './transport/send-path.ts';
export { openUdpTransport, type UdpTransportOptions } from './transport/udp-transport.ts';

export {
  createSipEngine,
  type SipEngine,
  type SipEngineCounts,
  type SipEngineLimits,
  type SipEngineOptions,
} from './engine.ts';
export { avoidPretenuring } from './avoid-pretenuring.ts';
export { copyEnvironment } from './copy-environment.ts';
export { steadyTables } from './steady-tables.ts';
export { defaultTiming, type TransactionTiming } from './transaction/timing.ts';
export type { AppListener } from './wire/app-listener.ts';
