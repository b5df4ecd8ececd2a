import { once } from 'node:events';
import net from 'node:net';
import { capture, type CapturedPacket } from '@truetuple/lab';
import {
  encodeInetAddress,
  NetlinkError,
  openSocket,
  type NativeSocket,
  type NetworkNamespace,
} from '@truetuple/netlink';
import { openNftables } from '@truetuple/netlink/nftables';
import { describe, expect, it } from 'vitest';
import type { Cidr } from '../../packages/core/src/identity/address.ts';
import type { DeliveryPlan } from '../../packages/core/src/identity/delivery.ts';
import { deliveryTableName } from '../../packages/core/src/kernel/delivery-table.ts';
import { patienceMs } from './tuple-matrix-hosts.ts';
import { whyNoNamespaces } from './netns-rights.ts';
import {
  internetPeer,
  pathMtu,
  pathWorld,
  privateIp,
  publicIp,
  vpcPeer,
  type PathWorld,
} from './path-mtu-world.ts';

const translate: DeliveryPlan = {
  delivery: 'translate',
  routedCidrs: ['10.0.1.0/24' as Cidr],
};
const port = 5060;
/** include/uapi/linux/in.h */
const solIp = 0;
const mtuDiscover = 10;
const [dontDiscover, alwaysDiscover] = [0, 2];
const mtuOption = 14;

interface Place {
  readonly netns: NetworkNamespace;
  readonly address: string;
  readonly port: number;
}

function connected(from: Place, to: Omit<Place, 'netns'>, discover = alwaysDiscover): NativeSocket {
  const socket = openSocket({ domain: 'inet', type: 'datagram', netns: from.netns });
  socket.setOption(solIp, mtuDiscover, discover);
  socket.bind(encodeInetAddress(from.address, from.port));
  socket.connect(encodeInetAddress(to.address, to.port));
  return socket;
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

/** What the socket has heard by now: an errno, how many bytes a datagram has, or nothing. */
function heard(socket: NativeSocket): string | number {
  try {
    return socket.receive(new Uint8Array(65_536))?.length ?? 'nothing';
  } catch (error) {
    if (NetlinkError.is(error)) return error.code;
    throw error;
  }
}

async function hears(socket: NativeSocket): Promise<string | number> {
  await readable(socket);
  return heard(socket);
}

/** A datagram there and back: whatever errors earlier ones met on that way are there by then. */
async function thereAndBack(world: PathWorld): Promise<void> {
  using near = connected({ ...podSocket(world), port: 7000 }, { ...farSocket(world), port: 7000 });
  using far = connected({ ...farSocket(world), port: 7000 }, { ...seen, port: 7000 });
  near.send(new Uint8Array(1));
  expect(await hears(far)).toBe(1);
  far.send(new Uint8Array(2));
  expect(await hears(near)).toBe(2);
}

/** The table as it would be without the part that is about ICMP errors. */
async function leaveIcmpAlone({ pod }: PathWorld): Promise<number> {
  using nft = await openNftables({ netns: pod });
  const rules = await nft.rules.list({ family: 'ip', table: deliveryTableName(publicIp) });
  const icmp = rules.filter(({ expressions }) => expressions.some(({ kind }) => kind === 'range'));
  await nft.transaction((t) => icmp.forEach((rule) => t.deleteRule(rule)));
  return icmp.length;
}

function isReset({ frame: { network } }: CapturedPacket): boolean {
  return (
    network.kind === 'ipv4' &&
    network.transport.kind === 'tcp' &&
    network.transport.flags.includes('RST')
  );
}

/** RFC 1071; 0 over a part whose own checksum, which it includes, is right. */
function checksumOver(bytes: Uint8Array): number {
  let sum = 0;
  for (const [at, byte] of bytes.entries()) sum += at % 2 === 0 ? byte * 256 : byte;
  return 0xffff - (((sum - 1) % 0xffff) + 1);
}

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const podSocket = ({ pod }: PathWorld): Place => ({ netns: pod, address: privateIp, port });
const farSocket = ({ peer }: PathWorld): Place => ({ netns: peer, address: vpcPeer, port });
const seen = { address: publicIp, port };

describe.skipIf(reason !== undefined)(`path MTU and ICMP errors with translate${needs}`, () => {
  it.each([true, false])(
    'a socket learns the path MTU of 1400 bytes only when what the error quotes is translated: %s',
    async (isTranslated) => {
      using world = await pathWorld(translate);
      if (!isTranslated) expect(await leaveIcmpAlone(world)).toBe(4);
      using socket = connected(podSocket(world), farSocket(world));
      socket.send(new Uint8Array(3000));
      await thereAndBack(world);
      expect(heard(socket)).toBe(isTranslated ? 'EMSGSIZE' : 'nothing');
      expect(socket.getOption(solIp, mtuOption)).toBe(isTranslated ? pathMtu : 9001);
    },
  );

  it.each([true, false])(
    'a refusal by the peer reaches the socket only when what it quotes is translated: %s',
    async (isTranslated) => {
      using world = await pathWorld(translate);
      if (!isTranslated) await leaveIcmpAlone(world);
      using socket = connected(podSocket(world), { ...farSocket(world), port: 9 });
      socket.send(new Uint8Array(10));
      await thereAndBack(world);
      expect(heard(socket)).toBe(isTranslated ? 'ECONNREFUSED' : 'nothing');
    },
  );

  it.each([true, false])(
    'a refusal by the pod reaches a peer only when what it quotes is translated: %s',
    async (isTranslated) => {
      using world = await pathWorld(translate);
      if (!isTranslated) await leaveIcmpAlone(world);
      using caller = connected({ ...farSocket(world), port: 5070 }, { ...seen, port: 9 });
      caller.send(new Uint8Array(10));
      await thereAndBack(world);
      expect(heard(caller)).toBe(isTranslated ? 'ECONNREFUSED' : 'nothing');
    },
  );

  it('an error that the pod sends is right in each of its checksums', async () => {
    using world = await pathWorld(translate);
    using wire = await capture(world.router, 'r0');
    using caller = connected({ ...farSocket(world), port: 5070 }, { ...seen, port: 9 });
    caller.send(new Uint8Array(11));
    const { bytes } = await wire.waitFor(
      ({ direction, frame: { network } }) =>
        direction === 'incoming' &&
        network.kind === 'ipv4' &&
        network.transport.kind === 'icmp' &&
        network.transport.type === 3,
      patienceMs,
    );
    const [header, message, quoted] = [bytes.slice(14, 34), bytes.slice(34), bytes.slice(42, 62)];
    expect(header.slice(12, 16).join('.')).toBe(publicIp);
    expect(quoted.slice(16, 20).join('.')).toBe(publicIp);
    expect([header, message, quoted].map(checksumOver)).toEqual([0, 0, 0]);
  });

  it('300,000 bytes of TCP pass a path of 1400 bytes, though both ends offer more', async () => {
    using world = await pathWorld(translate);
    const listening = openSocket({ domain: 'inet', type: 'stream', netns: world.peer });
    listening.bind(encodeInetAddress(vpcPeer, port));
    listening.listen(1);
    const server = net.createServer().listen({ fd: listening.detach() });
    const native = openSocket({ domain: 'inet', type: 'stream', netns: world.pod });
    native.bind(encodeInetAddress(privateIp, port));
    const accepted = once(server, 'connection');
    native.connect(encodeInetAddress(vpcPeer, port));
    const [connection] = (await accepted) as [net.Socket];
    expect(connection.remoteAddress).toBe(publicIp);
    const client = new net.Socket({ fd: native.detach() });
    client.end(Buffer.alloc(300_000));
    let received = 0;
    for await (const chunk of connection as AsyncIterable<Buffer>) received += chunk.length;
    expect(received).toBe(300_000);
    client.destroy();
    server.close();
  });

  it('limit: a VPC peer that calls the private address by TCP is answered from the public one, and refuses that', async () => {
    using world = await pathWorld(translate);
    using wire = await capture(world.router, 'r0');
    using listening = openSocket({ domain: 'inet', type: 'stream', netns: world.pod });
    listening.bind(encodeInetAddress(privateIp, port));
    listening.listen(1);
    using caller = openSocket({ domain: 'inet', type: 'stream', netns: world.peer });
    caller.connect(encodeInetAddress(privateIp, port));
    const { frame } = await wire.waitFor(isReset, patienceMs);
    expect(frame.network).toMatchObject({ source: vpcPeer, destination: publicIp });
  });

  it('a datagram of 4000 bytes arrives whole in both directions, in fragments', async () => {
    using world = await pathWorld(translate);
    using far = connected(farSocket(world), seen, dontDiscover);
    using socket = connected(podSocket(world), farSocket(world), dontDiscover);
    socket.send(new Uint8Array(4000));
    expect(await hears(far)).toBe(4000);
    far.send(new Uint8Array(1300));
    expect(await hears(socket)).toBe(1300);
  });
});

describe.skipIf(reason !== undefined)(`what leaves net1, in size${needs}`, () => {
  it.each<DeliveryPlan>([{ delivery: 'both' }, translate, { delivery: 'dnat' }])(
    '$delivery: at most 1500 bytes towards the Internet, jumbo inside the VPC',
    async (plan) => {
      using world = await pathWorld(plan);
      using wire = await capture(world.router, 'r0');
      for (const to of [internetPeer, vpcPeer]) {
        using socket = connected(podSocket(world), { address: to, port }, dontDiscover);
        socket.send(new Uint8Array(3000));
      }
      await wire.waitFor(({ bytes }) => bytes.length === 14 + 20 + 8 + 3000, patienceMs);
      const sizes = wire.packets.flatMap(({ bytes, direction, frame: { network } }) =>
        direction === 'incoming' && network.kind === 'ipv4'
          ? [`${network.destination} ${bytes.length - 14}`]
          : [],
      );
      expect(sizes).toEqual([
        `${internetPeer} 1500`,
        `${internetPeer} 1500`,
        `${internetPeer} 68`,
        `${vpcPeer} 3028`,
      ]);
    },
  );
});
