/** The nftables half of the package: what imports it pays for it, and nobody else. */
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
export type { NftFilter } from './nftables/listing.ts';
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
export type { NftTables } from './nftables/nft-tables.ts';
export { openNftables } from './nftables/nftables.ts';
export type { Nftables, TransactionOptions } from './nftables/nftables.ts';
export type { Operation } from './nftables/operation.ts';
export type { NewRuleOfChain, NftRule, RulePlace, RuleRef } from './nftables/rule.ts';
export type { DatumTypes, NewSet, NftSet, SetFlag, SetRef } from './nftables/set.ts';
export type { NewTable, NftTable, TableRef } from './nftables/table.ts';
export type { AddOptions, Transaction } from './nftables/transaction.ts';
export type { NftWatch } from './nftables/watch.ts';
export type { Verdict } from './nftables/verdict.ts';
