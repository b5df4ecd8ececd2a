import { inputError } from '../errors.ts';
import { messageFlag } from '../schema/netlink.ts';
import { nftaRule } from '../schema/nftables.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { ChainRef } from './chain.ts';
import type { Expression } from './expression.ts';
import { readExpressions, writeExpression } from './expression-codec.ts';
import { readNftMessage } from './nft-message.ts';

/** Where a new rule goes; handles are those of listed rules of the same chain. */
export type RulePlace =
  | { readonly kind: 'first' }
  | { readonly kind: 'last' }
  | { readonly kind: 'before'; readonly handle: number }
  | { readonly kind: 'after'; readonly handle: number }
  | { readonly kind: 'instead-of'; readonly handle: number };

/** A rule to be added (NFT_MSG_NEWRULE). */
export interface NewRuleOfChain extends ChainRef {
  readonly expressions: readonly Expression[];
  /** Kept by the kernel, and shown by nft(8): at most 127 bytes. */
  readonly comment?: string;
  /** Left out: last. */
  readonly place?: RulePlace;
}

/** A rule as the kernel reports it (NFT_MSG_NEWRULE). */
export interface NftRule extends ChainRef {
  /** Names the rule until it is deleted. */
  readonly handle: number;
  readonly expressions: readonly Expression[];
  readonly comment?: string;
}

/** Which rule. */
export interface RuleRef extends ChainRef {
  readonly handle: number;
}

const commentType = 0; // NFTNL_UDATA_RULE_COMMENT of nft(8)'s user data: u8 type, u8 length, text, 0
const commentMaximum = 127;

/** The message flags that say where the rule goes. */
export function placeFlags(place: RulePlace | undefined): number {
  switch (place?.kind) {
    case undefined:
    case 'last':
    case 'after':
      return messageFlag.create | messageFlag.append;
    case 'first':
    case 'before':
      return messageFlag.create;
    case 'instead-of':
      return messageFlag.replace;
    default:
      throw new TypeError(`unknown place ${JSON.stringify(place satisfies never)}`);
  }
}

export function writeRule(writer: MessageWriter, rule: NewRuleOfChain): void {
  writer.attributeString(nftaRule.table, rule.table).attributeString(nftaRule.chain, rule.chain);
  const list = writer.startNested(nftaRule.expressions);
  for (const expression of rule.expressions) writeExpression(writer, expression);
  writer.end(list);
  if (rule.place !== undefined && 'handle' in rule.place) {
    const isReplaced = rule.place.kind === 'instead-of';
    writer.attributeBig64(isReplaced ? nftaRule.handle : nftaRule.position, rule.place.handle);
  }
  if (rule.comment === undefined) return;
  const text = new TextEncoder().encode(rule.comment);
  if (text.length > commentMaximum) {
    throw inputError(
      `the comment "${rule.comment}" is too long`,
      `Give at most ${String(commentMaximum)} bytes.`,
    );
  }
  writer.attribute(nftaRule.userData, Uint8Array.of(commentType, text.length + 1, ...text, 0));
}

export function decodeNftRule(view: DataView, start: number, end: number): NftRule | undefined {
  const message = readNftMessage(view, start, end);
  if (message === undefined) return undefined;
  const { family, attribute } = message;
  let [table, chain, handle] = ['', '', 0];
  let expressions: readonly Expression[] = [];
  let comment: string | undefined;
  while (attribute.next()) {
    if (attribute.type === nftaRule.table) table = attribute.string();
    else if (attribute.type === nftaRule.chain) chain = attribute.string();
    else if (attribute.type === nftaRule.handle) handle = attribute.big64();
    else if (attribute.type === nftaRule.expressions) expressions = readExpressions(attribute);
    else if (attribute.type === nftaRule.userData) comment = readComment(attribute.peek());
  }
  const rule = { family, table, chain, handle, expressions };
  return comment === undefined ? rule : { ...rule, comment };
}

function readComment(bytes: Uint8Array): string | undefined {
  for (let at = 0; at + 2 <= bytes.length; at += 2 + (bytes[at + 1] ?? 0)) {
    if (bytes[at] !== commentType) continue;
    const text = bytes.subarray(at + 2, at + 2 + (bytes[at + 1] ?? 0));
    const zero = text.indexOf(0);
    return new TextDecoder().decode(zero < 0 ? text : text.subarray(0, zero));
  }
  return undefined;
}
