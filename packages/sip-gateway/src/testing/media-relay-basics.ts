import assert from 'node:assert/strict';
import {
  connect,
  hosts,
  seenFrom,
  turn,
  type MediaPeer,
  type MediaRelayCase,
  type MediaWorld,
  type ToldLegs,
} from './media-relay-contract.ts';

interface Forked {
  readonly a: MediaPeer;
  /** The fork that told a description first. */
  readonly early: MediaPeer;
  /** The one that was heard last. */
  readonly final: MediaPeer;
}

/** The world without its times, which another process keeps. */
type BasicWorld = Pick<MediaWorld, 'relay' | 'openPeer'>;

interface BasicCase extends MediaRelayCase {
  readonly run: (world: BasicWorld) => Promise<void>;
}

async function forkedPeers({ openPeer }: BasicWorld): Promise<Forked> {
  return {
    a: await openPeer(hosts.internet),
    early: await openPeer(hosts.vpc),
    final: await openPeer(hosts.vpcToo),
  };
}

/** Media of both, by the tuples that they were told. */
async function requireFlow(a: MediaPeer, b: MediaPeer, told: ToldLegs): Promise<void> {
  await b.send('from b', told.b);
  assert.deepEqual(await a.next(), { text: 'from b', from: seenFrom('privateIp', told.a) });
  await a.send('from a', seenFrom('privateIp', told.a));
  assert.deepEqual(await b.next(), { text: 'from a', from: told.b });
}

function reportsAt({ address, port }: MediaPeer): string {
  return `a=rtcp:${port} IN IP4 ${address}`;
}

/**
 * What a relay of one socket for each class of peer must do as well: forks that answer or offer one after the other, what
 * follows on them, and media that the peers alone can read.
 */
export const mediaRelayBasics: readonly BasicCase[] = [
  {
    title: 'both legs keep what they were told while one fork after the other answers',
    async run(world) {
      const { a, early, final } = await forkedPeers(world);
      const told = await connect(world.relay, a, early);
      await requireFlow(a, early, told);
      for (const fork of [final, early, final]) {
        const again = await world.relay.answer(turn({ from: 'b', media: [fork] }));
        assert.deepEqual(again, [told.a]);
        await requireFlow(a, fork, told);
      }
      await early.send('of a fork that is not the last', told.b);
      await requireFlow(a, final, told);
    },
  },
  {
    title: 'a stream that one fork closes is open to the next one',
    async run(world) {
      const { relay } = world;
      const { a, final } = await forkedPeers(world);
      const [toldB] = await relay.offer(turn({ from: 'a', media: [a] }));
      assert.deepEqual(await relay.answer(turn({ from: 'b', media: [undefined] })), [undefined]);
      const [toldA] = await relay.answer(turn({ from: 'b', media: [final] }));
      assert(toldA !== undefined && toldB !== undefined);
      await requireFlow(a, final, { a: toldA, b: toldB });
    },
  },
  {
    title: 'both legs keep it through offers of either, after forks and from other ports',
    async run(world) {
      const { relay, openPeer } = world;
      const { a, early, final } = await forkedPeers(world);
      const moved = await openPeer(hosts.internet);
      const told = await connect(relay, a, early);
      await relay.answer(turn({ from: 'b', media: [final] }));
      assert.deepEqual(await relay.offer(turn({ from: 'a', media: [moved] })), [told.b]);
      assert.deepEqual(await relay.answer(turn({ from: 'b', media: [final] })), [told.a]);
      await requireFlow(moved, final, told);
      assert.deepEqual(await relay.offer(turn({ from: 'b', media: [early] })), [told.a]);
      assert.deepEqual(await relay.answer(turn({ from: 'a', media: [moved] })), [told.b]);
      await requireFlow(moved, early, told);
    },
  },
  {
    title: 'both legs keep it through a hold, after forks',
    async run(world) {
      const { relay } = world;
      const { a, early, final } = await forkedPeers(world);
      const told = await connect(relay, a, early);
      await relay.answer(turn({ from: 'b', media: [final] }));
      const nowhere = { address: '0.0.0.0' as typeof a.address, port: a.port };
      for (const held of [nowhere, a]) {
        const hold = turn({ from: 'a', media: [held], direction: 'sendonly' });
        assert.deepEqual(await relay.offer(hold), [told.b]);
        const answer = turn({ from: 'b', media: [final], direction: 'recvonly' });
        assert.deepEqual(await relay.answer(answer), [told.a]);
      }
      assert.deepEqual(await relay.offer(turn({ from: 'a', media: [a] })), [told.b]);
      assert.deepEqual(await relay.answer(turn({ from: 'b', media: [final] })), [told.a]);
      await requireFlow(a, final, told);
    },
  },
  {
    title: 'an offer that is withdrawn leaves media as it was',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const moved = await openPeer(hosts.internet);
      const told = await connect(relay, a, b);
      const nowhere = { address: '0.0.0.0' as typeof a.address, port: a.port };
      for (const media of [moved, nowhere, undefined]) {
        await relay.offer(turn({ from: 'a', media: [media] }));
        await relay.withdraw('call-1');
        await requireFlow(a, b, told);
      }
      await relay.offer(turn({ from: 'b', media: [undefined] }));
      await relay.withdraw('call-1');
      await requireFlow(a, b, told);
      assert.deepEqual(await relay.offer(turn({ from: 'a', media: [moved] })), [told.b]);
      assert.deepEqual(await relay.answer(turn({ from: 'b', media: [b] })), [told.a]);
      await requireFlow(moved, b, told);
    },
  },
  {
    title: 'reports go to no other network than the media, whatever a=rtcp says',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const elsewhere = await openPeer(hosts.peering);
      const reports = await openPeer(hosts.vpc);
      const [b0] = await relay.offer(turn({ from: 'a', media: [a], more: [reportsAt(elsewhere)] }));
      const [a0] = await relay.answer(turn({ from: 'b', media: [b], more: [reportsAt(reports)] }));
      assert(a0 !== undefined && b0 !== undefined);
      await reports.send('a report, not quite', { address: b0.address, port: b0.port + 1 });
      await requireFlow(a, b, { a: a0, b: b0 });
      await a.send('last', elsewhere);
      assert.equal((await elsewhere.next()).text, 'last');
    },
  },
  {
    title: 'the caller keeps what it was told while one fork after the other offers',
    async run(world) {
      const { relay } = world;
      const { a, early, final } = await forkedPeers(world);
      const [toldA] = await relay.offer(turn({ from: 'b', media: [early] }));
      assert.deepEqual(await relay.offer(turn({ from: 'b', media: [final] })), [toldA]);
      const [toldB] = await relay.answer(turn({ from: 'a', media: [a] }));
      assert(toldA !== undefined && toldB !== undefined);
      await requireFlow(a, final, { a: toldA, b: toldB });
    },
  },
  {
    title: "the peers' own DTLS handshake reaches them: the keys are theirs",
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const fingerprint = `a=fingerprint:sha-256 ${Array(32).fill('AA').join(':')}`;
      const secured = { protocol: 'UDP/TLS/RTP/SAVP', more: [fingerprint, 'a=setup:actpass'] };
      const [toldB] = await relay.offer(turn({ from: 'a', media: [a], ...secured }));
      const active = { ...secured, more: [fingerprint, 'a=setup:active'] };
      const [toldA] = await relay.answer(turn({ from: 'b', media: [b], ...active }));
      assert(toldA !== undefined && toldB !== undefined);
      // RFC 5764, section 5.1.2: a first byte of 20 to 63 is DTLS; 22 is its handshake
      await b.send('\u0016 hello', toldB);
      assert.equal((await a.next()).text, '\u0016 hello');
      await a.send('\u0016 hello to you', seenFrom('privateIp', toldA));
      assert.equal((await b.next()).text, '\u0016 hello to you');
    },
  },
];
