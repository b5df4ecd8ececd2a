export { NetlinkError } from './errors.ts';
export type { BatchResult } from './batch-steps.ts';
export type { Faced } from './faces.ts';
export type { CallOptions } from './limit.ts';
export type { NetlinkErrorDetails, Outcome, Retry } from './errors.ts';
export type { AnswerEvent, OverrunEvent, RequestEvent } from './diagnostics.ts';
export { explain, explainText } from './explain/explain.ts';
export type { ExplainedMessage, ExplainOptions } from './explain/explain.ts';
export type { Bus } from './explain/layouts.ts';
export type { ExplainedAttribute } from './explain/read-attributes.ts';
export { nativeAvailable } from './native.ts';
export type { NativeAvailability } from './native.ts';
export { openNetlink, openRtnetlink } from './netlink.ts';
export type { Netlink, NetlinkOptions, Rtnetlink, WatchGroup } from './netlink.ts';
export type { Datagram, Transport } from './transport.ts';
export type { Netconf, Netconfs } from './rtnetlink/netconf.ts';
export type {
  NewNextHop,
  NextHopMember,
  NextHopObject,
  NextHopTarget,
} from './rtnetlink/next-hop.ts';
export type { NextHops } from './rtnetlink/next-hops.ts';
export type { Answer, Answers, Face, Plan } from './plan.ts';
export type { NetnsReference, NetworkNamespace } from './network-namespace.ts';
export {
  createNetworkNamespace,
  deleteNetworkNamespace,
  listNetworkNamespaces,
  openNetworkNamespace,
} from './netns.ts';
export type { Address, AddressFilter, AddressKey, NewAddress } from './rtnetlink/address.ts';
export type { Addresses } from './rtnetlink/addresses.ts';
export type { Change, NetlinkEvent } from './rtnetlink/event.ts';
export type {
  Ipv4LinkSettings,
  Ipv6LinkSettings,
  Link,
  LinkChange,
  LinkFilter,
  LinkRef,
  LinkStatistics,
} from './rtnetlink/link.ts';
export type {
  BridgeOptions,
  LinkDetails,
  NewLink,
  NewLinkCommon,
  VxlanOptions,
} from './rtnetlink/new-link.ts';
export type { Links } from './rtnetlink/links.ts';
export type { NeighbourTableParameters, NeighbourTables } from './rtnetlink/neighbour-table.ts';
export type {
  Neighbour,
  NeighbourFilter,
  Neighbours,
  NeighbourState,
  NewNeighbour,
} from './rtnetlink/neighbour.ts';
export type {
  NewRoute,
  NextHop,
  Route,
  RouteFilter,
  RouteFlag,
  RouteLookup,
  RouteMetric,
  RouteMetrics,
  RouteType,
} from './rtnetlink/route.ts';
export type { Routes } from './rtnetlink/routes.ts';
export type { NewRule, PortRange, Rule, RuleAction } from './rtnetlink/rule.ts';
export type { Rules } from './rtnetlink/rules.ts';
export type { Follow, FollowEvent, Snapshot } from './rtnetlink/follow.ts';
export type { FollowedChange, FollowedKind, FollowedThings } from './rtnetlink/followed.ts';
export type { ApplyOptions } from './declarative/apply-changes.ts';
export type { Declarative } from './declarative/declarative.ts';
export type {
  ChangePlan,
  ChangeStep,
  Conflict,
  Desired,
  DiffOptions,
  PlannedStep,
} from './declarative/desired.ts';
export type { Ensured, Removed } from './rtnetlink/outcome.ts';
export type { Scope } from './rtnetlink/scope.ts';
export type { Watch } from './rtnetlink/watch.ts';
export type { Verbs } from './rtnetlink/verbs.ts';
export { openSocket } from './socket.ts';
export type { NativeSocket, Received, SocketOptions } from './socket.ts';
export type { UnknownAttribute } from './wire/attribute-cursor.ts';
export type { Family } from './wire/ip-address.ts';
export {
  decodeInetAddress,
  encodeInetAddress,
  encodePacketAddress,
} from './wire/socket-address.ts';
export type { PacketAddress } from './wire/socket-address.ts';
