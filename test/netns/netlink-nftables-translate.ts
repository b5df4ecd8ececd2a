import { encodeInetAddress, NetlinkError, openSocket, type NativeSocket } from '@truetuple/netlink';
import {
  encodeDatum,
  matchDestination,
  matchProtocol,
  matchSource,
  openNftables,
  writeDestination,
  writeSource,
  type Expression,
  type Nftables,
} from '@truetuple/netlink/nftables';
import type { NetlinkPair } from './netlink-pair.ts';

const own = '10.9.0.1';
const real = '10.9.0.2';
const shown = '203.0.113.9';
const table = { family: 'ip', table: 'one_to_one' } as const;
const notrack: Expression = { kind: 'notrack' };

/**
 * `here` sends to `shown`, which is translated 1:1 to the far side's address, to a closed port; then to an
 * open one. Gives the error that its socket heard before the answer from the open port, or "nothing".
 */
export async function translate(pair: NetlinkPair, mended: boolean): Promise<string> {
  await address(pair.netlink, pair.net1.index, own);
  const far1 = await pair.far.links.get({ name: 'far1' });
  await address(pair.far, far1?.index ?? 0, real);
  await pair.netlink.routes.add({ destination: `${shown}/32`, gateway: real });
  using nft = await openNftables({ netns: pair.here });
  await rules(nft, mended);
  using open = openSocket({ domain: 'inet', type: 'datagram', netns: pair.there });
  open.bind(encodeInetAddress(real, 5060));
  using caller = openSocket({ domain: 'inet', type: 'datagram', netns: pair.here });
  caller.connect(encodeInetAddress(shown, 5061));
  caller.send(Uint8Array.of(1));
  // Whatever the closed port had to say is there before the open one's answer comes by the same way.
  await echoed(pair, open);
  return heard(caller);
}

async function address(
  netlink: NetlinkPair['netlink'],
  linkIndex: number,
  ip: string,
): Promise<void> {
  await netlink.addresses.add({ linkIndex, address: `${ip}/24` });
}

async function rules(nft: Nftables, mended: boolean): Promise<void> {
  // In an ICMP error the packet it is about begins at 8; its destination lies 16 further on, and mending
  // that inner header's checksum, at 18, leaves ICMP's own as it was.
  const inner: Expression = {
    kind: 'payload-write',
    base: 'transport',
    offset: 24,
    length: 4,
    checksum: 'inet',
    checksumOffset: 18,
  };
  await nft.transaction((t) => {
    t.addTable(table);
    t.addChain({ ...table, chain: 'in', hook: { name: 'prerouting', priority: -300 } });
    t.addChain({ ...table, chain: 'out', hook: { name: 'postrouting', priority: 90 } });
    const atEntry = (expressions: readonly Expression[]): void =>
      t.addRule({ ...table, chain: 'in', expressions });
    if (mended) atEntry([...matchProtocol(1), ...matchSource(real), to(shown), inner]);
    atEntry([notrack, ...matchSource(real), to(shown), writeSource('ipv4')]);
    const leaving = [...matchDestination(shown), to(real), writeDestination('ipv4')];
    t.addRule({ ...table, chain: 'out', expressions: leaving });
  });
}

function to(ip: string): Expression {
  return { kind: 'immediate', value: encodeDatum('ipv4', ip) };
}

/** Resolves when a datagram through the translation has come back. */
async function echoed(pair: NetlinkPair, open: NativeSocket): Promise<void> {
  using prober = openSocket({ domain: 'inet', type: 'datagram', netns: pair.here });
  prober.connect(encodeInetAddress(shown, 5060));
  const arrived = readable(open);
  prober.send(Uint8Array.of(2));
  await arrived;
  const answered = readable(prober);
  const received = open.receive(new Uint8Array(8));
  if (received === undefined) throw new Error('the open port was readable, yet holds nothing');
  open.sendTo(Uint8Array.of(3), received.from);
  await answered;
  if (prober.receive(new Uint8Array(8)) === undefined) throw new Error('no answer came back');
}

function readable(socket: NativeSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.onReadable(() => {
      socket.wantReadable(false);
      resolve();
    });
    socket.wantReadable(true);
  });
}

function heard(socket: NativeSocket): string {
  try {
    return socket.receive(new Uint8Array(8)) === undefined ? 'nothing' : 'a datagram';
  } catch (error) {
    if (NetlinkError.is(error)) return error.code;
    throw error;
  }
}
