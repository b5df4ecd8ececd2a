import type { NetworkNamespace } from '../network-namespace.ts';
import { messageFlag } from '../schema/netlink.ts';
import { addressFamily, rtm } from '../schema/rtnetlink.ts';
import {
  ifla,
  inetConf,
  ipv4Settings,
  ipvlanFlag,
  ipvlanMode,
  linkFlag,
  linkInfo,
  macvlanMode,
  skipStatistics,
} from '../schema/link.ts';
import { parseMacAddress } from '../wire/mac-address.ts';
import type { MessageWriter } from '../wire/message-writer.ts';
import type { LinkChange, LinkRef, NewLink } from './link.ts';

const { request, ack, dump, create, exclusive } = messageFlag;
const text = new TextEncoder();

export function encodeListLinks(writer: MessageWriter): Uint8Array {
  writeHeader(writer.begin(rtm.getLink, request | dump), 0);
  return writer.attributeU32(ifla.extendedMask, skipStatistics).finish();
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
  writeHeader(writer, 0, link.up);
  writeCommon(writer, link);
  if (link.kind === 'macvlan' || link.kind === 'ipvlan') {
    writer.attributeU32(ifla.link, link.parentIndex);
  }
  const info = writer.start(ifla.linkInfo);
  writer.attribute(linkInfo.kind, text.encode(link.kind));
  writeKindData(writer, link);
  return writer.end(info).finish();
}

/** A rename needs the index: the name attribute then holds the new one. */
export function encodeSetLink(writer: MessageWriter, by: LinkRef, change: LinkChange): Uint8Array {
  writer.begin(rtm.setLink, request | ack);
  const { name, ipv4, masterIndex } = change;
  writeHeader(writer, 'index' in by ? by.index : 0, change.up);
  if (!('index' in by)) writer.attributeString(ifla.name, by.name);
  else if (name !== undefined) writer.attributeString(ifla.name, name);
  writeOptions(writer, change);
  if (masterIndex !== undefined) writer.attributeU32(ifla.master, masterIndex);
  if (ipv4 !== undefined) writeIpv4Settings(writer, ipv4);
  return writer.finish();
}

function writeReference(writer: MessageWriter, by: LinkRef): void {
  writeHeader(writer, 'index' in by ? by.index : 0);
  if ('name' in by) writer.attributeString(ifla.name, by.name);
}

function writeHeader(writer: MessageWriter, index: number, up?: boolean): void {
  writer.u32(0).u32(index);
  writer.u32(up === true ? linkFlag.up : 0).u32(up === undefined ? 0 : linkFlag.up);
}

interface Options {
  readonly netns?: NetworkNamespace | number;
  readonly macAddress?: string;
  readonly mtu?: number;
}

function writeCommon(writer: MessageWriter, link: Options & { readonly name: string }): void {
  writeOptions(writer, link);
  writer.attributeString(ifla.name, link.name);
}

function writeOptions(writer: MessageWriter, { netns, macAddress, mtu }: Options): void {
  if (macAddress !== undefined) writer.attribute(ifla.address, parseMacAddress(macAddress));
  if (mtu !== undefined) writer.attributeU32(ifla.mtu, mtu);
  if (netns !== undefined) {
    writer.attributeU32(ifla.netNsFd, typeof netns === 'number' ? netns : netns.fd);
  }
}

function writeKindData(writer: MessageWriter, link: NewLink): void {
  if (link.kind === 'bridge' || link.kind === 'dummy') return;
  const data = writer.start(linkInfo.data);
  switch (link.kind) {
    case 'veth': {
      const peer = writer.start(linkInfo.vethPeer);
      // Not `up`: the kernel opens the peer before its other end exists, and refuses (ENOTCONN).
      writeHeader(writer, 0);
      writeCommon(writer, link.peer);
      writer.end(peer);
      break;
    }
    case 'macvlan':
      writer.attributeU32(linkInfo.macvlanMode, macvlanMode[link.mode]);
      break;
    case 'ipvlan':
      writer.attributeU16(linkInfo.ipvlanMode, ipvlanMode[link.mode]);
      writer.attributeU16(linkInfo.ipvlanFlags, ipvlanFlag[link.flags ?? 'bridge']);
      break;
    default:
      link satisfies never;
  }
  writer.end(data);
}

function writeIpv4Settings(writer: MessageWriter, ipv4: NonNullable<LinkChange['ipv4']>): void {
  const afSpec = writer.start(ifla.afSpec);
  const family = writer.start(addressFamily.ipv4);
  const settings = writer.start(inetConf);
  for (const [name, { index }] of Object.entries(ipv4Settings)) {
    const value = ipv4[name as keyof typeof ipv4];
    if (value !== undefined) writer.attributeU32(index, Number(value));
  }
  writer.end(settings).end(family).end(afSpec);
}
