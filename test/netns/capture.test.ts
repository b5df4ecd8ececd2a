import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, LabError, openUdpPeer, tcpConnectIn, tcpListenIn } from '@truetuple/lab';
import {
  createNetworkNamespace,
  encodeInetAddress,
  openNetlink,
  openSocket,
  type NetworkNamespace,
} from '@truetuple/netlink';
import { describe, expect, it, onTestFinished } from 'vitest';
import { settleSysctls } from '../lab/src/box/sysctl.ts';
import { findProgram } from '../lab/src/socket/find-program.ts';
import { boxIsMissing } from './box-is-missing.ts';

const tshark = findProgram('tshark');
if (tshark === undefined && process.env['CI'] === 'true') {
  throw new Error('tshark is missing: apt-get install tshark');
}

describe.skipIf(boxIsMissing)('capture', () => {
  it('shows both directions of a link, and tells them apart', async () => {
    const [here, there] = await wire();
    await using callee = await openUdpPeer({ namespace: there, ...at('10.9.0.2'), echo: true });
    await using caller = await openUdpPeer({ namespace: here, ...at('10.9.0.1') });
    using captured = await capture(here, 'wire', {
      filter: ({ frame }) => frame.network.kind === 'ipv4',
    });
    await caller.send(callee.tuple, 'call');
    await caller.receive(0, 5000);
    await captured.waitFor(({ direction }) => direction === 'incoming', 5000);
    expect(captured.packets.map(({ direction }) => direction)).toEqual(['outgoing', 'incoming']);
    expect(captured.kernelDrops()).toBe(0);
  });

  it('says what it saw instead when a packet does not come, and when it is closed meanwhile', async () => {
    const [here] = await wire();
    using captured = await capture(here, 'wire');
    await expect(captured.waitFor(() => false, 20)).rejects.toThrow(/no such packet within 20 ms/);
    const waiting = captured.waitFor(() => false, 5000);
    captured.close();
    await expect(waiting).rejects.toSatisfy(
      (error) => LabError.is(error) && error.code === 'Closed',
    );
    await expect(capture(here, 'nowhere')).rejects.toThrow(/no link nowhere/);
  });

  it('outlives its link going down', async () => {
    const [here, there] = await wire();
    using captured = await capture(here, 'wire');
    using netlink = await openNetlink({ netns: here });
    const uncaught: unknown[] = [];
    const note = (error: unknown): number => uncaught.push(error);
    process.on('uncaughtException', note);
    onTestFinished(() => void process.off('uncaughtException', note));
    await netlink.links.set({ name: 'wire' }, { up: false });
    await netlink.links.set({ name: 'wire' }, { up: true });
    await using callee = await openUdpPeer({ namespace: there, ...at('10.9.0.2') });
    await using caller = await openUdpPeer({ namespace: here, ...at('10.9.0.1') });
    const seen = captured.packets.length;
    await caller.send(callee.tuple, 'call');
    await captured.waitFor((packet) => captured.packets.indexOf(packet) >= seen, 5000);
    expect(uncaught).toEqual([]);
  });

  it('counts what the kernel had to drop: nothing is lost in silence', async () => {
    const [here, there] = await wire();
    await using sink = await openUdpPeer({ namespace: there, ...at('10.9.0.2') });
    await using caller = await openUdpPeer({ namespace: here, ...at('10.9.0.1') });
    await caller.send(sink.tuple, 'so that ARP is done');
    await sink.receive(0, 5000);
    using captured = await capture(here, 'wire');
    const count = 40_000;
    flood(here, sink.tuple, count);
    const drops = captured.kernelDrops();
    expect(drops).toBeGreaterThan(0);
    expect(captured.packets.length + drops).toBeGreaterThanOrEqual(count);
  });

  it.skipIf(tshark === undefined)(
    'writes what tshark reads: same tuples, sizes and stamps',
    async () => {
      const [here, there] = await wire();
      const directory = mkdtempSync(join(tmpdir(), 'capture-'));
      onTestFinished(() => rmSync(directory, { recursive: true }));
      const file = join(directory, 'wire.pcap');
      const began = Date.now() / 1000;
      using captured = await capture(here, 'wire', { file });
      await using callee = await openUdpPeer({ namespace: there, ...at('10.9.0.2'), echo: true });
      await using caller = await openUdpPeer({ namespace: here, ...at('10.9.0.1') });
      await caller.send(callee.tuple, Buffer.alloc(4000, 'a'));
      await caller.receive(0, 5000);
      await captured.waitFor(
        ({ direction, frame: { network } }) =>
          direction === 'incoming' && network.kind === 'ipv4' && network.isFragment,
        5000,
      );
      captured.close();
      const fields = ['frame.time_epoch', 'ip.src', 'udp.srcport', 'udp.dstport', 'udp.length'];
      const text = execFileSync(
        tshark ?? '',
        ['-r', file, '-Y', 'udp', '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      );
      const rows = text
        .trim()
        .split('\n')
        .map((line) => line.split('\t'));
      expect(rows.map((row) => row.slice(1))).toEqual([
        ['10.9.0.1', '5060', '5060', '4008'],
        ['10.9.0.2', '5060', '5060', '4008'],
      ]);
      for (const [stamp] of rows) {
        expect(Number(stamp)).toBeGreaterThanOrEqual(began);
        expect(Number(stamp)).toBeLessThanOrEqual(Date.now() / 1000 + 1);
      }
    },
  );

  it('sees a TCP connection set up and torn down', async () => {
    const [here, there] = await wire();
    using captured = await capture(here, 'wire');
    const server = await tcpListenIn(there, '10.9.0.2', 80, (socket) => socket.resume().end('hi'));
    const from = { address: '10.9.0.1', port: 40_000 };
    const socket = await tcpConnectIn(here, { from, to: { address: '10.9.0.2', port: 80 } });
    socket.resume();
    await once(socket, 'close');
    const has = (flag: 'SYN' | 'FIN') =>
      captured.waitFor(
        ({ direction, frame: { network } }) =>
          direction === 'incoming' &&
          network.kind === 'ipv4' &&
          network.transport.kind === 'tcp' &&
          network.transport.destinationPort === 40_000 &&
          network.transport.flags.includes(flag),
        5000,
      );
    await has('SYN');
    await has('FIN');
    server.close();
    await once(server, 'close');
  });
});

function at(address: string): { readonly address: string; readonly port: number } {
  return { address, port: 5060 };
}

/** Two namespaces with a veth called `wire` between them. */
async function wire(): Promise<readonly [NetworkNamespace, NetworkNamespace]> {
  const both = [createNetworkNamespace(), createNetworkNamespace()] as const;
  both.forEach(settleSysctls);
  onTestFinished(() => both.forEach((namespace) => namespace.close()));
  using first = await openNetlink({ netns: both[0] });
  using second = await openNetlink({ netns: both[1] });
  await first.links.add({ kind: 'veth', name: 'wire', peer: { name: 'wire', netns: both[1] } });
  for (const [netlink, address] of [
    [first, '10.9.0.1/24'],
    [second, '10.9.0.2/24'],
  ] as const) {
    const link = await netlink.links.get({ name: 'wire' });
    await netlink.links.set({ name: 'lo' }, { up: true });
    await netlink.links.set({ name: 'wire' }, { up: true });
    await netlink.addresses.add({ linkIndex: link?.index ?? 0, address });
  }
  return both;
}

/** Sends without letting this process read in between. */
function flood(namespace: NetworkNamespace, to: string, count: number): void {
  using socket = openSocket({ domain: 'inet', type: 'datagram', netns: namespace });
  const [address = '', port] = to.split(':');
  socket.connect(encodeInetAddress(address, Number(port)));
  const payload = Buffer.alloc(64);
  for (let sent = 0; sent < count; sent += 1) socket.send(payload);
}
