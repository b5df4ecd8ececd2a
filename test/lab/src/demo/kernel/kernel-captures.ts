import { udpDatagram, type UdpDatagram } from '../../capture/udp-datagram.ts';
import { join } from 'node:path';
import type { NetworkNamespace } from '@truetuple/netlink';
import { capture, type Capture, type CapturedPacket } from '../../capture/capture.ts';
import { LabError } from '../../errors.ts';
import { decodePayload } from '../traffic/payload.ts';
import { Tally, type FlowTally } from '../traffic/tally.ts';

/** Longest wait for a packet that an application already has, or that is lost. */
const captureTimeoutMs = 500;

/** A captured link, with the name its file has in `--pcap`. */
export interface LinkCapture extends Disposable {
  readonly file: string;
  /** What passed of a flow, in either direction; waits until `atLeast` packets have. */
  tallyOf(flow: string, atLeast: number): Promise<FlowTally>;
  /** Frames that the kernel dropped because they were not read in time. */
  drops(): number;
}

export interface LinkToCapture {
  readonly file: string;
  readonly namespace: NetworkNamespace;
  readonly linkName: string;
  /** Undefined: nothing is kept. */
  readonly directory: string | undefined;
}

/** Captures the demo's packets on a link from now on, through AF_PACKET. */
export async function captureLink(link: LinkToCapture): Promise<LinkCapture> {
  const { directory, file } = link;
  const opened = await capture(link.namespace, link.linkName, {
    filter: (packet) => readDemoPacket(packet) !== undefined,
    ...(directory === undefined ? {} : { file: join(directory, file) }),
  });
  return {
    file,
    tallyOf: (flow, atLeast) => tallyCaptured(opened, flow, atLeast),
    drops: () => opened.kernelDrops(),
    [Symbol.dispose]: () => opened.close(),
  };
}

async function tallyCaptured(opened: Capture, flow: string, atLeast: number): Promise<FlowTally> {
  const tally = new Tally();
  const isEnough = (packet: CapturedPacket): boolean => {
    const read = readDemoPacket(packet);
    if (read !== undefined) tally.count(read.payload, read.source);
    return tally.of(flow).packets >= atLeast;
  };
  if (atLeast > 0) await opened.waitFor(isEnough, captureTimeoutMs).catch(ignoreTimeout);
  // whatever else of the flow is in by now belongs to the picture too
  const whole = new Tally();
  for (const packet of opened.packets) {
    const read = readDemoPacket(packet);
    if (read !== undefined) whole.count(read.payload, read.source);
  }
  return whole.of(flow);
}

function ignoreTimeout(error: unknown): void {
  if (!LabError.is(error) || error.code !== 'TimedOut') throw error;
}

/** A datagram of the demo's own traffic. */
function readDemoPacket(packet: CapturedPacket): UdpDatagram | undefined {
  const datagram = udpDatagram(packet);
  return datagram === undefined || decodePayload(datagram.payload) === undefined
    ? undefined
    : datagram;
}
