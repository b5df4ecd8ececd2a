export { NetlinkError } from './errors.ts';
export type { NetlinkErrorDetails, Retry } from './errors.ts';
export { nativeAvailable } from './native.ts';
export type { NativeAvailability } from './native.ts';
export { openNetlink } from './netlink.ts';
export type { Netlink, WatchGroup } from './netlink.ts';
export type { NetnsReference, NetworkNamespace } from './network-namespace.ts';
export {
  createNetworkNamespace,
  deleteNetworkNamespace,
  listNetworkNamespaces,
  openNetworkNamespace,
} from './netns.ts';
export type { Address, Addresses, NewAddress } from './rtnetlink/address.ts';
export type { Change, NetlinkEvent } from './rtnetlink/event.ts';
export type { Ipv4LinkSettings, Link, LinkChange, LinkRef, NewLink } from './rtnetlink/link.ts';
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
  RouteType,
} from './rtnetlink/route.ts';
export type { Routes } from './rtnetlink/routes.ts';
export type { NewRule, PortRange, Rule, RuleAction } from './rtnetlink/rule.ts';
export type { Rules } from './rtnetlink/rules.ts';
export type { Scope } from './rtnetlink/scope.ts';
export type { Watch } from './rtnetlink/watch.ts';
export { chainPriority } from './nftables/chain.ts';
export type {
  ChainHook,
  ChainPolicy,
  ChainRef,
  ChainType,
  HookName,
  NewChain,
  NftChain,
} from './nftables/chain.ts';
export type { CounterRef, NewCounter, NftCounter } from './nftables/counter.ts';
export type { NftCounters } from './nftables/counters.ts';
export { decodeDatum, encodeDatum } from './nftables/datum.ts';
export type { Datum, DatumType } from './nftables/datum.ts';
export type { DatumValue, ListedElement, NftElement } from './nftables/element.ts';
export type {
  Bitwise,
  Compare,
  CompareOperator,
  ConntrackLoad,
  Counter,
  Duplicate,
  Expression,
  Forward,
  Immediate,
  Lookup,
  Masquerade,
  MetaKey,
  MetaLoad,
  MetaWrite,
  NamedCounter,
  Nat,
  NatFlag,
  PayloadBase,
  PayloadLoad,
  PayloadWrite,
  Range,
  Register,
  UnknownExpression,
} from './nftables/expression.ts';
export type { NftFamily } from './nftables/family.ts';
export type { NftFilter } from './nftables/list.ts';
export {
  loadDestination,
  loadSource,
  matchConnectionState,
  matchDestination,
  matchDestinationPort,
  matchInputLink,
  matchOutputLink,
  matchProtocol,
  matchSource,
  matchSourcePort,
  writeDestination,
  writeSource,
} from './nftables/match.ts';
export type { ConnectionState, MatchOptions } from './nftables/match.ts';
export { openNftables } from './nftables/nftables.ts';
export type { Nftables, TransactionOptions } from './nftables/nftables.ts';
export type { Operation } from './nftables/operation.ts';
export type { NewRuleOfChain, NftRule, RulePlace, RuleRef } from './nftables/rule.ts';
export type { DatumTypes, NewSet, NftSet, SetFlag, SetRef } from './nftables/set.ts';
export type { NewTable, NftTable, TableRef } from './nftables/table.ts';
export type { AddOptions, Transaction } from './nftables/transaction.ts';
export type { Verdict } from './nftables/verdict.ts';
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
