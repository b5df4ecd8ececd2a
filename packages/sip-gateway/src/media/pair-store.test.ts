import { expect, it } from 'vitest';
import type { Ipv4Address } from '../address.ts';
import { MemoryNetwork } from '../testing/memory-network.ts';
import type { BoundPair } from './bound-pair.ts';
import { PairStore } from './pair-store.ts';
import { PortPool } from './port-pool.ts';

const addresses = ['127.0.0.10' as Ipv4Address, '127.0.0.20' as Ipv4Address];
const quarantineMs = 1000;

interface World {
  readonly network: MemoryNetwork;
  readonly pool: PortPool;
  readonly store: PairStore;
  /** How often a socket was bound. */
  readonly binds: () => number;
  /** Lets time pass, a tick at its end. */
  readonly pass: (ms: number) => Promise<void>;
}

function open(pairs: number): World {
  const network = new MemoryNetwork();
  const range = { first: 16_384, last: 16_383 + 2 * pairs };
  const pool = new PortPool(range, { quarantineMs, random: () => 0.999_999 });
  let nowMs = 0;
  let bound = 0;
  const store = new PairStore({
    pool,
    addresses,
    now: () => nowMs,
    network: {
      bind: (at, onDatagram) => {
        bound += 1;
        return network.bind(at, onDatagram);
      },
    },
  });
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
    await store.tick();
  };
  return { network, pool, store, binds: () => bound, pass };
}

async function takeAll(store: PairStore, count: number): Promise<BoundPair[]> {
  const pairs: BoundPair[] = [];
  while (pairs.length < count) pairs.push(await store.take());
  return pairs;
}

it('a pair that rested is used again as it is: nothing is bound twice, the one that is spare longest comes first', async () => {
  const { store, pool, binds, pass } = open(8);
  const [first, second] = (await takeAll(store, 2)) as [BoundPair, BoundPair];
  store.rest(second);
  store.rest(first);
  await pass(quarantineMs);
  expect(pool.counts()).toEqual({ free: 8, taken: 0, resting: 0 });
  expect(await takeAll(store, 2)).toEqual([second, first]);
  expect(binds()).toBe(8);
  expect(pool.counts()).toEqual({ free: 6, taken: 2, resting: 0 });
});

it('what comes to a pair that rests or is spare reaches nobody', async () => {
  const { store, network, pass } = open(2);
  const pair = await store.take();
  const heard: string[] = [];
  pair.receiver = (component, bytes) => heard.push(`${component} ${Buffer.from(bytes).toString()}`);
  const peer = await network.bind(
    { address: '127.0.1.1' as Ipv4Address, port: 4000 },
    () => undefined,
  );
  const say = (text: string): void => {
    for (const address of addresses)
      peer.send(Buffer.from(text), { address, port: pair.rtpPort + 1 });
  };
  say('call');
  store.rest(pair);
  say('late');
  await pass(quarantineMs);
  say('spare');
  expect(heard).toEqual(['rtcp call', 'rtcp call']);
});

it('spares that nobody wants are closed, a few in each tick, and free for others', async () => {
  const { store, pool, network, pass } = open(40);
  for (const pair of await takeAll(store, 40)) store.rest(pair);
  await pass(quarantineMs);
  expect(network.bound()).toHaveLength(160);
  await pass(quarantineMs - 1);
  expect(network.bound()).toHaveLength(160);
  await pass(1);
  expect(network.bound()).toHaveLength(144);
  for (let tick = 0; tick < 9; tick++) await pass(0);
  expect(network.bound()).toEqual([]);
  expect(pool.counts()).toEqual({ free: 40, taken: 0, resting: 0 });
});

it('no more spares are kept than 512, whatever their age', async () => {
  const { store, network, pass } = open(530);
  for (const pair of await takeAll(store, 530)) store.rest(pair);
  await pass(quarantineMs);
  for (let tick = 0; tick < 6; tick++) await pass(0);
  expect(network.bound()).toHaveLength(512 * 4);
});

it('a pair of which one port is held by others rests with nothing bound, and the next is taken', async () => {
  const { store, network, pool, pass } = open(2);
  await network.bind({ address: '127.0.0.20' as Ipv4Address, port: 16_385 }, () => undefined);
  expect((await store.take()).rtpPort).toBe(16_386);
  expect(network.bound()).toHaveLength(5);
  expect(pool.counts()).toEqual({ free: 0, taken: 1, resting: 1 });
  await pass(quarantineMs);
  expect(pool.counts()).toEqual({ free: 1, taken: 1, resting: 0 });
  await expect(store.take()).rejects.toMatchObject({ code: 'MediaPortsExhausted' });
});
