import { spawnSync } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createNetworkNamespace, openNetlink } from '@truetuple/netlink';
import { tcpListenIn, udpIn } from '@truetuple/lab';
import { findSocketOwners, openSockDiag } from '@truetuple/netlink/sock-diag';
import { describe, expect, it } from 'vitest';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

async function bound(address: string, type: 'udp4' | 'udp6' = 'udp4'): Promise<UdpSocket> {
  const socket = createSocket({ type, ...(type === 'udp6' ? { ipv6Only: true } : {}) });
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

async function closed(socket: UdpSocket): Promise<void> {
  const gone = once(socket, 'close');
  socket.close();
  await gone;
}

describe('sockets of this process, with no rights', () => {
  it('a UDP socket is found by its port, with its inode and its owner', async () => {
    const socket = await bound('127.0.0.1');
    const { port } = socket.address();
    await using diag = await openSockDiag();
    const [found, ...others] = await diag.sockets.list({
      protocol: 'udp',
      localPort: port,
      family: 'ipv4',
    });
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      protocol: 'udp',
      family: 'ipv4',
      localAddress: '127.0.0.1',
      localPort: port,
      remoteAddress: '0.0.0.0',
      remotePort: 0,
      state: 'close',
      uid: process.getuid?.() ?? 0,
    });
    const owners = await findSocketOwners([found?.inode ?? 0]);
    expect(owners.get(found?.inode ?? 0)).toMatchObject([{ pid: process.pid }]);
    await closed(socket);
    expect(await diag.sockets.list({ protocol: 'udp', localPort: port, family: 'ipv4' })).toEqual(
      [],
    );
  });

  it('TCP sockets are found by address, port and state', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.9' });
    const [accepted] = (await once(server, 'connection')) as [Socket];
    await using diag = await openSockDiag();
    const list = async (filter: object): Promise<(string | number)[]> =>
      (await diag.sockets.list({ protocol: 'tcp', ...filter })).map(({ state }) => state);
    expect(await list({ localPort: port, states: ['listen'] })).toEqual(['listen']);
    expect(await list({ localPort: port, local: '127.0.0.1', states: ['established'] })).toEqual([
      'established',
    ]);
    expect(await list({ remotePort: port, local: '127.0.0.9/32' })).toEqual(['established']);
    expect(await list({ remotePort: port, local: '127.0.0.8/31', remote: '127.0.0.0/24' })).toEqual(
      ['established'],
    );
    expect(await list({ remotePort: port, local: '127.0.0.10/32' })).toEqual([]);
    expect(await list({ remotePort: port, local: '127.0.0.9', remote: '127.0.0.2' })).toEqual([]);
    client.destroy();
    accepted.destroy();
    server.close();
    await once(server, 'close');
  });

  it('IPv6, and a cookie that no other socket has', async () => {
    const [one, two] = [await bound('::1', 'udp6'), await bound('::1', 'udp6')];
    await using diag = await openSockDiag();
    const [a, b] = await Promise.all(
      [one, two].map(async (socket) => {
        const [found] = await diag.sockets.list({
          protocol: 'udp',
          family: 'ipv6',
          localPort: socket.address().port,
        });
        return found;
      }),
    );
    expect(a).toMatchObject({ localAddress: '::1', remoteAddress: '::', ipv6Only: true });
    expect(a?.cookie).toMatch(/^[\da-f]{16}$/);
    expect(a?.cookie).not.toBe(b?.cookie);
    await closed(one);
    await closed(two);
  });

  it('what cannot be asked is refused', async () => {
    await using diag = await openSockDiag();
    const wrong = diag.sockets.list({ protocol: 'udp', family: 'ipv6', local: '127.0.0.1' });
    await expect(wrong).rejects.toMatchObject({ code: 'EINPUT' });
    await expect(diag.sockets.list({ protocol: 'udp', localPort: 70_000 })).rejects.toMatchObject({
      code: 'EINPUT',
    });
  });
});

describe.skipIf(reason !== undefined)(`sockets of a namespace${needs}`, () => {
  it('only those of that namespace, as ss shows them', async () => {
    using netns = createNetworkNamespace();
    await using netlink = await openNetlink({ netns });
    await netlink.links.set({ name: 'lo' }, { up: true });
    await using diag = await openSockDiag({ netns });
    expect(await diag.sockets.list({ protocol: 'udp' })).toEqual([]);
    const inside = await udpIn(netns, '127.0.0.1', 0);
    const { port } = inside.address();
    const target = `--net=/proc/${String(process.pid)}/fd/${String(netns.fd)}`;
    const { stdout } = spawnSync('nsenter', [target, 'ss', '-Huan'], { encoding: 'utf8' });
    expect(stdout).toContain(`:${String(port)}`);
    expect((await diag.sockets.list({ protocol: 'udp', localPort: port })).length).toBe(
      stdout.trim().split('\n').length,
    );
    await closed(inside);
  });

  it('a connection is destroyed under its owner, and then absent', async () => {
    using netns = createNetworkNamespace();
    await using netlink = await openNetlink({ netns });
    await netlink.links.set({ name: 'lo' }, { up: true });
    await using diag = await openSockDiag({ netns });
    const server = await tcpListenIn(netns, '127.0.0.1', 0, () => undefined);
    const { port } = server.address() as AddressInfo;
    const [listener] = await diag.sockets.list({
      protocol: 'tcp',
      localPort: port,
      states: ['listen'],
    });
    if (listener === undefined) throw new Error('the listener is not listed');
    // needs a kernel with INET_DIAG_DESTROY, as Debian's is
    expect(await diag.sockets.destroy(listener)).toBe('removed');
    const left = diag.sockets.list({ protocol: 'tcp', localPort: port, states: ['listen'] });
    expect(await left).toEqual([]);
    expect(await diag.sockets.destroy(listener)).toBe('absent');
    server.close();
    await once(server, 'close');
  });
});
