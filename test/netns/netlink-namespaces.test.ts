import { execFileSync } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { Worker } from 'node:worker_threads';
import {
  createNetworkNamespace,
  decodeInetAddress,
  deleteNetworkNamespace,
  encodeInetAddress,
  encodePacketAddress,
  listNetworkNamespaces,
  openNetlink,
  openNetworkNamespace,
  openSocket,
  type NetworkNamespace,
} from '@truetuple/netlink';
import { describe, expect, it } from 'vitest';
import { linkNamed, openPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const name = `truetuple-test-${String(process.pid)}`;

async function withLoopback(netns: NetworkNamespace): Promise<void> {
  using netlink = await openNetlink({ netns });
  await netlink.links.set({ name: 'lo' }, { up: true });
}

describe.skipIf(reason !== undefined)(`network namespaces${needs}`, () => {
  it('an anonymous one is another namespace, with a path that other processes can enter', async () => {
    using netns = createNetworkNamespace();
    expect(netns.inode).not.toBe(fs.statSync('/proc/self/ns/net').ino);
    expect(netns.name).toBe(undefined);
    expect(fs.statSync(netns.path).ino).toBe(netns.inode);
    const shown = execFileSync('nsenter', [`--net=${netns.path}`, 'readlink', '/proc/self/ns/net']);
    expect(shown.toString().trim()).toBe(`net:[${String(netns.inode)}]`);
    using again = openNetworkNamespace(netns.path);
    expect(again.inode).toBe(netns.inode);
    expect(listNetworkNamespaces()).not.toContain(netns.path);
  });

  it('a netlink goes on when the namespace it was opened with is closed', async () => {
    const netns = createNetworkNamespace();
    using netlink = await openNetlink({ netns });
    netns.close();
    netns.close();
    await netlink.links.add({ kind: 'bridge', name: 'br0' });
    const watch = netlink.watch(['link'], () => undefined);
    expect(await netlink.links.get({ name: 'br0' })).toMatchObject({ kind: 'bridge' });
    watch.close();
    expect(() => netns.readFile('/proc/net/dev')).toThrow(
      expect.objectContaining({ code: 'EBADF' }),
    );
  });

  it('a named one is what ip netns makes and deletes', async () => {
    const netns = createNetworkNamespace({ name });
    try {
      expect(netns).toMatchObject({ name, path: `/run/netns/${name}` });
      expect(listNetworkNamespaces()).toContain(name);
      const shown = execFileSync('nsenter', [
        `--net=${netns.path}`,
        'readlink',
        '/proc/self/ns/net',
      ]);
      expect(shown.toString().trim()).toBe(`net:[${String(netns.inode)}]`);
      using byPath = await openNetlink({ netns: netns.path });
      expect(await byPath.links.list()).toHaveLength(1);
      using byFd = await openNetlink({ netns: netns.fd });
      expect(await byFd.links.list()).toHaveLength(1);
      expect(() => createNetworkNamespace({ name })).toThrow(
        expect.objectContaining({ code: 'EEXIST' }),
      );
    } finally {
      netns.close();
      deleteNetworkNamespace(name);
    }
    expect(listNetworkNamespaces()).not.toContain(name);
    expect(() => {
      deleteNetworkNamespace(name);
    }).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it.each(['', '.', '..', 'a/b'])('"%s" is no name', (bad) => {
    const refused = expect.objectContaining({ code: 'EINPUT' }) as unknown;
    expect(() => createNetworkNamespace({ name: bad })).toThrow(refused);
    expect(() => {
      deleteNetworkNamespace(bad);
    }).toThrow(refused);
  });

  it('its files are read and written from outside', () => {
    using netns = createNetworkNamespace();
    const path = '/proc/sys/net/ipv4/ip_forward';
    const outside = fs.readFileSync(path, 'utf8');
    netns.writeFile(path, outside.startsWith('1') ? '0' : '1');
    expect(netns.readFile(path)).not.toBe(outside);
    expect(fs.readFileSync(path, 'utf8')).toBe(outside);
    for (const dev of ['/proc/net/dev', '/proc/self/net/dev', '/proc/thread-self/net/dev']) {
      const links = netns
        .readFile(dev)
        .match(/^ *\S+:/gm)
        ?.map((column) => column.trim());
      expect(links).toEqual(['lo:']);
    }
    expect(() => netns.readFile('/proc/sys/net/none')).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(() => {
      netns.writeFile(path, 'nonsense');
    }).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });
});

describe('descriptors in a worker thread', () => {
  it('what was closed is not closed again when it ends, and Node warns of nothing', async () => {
    const worker = new Worker(new URL('netlink-worker-files.ts', import.meta.url), {
      execArgv: ['--conditions=truetuple-source'],
    });
    try {
      const told: unknown = await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      expect(told).toEqual({ fd: expect.any(Number) as unknown, warnings: [] });
      // Numbers are given anew from the lowest: one of these has the number that the worker closed.
      const { fd } = told as { readonly fd: number };
      const mine: number[] = [];
      while (!mine.includes(fd) && mine.length < 100) mine.push(fs.openSync('/dev/null', 'r'));
      try {
        expect(mine).toContain(fd);
        await worker.terminate();
        for (const held of mine) expect(fs.fstatSync(held).isCharacterDevice()).toBe(true);
      } finally {
        for (const held of mine) closeIfOpen(held);
      }
    } finally {
      await worker.terminate();
    }
  });
});

function closeIfOpen(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch {
    // somebody else closed it, which the test has told
  }
}

describe.skipIf(reason !== undefined)(`sockets in a namespace${needs}`, () => {
  it('dgram takes one over', async () => {
    using netns = createNetworkNamespace();
    await withLoopback(netns);
    const receiver = openSocket({ domain: 'inet', type: 'datagram', netns });
    receiver.bind(encodeInetAddress('127.0.0.1', 0));
    const local = decodeInetAddress(receiver.localAddress());
    expect(local?.address).toBe('127.0.0.1');
    const taken = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => {
      taken.bind({ fd: receiver.detach() }, resolve);
    });
    using sender = openSocket({ domain: 'inet', type: 'datagram', netns });
    const message = once(taken, 'message');
    sender.sendTo(Buffer.from('hello'), encodeInetAddress('127.0.0.1', local?.port ?? 0));
    const [text] = (await message) as [Buffer];
    expect(text.toString()).toBe('hello');
    taken.close();
  });

  it('net.Server takes a listening one over', async () => {
    using netns = createNetworkNamespace();
    await withLoopback(netns);
    const listening = openSocket({ domain: 'inet6', type: 'stream', netns });
    listening.bind(encodeInetAddress('::1', 0));
    listening.listen(5);
    const port = decodeInetAddress(listening.localAddress())?.port ?? 0;
    const server = net.createServer((peer) => peer.end('hello'));
    server.listen({ fd: listening.detach() });
    await once(server, 'listening');
    const connecting = openSocket({ domain: 'inet6', type: 'stream', netns });
    connecting.connect(encodeInetAddress('::1', port));
    const client = new net.Socket({ fd: connecting.detach() });
    let text = '';
    for await (const chunk of client) text += String(chunk);
    expect(text).toBe('hello');
    server.close();
    await once(server, 'close');
  });

  it('what is received says where it came from and whether it was cut', async () => {
    using netns = createNetworkNamespace();
    await withLoopback(netns);
    using receiver = openSocket({ domain: 'inet', type: 'datagram', netns });
    using sender = openSocket({ domain: 'inet', type: 'datagram', netns });
    receiver.bind(encodeInetAddress('127.0.0.1', 0));
    sender.bind(encodeInetAddress('127.0.0.1', 0));
    expect(receiver.receive(Buffer.alloc(4))).toBe(undefined);
    sender.connect(receiver.localAddress());
    const readable = new Promise<void>((resolve) => {
      receiver.onReadable(resolve);
    });
    expect(sender.send(Buffer.from('eight by'))).toBe(8);
    await readable;
    const from = sender.localAddress();
    expect(receiver.receive(Buffer.alloc(4))).toEqual({ length: 4, truncated: true, from });
    sender.send(Buffer.from('four'));
    expect(receiver.receive(Buffer.alloc(8))).toEqual({ length: 4, truncated: false, from });
  });

  it('options are set and read', () => {
    using netns = createNetworkNamespace();
    using socket = openSocket({ domain: 'inet', type: 'stream', netns });
    const [solSocket, reuseAddress] = [1, 2];
    socket.setOption(solSocket, reuseAddress, 1);
    expect(socket.getOption(solSocket, reuseAddress)).toBe(1);
    expect(() => {
      socket.setOption(solSocket, 9999, 1);
    }).toThrow(expect.objectContaining({ code: 'ENOPROTOOPT' }));
  });

  it('frames go through a packet socket', async () => {
    using pair = await openPair();
    const far1 = await linkNamed(pair.far, 'far1');
    const protocol = 0x88b5; // for local experiments
    using receiver = openSocket({ domain: 'packet', type: 'raw', protocol, netns: pair.there });
    receiver.bind(encodePacketAddress({ linkIndex: far1.index, protocol }));
    using sender = openSocket({ domain: 'packet', type: 'raw', netns: pair.here });
    const frame = Buffer.from(`ffffffffffff02000000028088b5${'00'.repeat(50)}`, 'hex');
    const readable = new Promise<void>((resolve) => {
      receiver.onReadable(resolve);
    });
    sender.sendTo(frame, encodePacketAddress({ linkIndex: pair.net1.index, protocol }));
    await readable;
    const into = Buffer.alloc(2000);
    expect(receiver.receive(into)?.length).toBe(frame.length);
    expect(into.subarray(0, frame.length)).toEqual(frame);
  });

  it('a closed one says so; a listener that throws is an uncaught exception, not a crash', async () => {
    using netns = createNetworkNamespace();
    const socket = openSocket({ domain: 'inet', type: 'datagram', netns });
    socket.close();
    socket.close();
    expect(() => socket.send(Buffer.from('x'))).toThrow(
      expect.objectContaining({
        code: 'EBADF',
        message: expect.stringContaining('inet') as unknown,
      }),
    );
    // Its number may be somebody else's by now.
    expect(() => socket.detach()).toThrow(expect.objectContaining({ code: 'EBADF' }));
    const script = new URL('netlink-throwing-listener.ts', import.meta.url).pathname;
    const told = execFileSync(process.execPath, ['--conditions=truetuple-source', script]);
    expect(told.toString()).toBe('caught: from the listener\nexits by itself\n');
  });
});
