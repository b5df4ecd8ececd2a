import type { CapturedDatagram } from '../captured-datagram.ts';
import { captureInvalid, viewOf, type CapturedFrames } from './captured-frame.ts';
import { isClassicPcap, readClassicPcap } from './classic-pcap.ts';
import { readIpPacket, type IpPacket } from './ip-packet.ts';
import { ipPacketOf } from './link-layer.ts';
import { isPcapng, readPcapng } from './pcapng.ts';
import { Reassembly } from './reassembly.ts';

const udp = 17;

/**
 * The UDP datagrams of a capture file, in the order of their time: pcap and pcapng in either byte order; Ethernet, Linux
 * cooked (1 and 2), raw IP and BSD loopback links; VLAN tags; IPv4 and IPv6, fragments put together. What is something else is
 * passed over. A file that ends within a packet is read up to there.
 *
 * @throws GatewayError CaptureInvalid
 */
export function readPcap(bytes: Uint8Array): readonly CapturedDatagram[] {
  return readCapture(bytes).datagrams;
}

/** What a capture file holds of UDP. */
export interface Capture {
  /** In the order of their time. */
  readonly datagrams: readonly CapturedDatagram[];
  /** The byte at which the packet begins that the file ends within; undefined when it is whole. */
  readonly cutOffAt: number | undefined;
}

/** As {@link readPcap}, and says where the file ends early. */
export function readCapture(bytes: Uint8Array): Capture {
  const { frames, cutOffAt } = framesIn(bytes);
  const reassembly = new Reassembly();
  const datagrams: CapturedDatagram[] = [];
  for (const frame of frames) {
    const ip = ipPacketOf(frame);
    const packet = ip === undefined ? undefined : readIpPacket(ip);
    const whole = packet === undefined ? undefined : reassembly.take(packet);
    const datagram = whole === undefined ? undefined : readUdp(whole, frame.atMs);
    if (datagram !== undefined) datagrams.push(datagram);
  }
  return { datagrams: datagrams.toSorted((one, other) => one.atMs - other.atMs), cutOffAt };
}

function framesIn(bytes: Uint8Array): CapturedFrames {
  if (isClassicPcap(bytes)) return readClassicPcap(bytes);
  if (isPcapng(bytes)) return readPcapng(bytes);
  throw captureInvalid(0, 'neither pcap nor pcapng begins');
}

/** RFC 768. */
function readUdp(packet: IpPacket, atMs: number): CapturedDatagram | undefined {
  const { protocol, payload: segment, source, destination } = packet;
  if (protocol !== udp || segment.length < 8) return undefined;
  const view = viewOf(segment);
  const length = view.getUint16(4);
  if (length < 8 && length !== 0) return undefined;
  return {
    atMs,
    source: { address: source, port: view.getUint16(0) },
    destination: { address: destination, port: view.getUint16(2) },
    payload: segment.subarray(8, length === 0 ? segment.length : length),
  };
}
