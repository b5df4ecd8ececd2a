import { Connection } from '../connection.ts';
import type { NetnsReference } from '../network-namespace.ts';
import type { Requests } from '../requests.ts';
import { messageFlag, netlinkProtocol } from '../schema/netlink.ts';
import { nftaGeneration, nftMessage } from '../schema/nftables.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { describeBatch, encodeBatch, judgeBatch } from './batch.ts';
import type { NftChain } from './chain.ts';
import { createCounters } from './counters.ts';
import type { NftCounters } from './counters.ts';
import type { ListedElement } from './element.ts';
import { listChains, listElements, listRules, listSets } from './list.ts';
import type { NftFilter } from './listing.ts';
import { beginNftMessage } from './nft-message.ts';
import { createNftTables } from './nft-tables.ts';
import type { Bus, NftTables } from './nft-tables.ts';
import type { Operation } from './operation.ts';
import type { NftRule } from './rule.ts';
import type { NftSet, SetRef } from './set.ts';
import { createTransaction } from './transaction.ts';
import type { Transaction } from './transaction.ts';

/** How a transaction is carried out. */
export interface TransactionOptions {
  /** Only if the ruleset still has this generation; else ERESTART, and nothing is done. */
  readonly generation?: number;
}

/**
 * nftables in one network namespace. Methods may be called in parallel. A change is one transaction: all of
 * it takes effect at once, or nothing.
 */
export interface Nftables extends NftTables {
  readonly chains: { list(filter?: NftFilter): Promise<NftChain[]> };
  readonly rules: { list(filter?: NftFilter): Promise<NftRule[]> };
  readonly sets: { list(filter?: NftFilter): Promise<NftSet[]> };
  readonly elements: { list(set: SetRef): Promise<ListedElement[]> };
  readonly counters: NftCounters;
  /**
   * Carries out what `fill` adds to the transaction.
   * @throws NetlinkError with the `operationIndex` of the first operation that the kernel refused, and why.
   */
  transaction(
    fill: (transaction: Transaction) => void,
    options?: TransactionOptions,
  ): Promise<void>;
  /** As `transaction`, of operations kept as data. */
  apply(operations: readonly Operation[], options?: TransactionOptions): Promise<void>;
  /** Grows with every change of the ruleset, whoever makes it. */
  generation(): Promise<number>;
}

/**
 * Opens nftables in the namespace given (object, path or descriptor), else in that of this process.
 * @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace),
 * EPROTONOSUPPORT (a kernel without nfnetlink).
 */
export async function openNftables(options: { netns?: NetnsReference } = {}): Promise<Nftables> {
  const connection = new Connection(options.netns, netlinkProtocol.netfilter);
  return createNftables(connection, connection);
}

/** nftables over whoever carries requests out. */
export function createNftables(requests: Requests, bus: Bus): Nftables {
  const apply: Nftables['apply'] = (operations, options) =>
    applyOperations(requests, operations, options);
  return {
    ...createNftTables(requests, bus),
    chains: { list: (filter) => listChains(requests, filter) },
    rules: { list: (filter) => listRules(requests, filter) },
    sets: { list: (filter) => listSets(requests, filter) },
    elements: { list: (set) => listElements(requests, set) },
    counters: createCounters(requests),
    transaction: async (fill, how) => {
      const transaction = createTransaction();
      fill(transaction);
      await apply(transaction.operations, how);
    },
    apply,
    generation: () => readGeneration(requests),
  };
}

// More than this takes the kernel milliseconds.
const offLoopBytes = 64 * 1024;

async function applyOperations(
  requests: Requests,
  operations: readonly Operation[],
  options: TransactionOptions = {},
): Promise<void> {
  const { message, owners } = encodeBatch(operations, options.generation);
  if (owners.length === 0) return;
  await requests.run({
    message,
    until: 'ack',
    offLoop: message.length > offLoopBytes,
    describe: () => describeBatch(operations),
    batch: judgeBatch(operations, owners),
  });
}

async function readGeneration(requests: Requests): Promise<number> {
  let generation = 0;
  const writer = new MessageWriter();
  beginNftMessage(writer, nftMessage.getGeneration, messageFlag.request, undefined);
  await requests.run({
    message: writer.finish(),
    until: 'answer',
    describe: () => 'asking for the generation of the ruleset',
    onMessage: (_, view, start, end) => {
      const attribute = new AttributeCursor(view, start + 4, end);
      while (attribute.next()) {
        if (attribute.type === nftaGeneration.id) generation = attribute.big32();
      }
    },
  });
  return generation;
}
