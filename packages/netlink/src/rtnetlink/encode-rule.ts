import { inputError } from '../errors.ts';
import { messageFlag } from '../schema/netlink.ts';
import { addressFamily, fra, fraNewer, rtm, ruleAction, ruleInvert } from '../schema/rtnetlink.ts';
import { parseIpPrefix } from '../wire/ip-address.ts';
import type { Family, IpPrefix } from '../wire/ip-address.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { NewRule, PortRange, RuleAction } from './rule.ts';

const { request, ack, dump, create, exclusive } = messageFlag;
const protocolStatic = 4;
const allBits = 0xffffffff;

export function encodeListRules(writer: MessageWriter, family: Family): Uint8Array {
  writer.begin(rtm.getRule, request | dump);
  return writer.u8(addressFamily[family]).u8(0).u16(0).u32(0).u32(0).finish();
}

/**
 * Always exclusive: without NLM_F_EXCL the kernel makes a second rule like the first, and it ignores
 * NLM_F_REPLACE (net/core/fib_rules.c).
 */
export function encodeAddRule(writer: MessageWriter, rule: NewRule): Uint8Array {
  writer.begin(rtm.newRule, request | ack | create | exclusive);
  return writeRule(writer, rule, rule.action ?? 'table', rule.protocol ?? protocolStatic);
}

export function encodeRemoveRule(writer: MessageWriter, rule: NewRule): Uint8Array {
  writer.begin(rtm.delRule, request | ack);
  return writeRule(writer, rule, rule.action ?? 0, rule.protocol);
}

/** struct fib_rule_hdr: u8 family, dst_len, src_len, tos, table, res1, res2, action; u32 flags. */
function writeRule(
  writer: MessageWriter,
  rule: NewRule,
  action: RuleAction,
  protocol: number | undefined,
): Uint8Array {
  const from = rule.from === undefined ? undefined : parseIpPrefix(rule.from);
  const to = rule.to === undefined ? undefined : parseIpPrefix(rule.to);
  const table = rule.table ?? 0;
  writer.u8(addressFamily[familyOf(rule, from, to)]);
  writer
    .u8(to?.prefixLength ?? 0)
    .u8(from?.prefixLength ?? 0)
    .u8(rule.typeOfService ?? 0);
  writer.u8(table < 256 ? table : 0).u16(0);
  writer.u8(typeof action === 'number' ? action : ruleAction[action]);
  writer.u32(rule.invert === true ? ruleInvert : 0);
  if (from !== undefined && from.prefixLength > 0) writer.attribute(fra.from, from.bytes);
  if (to !== undefined && to.prefixLength > 0) writer.attribute(fra.to, to.bytes);
  writeNumbers(writer, rule);
  if (protocol !== undefined) writer.attributeU8(fra.protocol, protocol);
  if (rule.ipProtocol !== undefined) writer.attributeU8(fra.ipProtocol, rule.ipProtocol);
  if (rule.inputLinkName !== undefined) {
    writer.attributeString(fra.inputLinkName, rule.inputLinkName);
  }
  if (rule.outputLinkName !== undefined) {
    writer.attributeString(fra.outputLinkName, rule.outputLinkName);
  }
  writeNewer(writer, rule);
  writeRange(writer, fra.sourcePorts, rule.sourcePorts);
  writeRange(writer, fra.destinationPorts, rule.destinationPorts);
  if (rule.uidRange !== undefined) {
    const start = writer.start(fra.uidRange);
    writer.u32(rule.uidRange.first).u32(rule.uidRange.last).end(start);
  }
  return writer.finish();
}

function writeNumbers(writer: MessageWriter, rule: NewRule): void {
  const { priority, table, mark, goto, suppressPrefixLength } = rule;
  // Without a mask the kernel takes a mark of 0 for none (net/core/fib_rules.c, fib_nl2rule).
  const markMask = rule.markMask ?? (mark === 0 ? allBits : undefined);
  if (priority !== undefined) writer.attributeU32(fra.priority, priority);
  if (table !== undefined && table > 255) writer.attributeU32(fra.table, table);
  if (mark !== undefined) writer.attributeU32(fra.mark, mark);
  if (markMask !== undefined) writer.attributeU32(fra.mask, markMask);
  if (goto !== undefined) writer.attributeU32(fra.goto, goto);
  if (suppressPrefixLength !== undefined) {
    writer.attributeU32(fra.suppressPrefixLength, suppressPrefixLength);
  }
  const { suppressLinkGroup, realms, tunnelId, l3mdev } = rule;
  if (suppressLinkGroup !== undefined) {
    writer.attributeU32(fra.suppressLinkGroup, suppressLinkGroup);
  }
  if (realms !== undefined) writer.attributeU32(fra.flow, realms);
  if (tunnelId !== undefined) writer.attributeBig64(fra.tunnelId, tunnelId);
  if (l3mdev === true) writer.attributeU8(fra.l3mdev, 1);
}

/** Attributes that a kernel without them refuses (strict checking), with EINVAL. */
function writeNewer(writer: MessageWriter, rule: NewRule): void {
  const { dscp, dscpMask, flowLabel, flowLabelMask, sourcePortMask, destinationPortMask } = rule;
  if (dscp !== undefined) writer.attributeU8(fraNewer.dscp, dscp);
  if (dscpMask !== undefined) writer.attributeU8(fraNewer.dscpMask, dscpMask);
  if (flowLabel !== undefined) writer.attributeBig32(fraNewer.flowLabel, flowLabel);
  if (flowLabelMask !== undefined) writer.attributeBig32(fraNewer.flowLabelMask, flowLabelMask);
  if (sourcePortMask !== undefined) writer.attributeU16(fraNewer.sourcePortMask, sourcePortMask);
  if (destinationPortMask !== undefined) {
    writer.attributeU16(fraNewer.destinationPortMask, destinationPortMask);
  }
}

/** struct fib_rule_port_range: u16 first, u16 last. */
function writeRange(writer: MessageWriter, type: number, range: PortRange | undefined): void {
  if (range === undefined) return;
  const start = writer.start(type);
  writer.u16(range.first).u16(range.last).end(start);
}

function familyOf(rule: NewRule, from: IpPrefix | undefined, to: IpPrefix | undefined): Family {
  const family = from?.family ?? to?.family ?? rule.family ?? 'ipv4';
  const agree = [rule.family, to?.family].every((other) => (other ?? family) === family);
  if (agree) return family;
  throw inputError(
    `a rule cannot match ${rule.from ?? 'any source'} and ${rule.to ?? 'any destination'} ` +
      `with family ${rule.family ?? family}`,
    'Use addresses of one family, and leave the family out: it follows from them.',
  );
}
