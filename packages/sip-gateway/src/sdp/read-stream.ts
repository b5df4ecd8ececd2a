import { isIpv4Address, type Ipv4Address } from '../address.ts';
import { invalidSdp } from './sdp-lines.ts';
import type { Direction, Endpoint, StreamDescription } from './stream-description.ts';

/** A session or media part as sdp-transform returns it. */
export type SdpTree = Readonly<Record<string, unknown>>;

const directions: readonly unknown[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
const rtpProtocol = /^(?:UDP\/TLS\/)?RTP\/S?AVPF?$/;
const payloadTypes = /^(?:\d|[1-9]\d|1[01]\d|12[0-7])(?: (?:\d|[1-9]\d|1[01]\d|12[0-7]))*$/;

/**
 * One m= line with what stands below it and, for what it leaves out, the session part.
 *
 * @throws GatewayError SdpInvalid
 */
export function readStream(media: SdpTree, session: SdpTree, at: number): StreamDescription {
  const name = media['type'];
  const { port, protocol } = media;
  const isNamed = typeof name === 'string' && name !== '' && typeof protocol === 'string';
  if (!isNamed || protocol === '' || typeof port !== 'number' || port > 65_535) {
    throw invalidSdp(`m= line ${at + 1} has no media type, one port, and protocol`);
  }
  if (port === 0) return { kind: 'disabled', media: name };
  const transport = transportOf(media);
  if (transport === undefined) {
    const because = `m= line ${at + 1} is ${protocol}, not RTP or UDPTL over UDP`;
    return { kind: 'refused', media: name, because };
  }
  const address = readConnection(media['connection'] ?? session['connection'], at);
  if (typeof address !== 'string') {
    return { kind: 'refused', media: name, because: address.because };
  }
  const held = address === '0.0.0.0';
  const direction = readDirection(media['direction'] ?? session['direction']);
  return {
    kind: 'relayed',
    media: name,
    transport,
    rtp: held ? undefined : { address, port },
    rtcp: held || transport === 'udptl' ? undefined : readRtcp(media['rtcp'], { address, port }),
    rtcpMux: media['rtcpMux'] !== undefined,
    direction: held ? holding(direction) : direction,
  };
}

function transportOf(media: SdpTree): 'rtp' | 'udptl' | undefined {
  const { protocol, payloads } = media;
  const formats = typeof payloads === 'number' ? String(payloads) : payloads;
  if (typeof protocol !== 'string' || typeof formats !== 'string') return undefined;
  if (rtpProtocol.test(protocol.toUpperCase()) && payloadTypes.test(formats.trimEnd()))
    return 'rtp';
  if (protocol.toLowerCase() === 'udptl' && formats.toLowerCase() === 't38') return 'udptl';
  return undefined;
}

function readConnection(connection: unknown, at: number): Ipv4Address | { because: string } {
  if (typeof connection !== 'object' || connection === null) {
    throw invalidSdp(`m= line ${at + 1} has no c= line, and neither has the session`);
  }
  const { version, ip } = connection as { version?: unknown; ip?: unknown };
  const where = `m= line ${at + 1} wants its media at ${String(ip)}`;
  if (version === 6) return { because: `${where}; IPv6 is not relayed yet` };
  if (typeof ip !== 'string' || !isIpv4Address(ip)) {
    return { because: `${where}, which is not the IPv4 address of one host` };
  }
  return ip;
}

/** RFC 3605: a=rtcp names the port, and maybe the address; without it RTCP is one port up. */
function readRtcp(rtcp: unknown, rtp: Endpoint): Endpoint | undefined {
  const { port, address } = (rtcp ?? {}) as { port?: unknown; address?: unknown };
  const told = typeof port === 'number' && port > 0 ? port : rtp.port + 1;
  if (told > 65_535) return undefined;
  const named = typeof address === 'string' && isIpv4Address(address) ? address : rtp.address;
  return { address: named, port: told };
}

function readDirection(direction: unknown): Direction {
  return directions.includes(direction) ? (direction as Direction) : 'sendrecv';
}

/** What c=0.0.0.0 meant before RFC 3264: do not send to me. */
function holding(direction: Direction): Direction {
  return direction === 'sendrecv' || direction === 'sendonly' ? 'sendonly' : 'inactive';
}
