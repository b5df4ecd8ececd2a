import { messageFlag } from '../schema/netlink.ts';
import { addressFamily, rtm } from '../schema/rtnetlink.ts';
import {
  addressGeneration,
  ifla,
  iflaNewer,
  inet6,
  inetConf,
  ipv4Settings,
  linkFlag,
  linkInfo,
  linkMode,
  skipStatistics,
} from '../schema/link.ts';
import { vethInfo } from '../schema/link-kind.ts';
import { parseMacAddress } from '../wire/mac-address.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import { writeKindData } from './encode-link-kind.ts';
import type { LinkChange, LinkFilter, LinkRef } from './link.ts';
import type { NewLink, NewLinkCommon } from './new-link.ts';

const { request, ack, dump, create, exclusive, append } = messageFlag;
const text = new TextEncoder();

/** The kernel filters by kind and master (rtnl_valid_dump_ifinfo_req). */
export function encodeListLinks(writer: MessageWriter, filter: LinkFilter = {}): Uint8Array {
  writeHeader(writer.begin(rtm.getLink, request | dump), { index: 0 });
  writer.attributeU32(ifla.extendedMask, skipStatistics);
  if (filter.masterIndex !== undefined) writer.attributeU32(ifla.master, filter.masterIndex);
  if (filter.kind !== undefined) {
    const start = writer.start(ifla.linkInfo);
    writer.attribute(linkInfo.kind, text.encode(filter.kind)).end(start);
  }
  return writer.finish();
}

export function encodeGetLink(writer: MessageWriter, by: LinkRef): Uint8Array {
  writeReference(writer.begin(rtm.getLink, request), by);
  return writer.attributeU32(ifla.extendedMask, skipStatistics).finish();
}

export function encodeRemoveLink(writer: MessageWriter, by: LinkRef): Uint8Array {
  writeReference(writer.begin(rtm.delLink, request | ack), by);
  return writer.finish();
}

export function encodeAddLink(writer: MessageWriter, link: NewLink): Uint8Array {
  writer.begin(rtm.newLink, request | ack | create | exclusive);
  writeHeader(writer, { index: 0, up: link.up });
  writeCommon(writer, link);
  if (hasParent(link)) writer.attributeU32(ifla.link, link.parentIndex);
  const start = writer.start(ifla.linkInfo);
  writer.attribute(linkInfo.kind, text.encode(link.kind));
  if (link.kind === 'veth') writePeer(writer, link.peer);
  else writeKindData(writer, link);
  return writer.end(start).finish();
}

/** A rename needs the index: the name attribute then holds the new one. */
export function encodeSetLink(writer: MessageWriter, by: LinkRef, change: LinkChange): Uint8Array {
  writer.begin(rtm.setLink, request | ack);
  const { name, alias, group, ipv4, ipv6 } = change;
  if ('index' in by) {
    writeHeader(writer, { ...change, index: by.index });
    if (name !== undefined) writer.attributeString(ifla.name, name);
  } else writeReference(writer, by, change);
  writeOptions(writer, change);
  if (change.broadcastAddress !== undefined) {
    writer.attribute(ifla.broadcast, parseMacAddress(change.broadcastAddress));
  }
  if (alias !== undefined) writer.attribute(ifla.alias, text.encode(alias));
  if (group !== undefined) writer.attributeU32(ifla.group, group);
  writeLimits(writer, change);
  if (ipv4 !== undefined || ipv6 !== undefined) {
    const start = writer.start(ifla.afSpec);
    if (ipv4 !== undefined) writeIpv4Settings(writer, ipv4);
    if (ipv6?.addressGeneration !== undefined) writeIpv6Settings(writer, ipv6.addressGeneration);
    writer.end(start);
  }
  return writer.finish();
}

/** RTM_NEWLINKPROP and RTM_DELLINKPROP: alternative names, in IFLA_PROP_LIST. */
export function encodeChangeAltNames(
  writer: MessageWriter,
  by: LinkRef,
  { how, names }: { readonly how: 'add' | 'remove'; readonly names: readonly string[] },
): Uint8Array {
  const flags = request | ack | (how === 'add' ? create | append | exclusive : 0);
  writer.begin(how === 'add' ? rtm.newLinkProp : rtm.delLinkProp, flags);
  writeReference(writer, by);
  const start = writer.startNested(ifla.propList);
  for (const name of names) writer.attributeString(ifla.altName, name);
  return writer.end(start).finish();
}

function hasParent(link: NewLink): link is Extract<NewLink, { readonly mode: string }> {
  return 'parentIndex' in link && link.kind !== 'vxlan';
}

function writeReference(writer: MessageWriter, by: LinkRef, change: LinkChange = {}): void {
  writeHeader(writer, { ...change, index: 'index' in by ? by.index : 0 });
  if ('name' in by) writer.attributeString(ifla.name, by.name);
  else if ('altName' in by) writer.attributeString(ifla.altName, by.altName);
}

interface HeaderFields {
  readonly index: number;
  readonly up?: boolean | undefined;
  readonly promiscuous?: boolean;
  readonly allMulticast?: boolean;
  readonly addressResolution?: boolean;
}

/** struct ifinfomsg: u8 family, pad, u16 type; i32 index; u32 flags; u32 change (which of them count). */
function writeHeader(writer: MessageWriter, fields: HeaderFields): void {
  const { up, promiscuous, allMulticast, addressResolution } = fields;
  let [flags, change] = [0, 0];
  const set = (flag: number, value: boolean | undefined): void => {
    if (value === undefined) return;
    change |= flag;
    if (value) flags |= flag;
  };
  set(linkFlag.up, up);
  set(linkFlag.promiscuous, promiscuous);
  set(linkFlag.allMulticast, allMulticast);
  set(linkFlag.noArp, addressResolution === undefined ? undefined : !addressResolution);
  writer.u32(0).u32(fields.index).u32(flags).u32(change);
}

/** What a device driver is told of. */
function writeLimits(writer: MessageWriter, change: LinkChange): void {
  for (const [name, attribute] of limits) {
    const value = change[name];
    if (value !== undefined) writer.attributeU32(attribute, value);
  }
  const mode = change.linkMode;
  if (mode !== undefined) writer.attributeU8(ifla.linkMode, linkMode[mode]);
  for (const name of ['carrier', 'protocolDown'] as const) {
    const value = change[name];
    if (value !== undefined) writer.attributeU8(ifla[name], Number(value));
  }
}

const limits = [
  ['gsoMaxSize', ifla.gsoMaxSize],
  ['gsoMaxSegments', ifla.gsoMaxSegments],
  ['gsoIpv4MaxSize', iflaNewer.gsoIpv4MaxSize],
  ['groMaxSize', ifla.groMaxSize],
  ['groIpv4MaxSize', iflaNewer.groIpv4MaxSize],
] as const;

function writeCommon(writer: MessageWriter, link: NewLinkCommon): void {
  writeOptions(writer, link);
  if (link.txQueues !== undefined) writer.attributeU32(ifla.txQueues, link.txQueues);
  if (link.rxQueues !== undefined) writer.attributeU32(ifla.rxQueues, link.rxQueues);
  writer.attributeString(ifla.name, link.name);
}

function writeOptions(writer: MessageWriter, options: Partial<NewLinkCommon>): void {
  const { netns, macAddress, mtu, txQueueLength, masterIndex } = options;
  if (macAddress !== undefined) writer.attribute(ifla.address, parseMacAddress(macAddress));
  if (mtu !== undefined) writer.attributeU32(ifla.mtu, mtu);
  if (txQueueLength !== undefined) writer.attributeU32(ifla.txQueueLength, txQueueLength);
  if (masterIndex !== undefined) writer.attributeU32(ifla.master, masterIndex);
  if (netns !== undefined) {
    writer.attributeU32(ifla.netNsFd, typeof netns === 'number' ? netns : netns.fd);
  }
}

/** Not `up`: the kernel opens the peer before its other end exists, and refuses (ENOTCONN). */
function writePeer(writer: MessageWriter, peer: NewLinkCommon): void {
  const data = writer.start(linkInfo.data);
  const start = writer.start(vethInfo.peer);
  writeHeader(writer, { index: 0 });
  writeCommon(writer, peer);
  writer.end(start).end(data);
}

function writeIpv4Settings(writer: MessageWriter, ipv4: NonNullable<LinkChange['ipv4']>): void {
  const family = writer.start(addressFamily.ipv4);
  const settings = writer.start(inetConf);
  for (const [name, [index]] of Object.entries(ipv4Settings)) {
    const value = ipv4[name as keyof typeof ipv4];
    if (value !== undefined) writer.attributeU32(index, Number(value));
  }
  writer.end(settings).end(family);
}

function writeIpv6Settings(writer: MessageWriter, mode: keyof typeof addressGeneration): void {
  const family = writer.start(addressFamily.ipv6);
  writer.attributeU8(inet6.addressGenerationMode, addressGeneration[mode]).end(family);
}
