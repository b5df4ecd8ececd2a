import { encodeInetAddress, encodePacketAddress, openSocket } from '@truetuple/netlink';
import { internetPeer, privateIps, publicIps, type LeakWorld } from './fail-closed-world.ts';

/** An IPv4 packet that left the pod by eth0. */
export interface TappedPacket {
  readonly source: string;
  readonly protocol: 'udp' | 'tcp' | 'other';
  readonly text: string;
}

/** Sees every IPv4 packet that arrives at the node's end of eth0. */
export interface Eth0Tap extends Disposable {
  /**
   * The packets of an identity among all that left by eth0 until now: sends a packet of its own after
   * them and waits until that one has arrived.
   */
  leaked(): Promise<TappedPacket[]>;
  /** Waits for a leaked packet. */
  waitForLeak(matches: (packet: TappedPacket) => boolean): Promise<TappedPacket>;
}

const ethertypeIpv4 = 0x0800;
const identityAddresses: ReadonlySet<string> = new Set([...privateIps, ...publicIps]);

export function tapEth0(world: LeakWorld): Eth0Tap {
  const tap = openSocket({ domain: 'packet', type: 'raw', netns: world.node });
  tap.bind(encodePacketAddress({ linkIndex: world.eth0PeerIndex, protocol: ethertypeIpv4 }));
  // bound to no address: it leaves by eth0 whatever we do
  const fenceSocket = openSocket({ domain: 'inet', type: 'datagram', netns: world.pod });
  const seen: TappedPacket[] = [];
  const waiters = new Set<() => void>();
  const buffer = new Uint8Array(2048);
  tap.onReadable(() => {
    for (;;) {
      const received = tap.receive(buffer);
      if (received === undefined) break;
      seen.push(decode(buffer.subarray(0, received.length)));
    }
    for (const wake of waiters) wake();
  });
  const waitFor = (matches: (packet: TappedPacket) => boolean): Promise<TappedPacket> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = seen.find(matches);
        if (found === undefined) return;
        waiters.delete(look);
        resolve(found);
      };
      waiters.add(look);
      look();
    });
  let fences = 0;
  return {
    leaked: async () => {
      const fence = `fence ${fences++}`;
      fenceSocket.sendTo(Buffer.from(fence), encodeInetAddress(internetPeer, 9));
      await waitFor(({ text }) => text === fence);
      return seen.filter(({ source }) => identityAddresses.has(source));
    },
    waitForLeak: (matches) =>
      waitFor((packet) => identityAddresses.has(packet.source) && matches(packet)),
    [Symbol.dispose]: () => {
      tap.close();
      fenceSocket.close();
    },
  };
}

/** Ethernet, IPv4 (RFC 791), and the text after a UDP or TCP header. */
function decode(frame: Uint8Array): TappedPacket {
  const ip = frame.subarray(14);
  const headerLength = ((ip[0] ?? 0) & 0x0f) * 4;
  const payload = ip.subarray(headerLength);
  const protocol = ({ 6: 'tcp', 17: 'udp' } as const)[ip[9] ?? 0] ?? 'other';
  const offset = protocol === 'tcp' ? ((payload[12] ?? 0) >> 4) * 4 : 8;
  return {
    source: [...ip.subarray(12, 16)].join('.'),
    protocol,
    text: Buffer.from(payload.subarray(offset)).toString(),
  };
}
