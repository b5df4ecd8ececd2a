import { messageFlag } from '../schema/netlink.ts';
import {
  nftaChain,
  nftaElements,
  nftaRule,
  nftaSet,
  nftaTable,
  nftMessage,
} from '../schema/nftables.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import { writeChain } from './chain.ts';
import { writeCounter, writeCounterRef } from './counter.ts';
import { writeElement, writeElementsHead } from './element.ts';
import type { NftElement } from './element.ts';
import { beginNftMessage } from './nft-message.ts';
import type { NftFamily } from './family.ts';
import type { Operation } from './operation.ts';
import { placeFlags, writeRule } from './rule.ts';
import { writeSet } from './set.ts';
import type { SetRef } from './set.ts';
import { writeTable } from './table.ts';

// An attribute's length is a u16: a longer list of elements goes in several messages.
const elementListMaximum = 60_000;

/**
 * The messages of one operation, finished but for their sequence numbers; none asks for an ACK. Only long
 * lists of elements need more than one. `id` is a number that no other set of the transaction has.
 * @throws NetlinkError `EINPUT`
 */
export function encodeOperation(
  writer: MessageWriter,
  operation: Operation,
  id: number,
): readonly Uint8Array[] {
  switch (operation.kind) {
    case 'add-table':
      begin(writer, nftMessage.newTable, createFlags(operation), operation.table);
      writeTable(writer, operation.table);
      break;
    case 'delete-table':
      begin(writer, nftMessage.deleteTable, 0, operation.table);
      writer.attributeString(nftaTable.name, operation.table.table);
      break;
    case 'add-chain':
      begin(writer, nftMessage.newChain, createFlags(operation), operation.chain);
      writeChain(writer, operation.chain);
      break;
    case 'delete-chain':
      begin(writer, nftMessage.deleteChain, 0, operation.chain);
      writer.attributeString(nftaChain.table, operation.chain.table);
      writer.attributeString(nftaChain.name, operation.chain.chain);
      break;
    case 'add-rule':
      begin(writer, nftMessage.newRule, placeFlags(operation.rule.place), operation.rule);
      writeRule(writer, operation.rule);
      break;
    case 'delete-rule':
    case 'flush-chain':
      writeRuleDeletion(writer, operation);
      break;
    case 'add-set':
    case 'delete-set':
    case 'flush-set':
    case 'add-elements':
    case 'delete-elements':
    case 'add-counter':
    case 'delete-counter':
      return encodeContents(writer, operation, id);
    default:
      throw new TypeError(`unknown operation ${JSON.stringify(operation satisfies never)}`);
  }
  return [writer.finish().slice()];
}

type RuleDeletion = Extract<Operation, { kind: 'delete-rule' | 'flush-chain' }>;

function writeRuleDeletion(writer: MessageWriter, operation: RuleDeletion): void {
  const ref = operation.kind === 'delete-rule' ? operation.rule : operation.chain;
  begin(writer, nftMessage.deleteRule, 0, ref);
  writer.attributeString(nftaRule.table, ref.table).attributeString(nftaRule.chain, ref.chain);
  if (operation.kind === 'delete-rule') {
    writer.attributeBig64(nftaRule.handle, operation.rule.handle);
  }
}

type OfContents = Extract<Operation, { kind: `${string}-${'set' | 'elements' | 'counter'}` }>;

function encodeContents(
  writer: MessageWriter,
  operation: OfContents,
  id: number,
): readonly Uint8Array[] {
  switch (operation.kind) {
    case 'add-set':
      begin(writer, nftMessage.newSet, createFlags(operation), operation.set);
      writeSet(writer, operation.set, id);
      break;
    case 'delete-set':
      begin(writer, nftMessage.deleteSet, 0, operation.set);
      writer.attributeString(nftaSet.table, operation.set.table);
      writer.attributeString(nftaSet.name, operation.set.set);
      break;
    case 'add-elements': {
      const flags = createFlags(operation);
      return encodeElements(writer, nftMessage.newElement, flags, operation);
    }
    case 'delete-elements':
      return encodeElements(writer, nftMessage.deleteElement, 0, operation);
    case 'flush-set':
      begin(writer, nftMessage.deleteElement, 0, operation.set);
      writeElementsHead(writer, operation.set);
      break;
    case 'add-counter':
      begin(writer, nftMessage.newObject, createFlags(operation), operation.counter);
      writeCounter(writer, operation.counter);
      break;
    case 'delete-counter':
      begin(writer, nftMessage.deleteObject, 0, operation.counter);
      writeCounterRef(writer, operation.counter);
      break;
    default:
      throw new TypeError(`unknown operation ${JSON.stringify(operation satisfies never)}`);
  }
  return [writer.finish().slice()];
}

function encodeElements(
  writer: MessageWriter,
  type: number,
  flags: number,
  { set, elements }: { readonly set: SetRef; readonly elements: readonly NftElement[] },
): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let next = 0; next < elements.length;) {
    begin(writer, type, flags, set);
    writeElementsHead(writer, set);
    const list = writer.startNested(nftaElements.elements);
    while (next < elements.length && writer.length - list < elementListMaximum) {
      const element = elements[next++];
      if (element !== undefined) writeElement(writer, set, element);
    }
    messages.push(writer.end(list).finish().slice());
  }
  return messages;
}

function begin(
  writer: MessageWriter,
  type: number,
  flags: number,
  { family }: { readonly family: NftFamily },
): void {
  beginNftMessage(writer, type, messageFlag.request | flags, family);
}

function createFlags(operation: { readonly exclusive?: boolean }): number {
  return messageFlag.create | (operation.exclusive === true ? messageFlag.exclusive : 0);
}
