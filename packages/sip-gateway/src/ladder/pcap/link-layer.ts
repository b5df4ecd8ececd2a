import { viewOf, type CapturedFrame } from './captured-frame.ts';

/** LINKTYPE_ values (tcpdump.org/linktypes.html); 12 and 14 are DLT_RAW of some systems, written as they are. */
const linkTypes = {
  null: 0,
  ethernet: 1,
  rawOfBsd: 12,
  rawOfOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

const vlanTags: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
const mostVlanTags = 4;

/** The IP packet within a frame; undefined when there is none, or when the link is of a kind that is not read. */
export function ipPacketOf({ linkType, bytes }: CapturedFrame): Uint8Array | undefined {
  switch (linkType) {
    case linkTypes.ethernet:
      return behindEtherType(bytes, 12);
    case linkTypes.linuxCooked:
      return behindEtherType(bytes, 14);
    case linkTypes.linuxCooked2:
      // the protocol stands first, the rest of the 20 bytes behind it
      return bytes.length < 20 ? undefined : behindType(viewOf(bytes).getUint16(0), bytes, 20);
    case linkTypes.null:
    case linkTypes.loop:
      // an address family in some byte order: the version in the packet says as much
      return asIp(bytes.subarray(4));
    case linkTypes.raw:
    case linkTypes.rawOfBsd:
    case linkTypes.rawOfOpenBsd:
    case linkTypes.ipv4:
    case linkTypes.ipv6:
      return asIp(bytes);
    default:
      return undefined;
  }
}

function behindEtherType(bytes: Uint8Array, at: number): Uint8Array | undefined {
  return bytes.length < at + 2 ? undefined : behindType(viewOf(bytes).getUint16(at), bytes, at + 2);
}

function behindType(type: number, bytes: Uint8Array, start: number): Uint8Array | undefined {
  let inner = type;
  let at = start;
  for (let tags = 0; vlanTags.has(inner) && tags < mostVlanTags; tags += 1) {
    if (at + 4 > bytes.length) return undefined;
    inner = viewOf(bytes).getUint16(at + 2);
    at += 4;
  }
  return inner === 0x0800 || inner === 0x86dd ? asIp(bytes.subarray(at)) : undefined;
}

function asIp(bytes: Uint8Array): Uint8Array | undefined {
  const version = (bytes[0] ?? 0) >> 4;
  return version === 4 || version === 6 ? bytes : undefined;
}
