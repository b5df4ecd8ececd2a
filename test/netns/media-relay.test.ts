import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { embeddedRelay, type Ipv4Address, type MediaRelay } from '@truetuple/sip-gateway';
import {
  contractAddresses,
  contractPath,
  mediaRelayCases,
  type MediaWorld,
} from '@truetuple/sip-gateway/testing';
import { nodeDatagrams } from '../../packages/sip-gateway/src/adapters/embedded-relay/node-datagrams.ts';
import { RelayThread } from '../../packages/sip-gateway/src/adapters/embedded-relay/relay-thread.ts';
import { realPeer } from './media-peer.ts';
import {
  connect,
  hosts,
  nextEvent,
  seenFrom,
  turn,
} from '../../packages/sip-gateway/src/testing/media-relay-contract.ts';

// The relay's own worker and sockets, on loopback addresses: no namespace is needed.
const ports = { first: 26_000, last: 26_003 };
const times = { quarantineMs: 60, mediaTimeoutMs: 120, holdTimeoutMs: 2400, tickMs: 10 };
const nice = 0;

interface RealWorld extends MediaWorld, AsyncDisposable {}

async function realWorld(range = ports): Promise<RealWorld> {
  const stack = new AsyncDisposableStack();
  const relay = await embeddedRelay(
    { pathTo: contractPath, addresses: Object.values(contractAddresses) },
    { ports: range, ...times },
  );
  stack.defer(() => relay.close());
  return {
    relay,
    openPeer: async (address) => stack.use(await realPeer(address)),
    passQuarantine: () => wait(times.quarantineMs + 4 * times.tickMs),
    passMediaTimeout: () => wait(times.mediaTimeoutMs + 4 * times.tickMs),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Whether the address and port can be bound, so that nobody holds them. */
async function isFree(address: string, port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.bind({ address, port, exclusive: true });
    await once(socket, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

describe('the embedded relay', () => {
  it.each(mediaRelayCases)('$title', async ({ run }) => {
    await using world = await realWorld();
    await run(world);
  });

  it('passes over a pair that somebody else holds', async () => {
    const holder = createSocket('udp4');
    holder.bind({ address: contractAddresses.publicIp, port: ports.first + 1, exclusive: true });
    await once(holder, 'listening');
    try {
      await using world = await realWorld({ first: ports.first, last: ports.first + 5 });
      const [a, b] = [await world.openPeer(hosts.internet), await world.openPeer(hosts.vpc)];
      const told = await connect(world.relay, a, b);
      expect(new Set([told.a.port, told.b.port])).toEqual(
        new Set([ports.first + 2, ports.first + 4]),
      );
    } finally {
      holder.close();
    }
  });

  it('keeps the ports bound through the quarantine, and none after close', async () => {
    const world = await realWorld();
    const [a, b] = [await world.openPeer(hosts.internet), await world.openPeer(hosts.vpc)];
    const told = await connect(world.relay, a, b);
    await world.relay.release('call-1');
    expect(await isFree(contractAddresses.privateIp, told.a.port)).toBe(false);
    await world[Symbol.asyncDispose]();
    const held = [0, 1, 2, 3].flatMap((offset) =>
      Object.values(contractAddresses).map((own) => isFree(own, ports.first + offset)),
    );
    expect(await Promise.all(held)).toEqual(Array<boolean>(8).fill(true));
  });

  it('a call that begins before the release of one of the same id is done is not released with it', async () => {
    await using world = await realWorld({ first: ports.first, last: ports.first + 7 });
    const [a, b] = [await world.openPeer(hosts.internet), await world.openPeer(hosts.vpc)];
    const before = await connect(world.relay, a, b);
    const released = world.relay.release('call-1');
    const told = await connect(world.relay, a, b);
    await released;
    expect([before.a.port, before.b.port]).not.toContain(told.a.port);
    await a.send('media', seenFrom('privateIp', told.a));
    expect((await b.next()).text).toBe('media');
  });

  it('carries a thousand packets each way without loss', async () => {
    await using world = await realWorld();
    const [a, b] = [await world.openPeer(hosts.internet), await world.openPeer(hosts.vpc)];
    const told = await connect(world.relay, a, b);
    const rtp = 'x'.repeat(172);
    for (let at = 0; at < 1000; at += 1) {
      await a.send(`${at} ${rtp}`, seenFrom('privateIp', told.a));
      await b.send(`${at} ${rtp}`, told.b);
      const [toB, toA] = [await b.next(), await a.next()];
      expect([toB.text, toA.text].map((text) => Number.parseInt(text, 10))).toEqual([at, at]);
    }
    expect(await world.relay.statistics('call-1')).toMatchObject({
      a: { packets: 1000, dropped: 0 },
      b: { packets: 1000, dropped: 0 },
    });
  });

  it('refuses a wrong range before it starts a thread', async () => {
    const parts = { pathTo: contractPath, addresses: Object.values(contractAddresses) };
    await expect(embeddedRelay(parts, { ports: { first: 1, last: 2 } })).rejects.toMatchObject({
      code: 'ConfigInvalid',
    });
  });

  it('says which address could not be bound', async () => {
    const addresses = ['192.0.2.1' as Ipv4Address];
    const relay: MediaRelay = await embeddedRelay({ pathTo: contractPath, addresses }, { ports });
    const media = [{ address: hosts.internet, port: 4000 }];
    await expect(relay.offer(turn({ from: 'a', media }))).rejects.toMatchObject({
      code: 'MediaRelayRefused',
      message: expect.stringContaining('EADDRNOTAVAIL') as unknown,
    });
    await relay.close();
  });
});

it('what cannot be sent is lost, and the socket stays', async () => {
  const [address, port] = ['127.0.0.1' as Ipv4Address, 26_010];
  const heard = Promise.withResolvers<string>();
  const there = await nodeDatagrams.bind({ address, port: port + 1 }, (bytes) =>
    heard.resolve(Buffer.from(bytes).toString()),
  );
  const socket = await nodeDatagrams.bind({ address, port }, () => undefined);
  // a broadcast that nobody allowed (EACCES), more than a datagram holds (EMSGSIZE), a port that nobody has (ECONNREFUSED)
  socket.send(Buffer.from('x'), { address: '255.255.255.255' as Ipv4Address, port });
  socket.send(Buffer.alloc(70_000), { address, port: port + 1 });
  socket.send(Buffer.from('x'), { address, port: port + 2 });
  socket.send(Buffer.from('media'), { address, port: port + 1 });
  expect(await heard.promise).toBe('media');
  expect(socket.queuedBytes()).toBe(0);
  await Promise.all([there.close(), socket.close()]);
});

describe('a relay whose thread dies', () => {
  const dying = new URL(
    `data:text/javascript,${encodeURIComponent(
      `import { parentPort } from 'node:worker_threads';
       parentPort.on('message', (calls) => {
         for (const { id, request } of calls) {
           if (request.kind === 'release') throw new Error('out of order');
           parentPort.postMessage({ kind: 'done', id, result: undefined });
         }
       });`,
    )}`,
  );

  it('says so to whoever waits, to who listens, and to who asks later', async () => {
    const settings = { addresses: [], ports, ...times, nice, hasBudget: false };
    const thread = await RelayThread.start(dying, settings);
    const failed = nextEvent({ onEvent: (listener) => thread.listen(listener) }, 'relay-failed');
    const gone = {
      code: 'MediaRelayUnreachable',
      message: expect.stringContaining('out of order') as unknown,
    };
    await expect(thread.ask({ kind: 'release', callId: 'x' })).rejects.toMatchObject(gone);
    expect(await failed).toEqual({ kind: 'relay-failed', because: 'out of order' });
    await expect(thread.ask({ kind: 'statistics', callId: 'x' })).rejects.toMatchObject(gone);
    await thread.close();
  });
});
