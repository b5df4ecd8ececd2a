import { udpDatagram } from '../../capture/udp-datagram.ts';
import { join } from 'node:path';
import type { Transport } from '@truetuple/sip-engine';
import { boxAddresses } from '../../box/topology.ts';
import type { VpcBox } from '../../box/vpc-box.ts';
import { capture, type Capture, type CapturedPacket } from '../../capture/capture.ts';
import { LabError } from '../../errors.ts';
import { SipUserAgent } from '../../peers/sip-user-agent.ts';
import { socketTransport } from '../../peers/socket-transport.ts';
import { udpIn } from '../../socket/udp-in.ts';
import type { Phones, Recording } from '../calls/phones.ts';
import { nominalPorts } from '../pod/pod-traffic.ts';
import type { PeerClass } from '../traffic/flow.ts';

const hosts = {
  internet: { host: 'peer', linkName: 'pe0', address: boxAddresses.peer, user: 'peer' },
  vpc: { host: 'client', linkName: 'eth0', address: boxAddresses.client, user: 'client' },
} as const;

export interface KernelPhonesOptions {
  /** Undefined: captures are not kept. */
  readonly directory: string | undefined;
}

/** A SIP user agent on each far side's host, and captures of the links of both. */
export async function openKernelPhones(box: VpcBox, options: KernelPhonesOptions): Promise<Phones> {
  await using opened = new AsyncDisposableStack();
  const { directory } = options;
  const agent = async (peer: PeerClass): Promise<SipUserAgent> => {
    const { host, address, user } = hosts[peer];
    const bind = async (port: number): Promise<Transport> => {
      const socket = await udpIn(box.namespaces[host], address, port);
      // a user agent closes it too; twice is once
      return opened.adopt(socketTransport(socket), async (each) => each.close());
    };
    const sip = await bind(nominalPorts.sip);
    const rtp = await bind(nominalPorts.rtp);
    return opened.use(new SipUserAgent({ user, sip, rtp }));
  };
  const agents = { internet: await agent('internet'), vpc: await agent('vpc') };
  const resources = opened.move();
  return {
    agents,
    record: (call) => recordLinks(box, call, directory),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function recordLinks(
  box: VpcBox,
  call: string,
  directory: string | undefined,
): Promise<Recording> {
  const fileOf = (peer: PeerClass): string => `${call}-${hosts[peer].host}.pcap`;
  const open = async (peer: PeerClass): Promise<Capture> => {
    const { host, linkName } = hosts[peer];
    return capture(box.namespaces[host], linkName, {
      filter: (packet) => udpDatagram(packet) !== undefined,
      ...(directory === undefined ? {} : { file: join(directory, fileOf(peer)) }),
    });
  };
  const [internet, vpc] = await Promise.all([open('internet'), open('vpc')]);
  const captures = { internet, vpc };
  const countDropped = async (): Promise<number> => (await box.dataPlane.counters()).no_dst;
  const before = await countDropped();
  return {
    seen: (peer) => captures[peer].packets.map(udpDatagram).filter((seen) => seen !== undefined),
    until: async (peer, matches, timeoutMs) => {
      const isIt = (packet: CapturedPacket): boolean => {
        const seen = udpDatagram(packet);
        return seen !== undefined && matches(seen);
      };
      return captures[peer].waitFor(isIt, timeoutMs).then(yes, noInTime);
    },
    file: fileOf,
    dropped: async () => (await countDropped()) - before,
    [Symbol.dispose]: () => {
      internet.close();
      vpc.close();
    },
  };
}

function yes(): boolean {
  return true;
}

function noInTime(error: unknown): boolean {
  if (LabError.is(error) && error.code === 'TimedOut') return false;
  throw error;
}
