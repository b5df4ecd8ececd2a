import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../address.ts';
import type { Endpoint } from '../sdp/stream-description.ts';
import { FakeMediaRelay } from './fake-media-relay.ts';
import { mediaRelayCases } from './media-relay-cases.ts';
import {
  contractAddresses,
  contractPath,
  type MediaPeer,
  type MediaWorld,
} from './media-relay-contract.ts';
import { MemoryNetwork } from './memory-network.ts';

const [quarantineMs, mediaTimeoutMs] = [1000, 5000];

function fakeWorld(): MediaWorld & { readonly network: MemoryNetwork } {
  const network = new MemoryNetwork();
  let nextPort = 40_000;
  const relay = new FakeMediaRelay({
    network,
    pathTo: contractPath,
    addresses: Object.values(contractAddresses),
    ports: { first: 16_384, last: 16_387 },
    quarantineMs,
    mediaTimeoutMs,
    holdTimeoutMs: 20 * mediaTimeoutMs,
  });
  return {
    network,
    relay,
    openPeer: async (address) => {
      nextPort += 2;
      return memoryPeer(network, { address: address as Ipv4Address, port: nextPort });
    },
    passQuarantine: () => relay.advance(quarantineMs),
    passMediaTimeout: () => relay.advance(mediaTimeoutMs),
  };
}

async function memoryPeer(network: MemoryNetwork, at: Endpoint): Promise<MediaPeer> {
  const arrived: { text: string; from: Endpoint }[] = [];
  const socket = await network.bind(at, (bytes, from) =>
    arrived.push({ text: Buffer.from(bytes).toString(), from }),
  );
  return {
    address: at.address,
    port: at.port,
    send: async (text, to) => socket.send(Buffer.from(text), to),
    next: async () => {
      const first = arrived.shift();
      if (first === undefined) throw new Error(`nothing arrived at ${at.address}:${at.port}`);
      return first;
    },
  };
}

describe('the fake media relay', () => {
  it.each(mediaRelayCases)('$title', async ({ run }) => {
    const world = fakeWorld();
    await run(world);
    await world.relay.close();
    expect(world.network.bound().filter((key) => key.includes(':163'))).toEqual([]);
  });

  it('binds RTP and RTCP of both legs on both addresses, and keeps them through the quarantine and as spares for as long again', async () => {
    const world = fakeWorld();
    const peer = await world.openPeer('127.0.1.1');
    await (mediaRelayCases[0] as (typeof mediaRelayCases)[number]).run({
      ...world,
      openPeer: async (address) => (address === '127.0.1.1' ? peer : world.openPeer(address)),
    });
    const own = [16_384, 16_385, 16_386, 16_387].flatMap((port) => [
      `127.0.0.10:${port}`,
      `127.0.0.20:${port}`,
    ]);
    const held = (): readonly string[] =>
      world.network.bound().filter((key) => key.includes(':163'));
    expect(held()).toEqual(own.toSorted());
    await world.relay.release('call-1');
    expect(held()).toEqual(own.toSorted());
    await world.passQuarantine();
    expect(held()).toEqual(own.toSorted());
    await world.passQuarantine();
    expect(held()).toEqual([]);
  });
});
