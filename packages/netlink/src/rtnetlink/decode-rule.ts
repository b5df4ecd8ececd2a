import { fra, fraNewer, ruleAction, ruleInvert } from '../schema/rtnetlink.ts';
import { namesOf } from '../schema/name-table.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpAddress } from '../wire/ip-address.ts';
import { familyFromNumber } from './family.ts';
import type { PortRange, Rule } from './rule.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** struct fib_rule_hdr */
const headerLength = 12;
const actionNames = namesOf(ruleAction);
const unset = 0xffffffff;
/** Masks that kernels tell though nobody set one: all bits count. */
const wholeMasks = [
  ['sourcePortMask', 0xffff],
  ['destinationPortMask', 0xffff],
  ['dscpMask', 0x3f],
  ['flowLabelMask', 0xfffff],
] as const;

/** Reads an RTM_NEWRULE or RTM_DELRULE; undefined for other families than IPv4 and IPv6. */
export function decodeRule(view: DataView, start: number, end: number): Rule | undefined {
  if (start + headerLength > end) return undefined;
  const family = familyFromNumber(view.getUint8(start));
  if (family === undefined) return undefined;
  const typeOfService = view.getUint8(start + 3);
  const action = view.getUint8(start + 7);
  const rule: Mutable<Rule> = {
    family,
    priority: 0,
    table: view.getUint8(start + 4),
    action: actionNames.get(action) ?? action,
    protocol: 0,
  };
  if (typeOfService !== 0) rule.typeOfService = typeOfService;
  if ((view.getUint32(start + 8, hostIsLittleEndian) & ruleInvert) !== 0) rule.invert = true;
  const attribute = new AttributeCursor(view, start + headerLength, end);
  while (attribute.next()) readAttribute(rule, attribute);
  if (rule.from !== undefined) rule.from += `/${String(view.getUint8(start + 2))}`;
  if (rule.to !== undefined) rule.to += `/${String(view.getUint8(start + 1))}`;
  // A mark of 0 is not told, but its mask is; where neither counts, none is.
  if (rule.markMask !== undefined) rule.mark ??= 0;
  if (rule.markMask === unset) delete rule.markMask;
  for (const [name, allBits] of wholeMasks) if (rule[name] === allBits) delete rule[name];
  return rule;
}

function readAttribute(rule: Mutable<Rule>, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case fra.from:
      rule.from = formatIpAddress(attribute.peek());
      break;
    case fra.to:
      rule.to = formatIpAddress(attribute.peek());
      break;
    case fra.inputLinkName:
      rule.inputLinkName = attribute.string();
      break;
    case fra.outputLinkName:
      rule.outputLinkName = attribute.string();
      break;
    case fra.sourcePorts:
      rule.sourcePorts = readRange16(attribute);
      break;
    case fra.destinationPorts:
      rule.destinationPorts = readRange16(attribute);
      break;
    default:
      if (readNumber(rule, attribute) || readSelector(rule, attribute)) break;
      rule.unknownAttributes = [...(rule.unknownAttributes ?? []), attribute.unknown()];
  }
}

function readNumber(rule: Mutable<Rule>, attribute: AttributeCursor): boolean {
  switch (attribute.type) {
    case fra.priority:
      rule.priority = attribute.u32();
      return true;
    case fra.table:
      rule.table = attribute.u32();
      return true;
    case fra.protocol:
      rule.protocol = attribute.u8();
      return true;
    case fra.ipProtocol:
      rule.ipProtocol = attribute.u8();
      return true;
    case fra.mark:
      rule.mark = attribute.u32();
      return true;
    case fra.mask:
      rule.markMask = attribute.u32();
      return true;
    case fra.goto:
      rule.goto = attribute.u32();
      return true;
    case fra.suppressPrefixLength:
      if (attribute.u32() !== unset) rule.suppressPrefixLength = attribute.u32();
      return true;
    case fra.uidRange:
      rule.uidRange = readRange32(attribute);
      return true;
    default:
      return false;
  }
}

function readSelector(rule: Mutable<Rule>, attribute: AttributeCursor): boolean {
  switch (attribute.type) {
    case fra.suppressLinkGroup:
      if (attribute.u32() !== unset) rule.suppressLinkGroup = attribute.u32();
      return true;
    case fra.flow:
      rule.realms = attribute.u32();
      return true;
    case fra.tunnelId:
      rule.tunnelId = attribute.big64();
      return true;
    case fra.l3mdev:
      rule.l3mdev = attribute.u8() !== 0;
      return true;
    case fraNewer.dscp:
      rule.dscp = attribute.u8();
      return true;
    case fraNewer.dscpMask:
      rule.dscpMask = attribute.u8();
      return true;
    case fraNewer.flowLabel:
      rule.flowLabel = attribute.big32();
      return true;
    case fraNewer.flowLabelMask:
      rule.flowLabelMask = attribute.big32();
      return true;
    case fraNewer.sourcePortMask:
      rule.sourcePortMask = attribute.u16();
      return true;
    case fraNewer.destinationPortMask:
      rule.destinationPortMask = attribute.u16();
      return true;
    default:
      return false;
  }
}

function readRange16(attribute: AttributeCursor): PortRange {
  const both = attribute.u32();
  const [low, high] = [both & 0xffff, both >>> 16];
  return hostIsLittleEndian ? { first: low, last: high } : { first: high, last: low };
}

function readRange32(attribute: AttributeCursor): PortRange {
  const first = attribute.u32();
  const length = attribute.end - attribute.start;
  const last =
    length >= 8 ? attribute.view.getUint32(attribute.start + 4, hostIsLittleEndian) : first;
  return { first, last };
}
