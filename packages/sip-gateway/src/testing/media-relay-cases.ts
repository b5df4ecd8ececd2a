import assert from 'node:assert/strict';
import { mediaRelayBasics } from './media-relay-basics.ts';
import { mediaRelayMoves } from './media-relay-moves.ts';
import { mediaRelayRefusals } from './media-relay-refusals.ts';
import {
  connect,
  contractAddresses,
  hosts,
  nextEvent,
  packetsTaken,
  seenFrom,
  turn,
  type MediaRelayCase,
} from './media-relay-contract.ts';

const relaying: readonly MediaRelayCase[] = [
  {
    title: 'RTP goes both ways, and each peer sees the address and port of its kind',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const told = await connect(relay, a, b);
      const { publicIp } = contractAddresses;
      assert.deepEqual([told.a.address, told.b.address], [publicIp, publicIp]);
      await a.send('from a', seenFrom('privateIp', told.a));
      assert.deepEqual(await b.next(), { text: 'from a', from: seenFrom('publicIp', told.b) });
      await b.send('from b', told.b);
      assert.deepEqual(await a.next(), { text: 'from b', from: seenFrom('privateIp', told.a) });
    },
  },
  {
    title: 'RTCP goes both ways, one port above RTP',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      // each peer says that RTP is one port below the socket that it has
      const below = { a: { ...a, port: a.port - 1 }, b: { ...b, port: b.port - 1 } };
      const told = await connect(relay, below.a, below.b);
      assert.equal(told.a.port % 2, 0);
      const rtcp = { a: told.a.port + 1, b: told.b.port + 1 };
      await a.send('report', { address: contractAddresses.privateIp, port: rtcp.a });
      assert.deepEqual(await b.next(), {
        text: 'report',
        from: { address: contractAddresses.publicIp, port: rtcp.b },
      });
    },
  },
  {
    title: 'what it holds and has counted is told, of calls that ended too',
    async run({ relay, openPeer, passQuarantine }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const told = await connect(relay, a, b);
      await a.send('media', seenFrom('privateIp', told.a));
      await b.next();
      const silence = { packets: 0, bytes: 0, dropped: 0 };
      const media = { a: { packets: 1, bytes: 5, dropped: 0 }, b: silence };
      const { nice, realtimePriority } = await relay.counts();
      const thread = { nice, realtimePriority };
      const at = (pairs: object, calls: number): object => ({ calls, pairs, media, ...thread });
      assert.deepEqual(await relay.counts(), at({ free: 0, inUse: 2, resting: 0 }, 1));
      await relay.release('call-1');
      assert.deepEqual(await relay.counts(), at({ free: 0, inUse: 0, resting: 2 }, 0));
      await passQuarantine();
      assert.deepEqual(await relay.counts(), at({ free: 2, inUse: 0, resting: 0 }, 0));
    },
  },
  {
    title: 'a stranger is dropped and counted, and the peer is not',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const stranger = await openPeer(hosts.internetToo);
      const told = await connect(relay, a, b);
      const to = seenFrom('privateIp', told.a);
      await stranger.send('spam', to);
      await a.send('media', to);
      assert.equal((await b.next()).text, 'media');
      assert.deepEqual(await relay.statistics('call-1'), {
        a: { packets: 1, bytes: 5, dropped: 1 },
        b: { packets: 0, bytes: 0, dropped: 0 },
      });
    },
  },
  {
    title: 'a peer that sends from another port is learned once, and only from its own address',
    async run({ relay, openPeer }) {
      const [a, natted] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const late = await openPeer(hosts.vpc);
      const told = await connect(relay, a, { address: natted.address, port: 9 });
      await natted.send('first', told.b);
      assert.equal((await a.next()).text, 'first');
      await late.send('too late', told.b);
      await natted.send('second', told.b);
      assert.equal((await a.next()).text, 'second');
      await a.send('back', seenFrom('privateIp', told.a));
      assert.equal((await natted.next()).text, 'back');
    },
  },
  {
    title: 'a fork in another network is sent to from the address that it sees',
    async run({ relay, openPeer }) {
      const a = await openPeer(hosts.internet);
      const [early, final] = [await openPeer(hosts.vpc), await openPeer(hosts.internetToo)];
      const told = await connect(relay, a, early);
      const again = await relay.answer(turn({ from: 'b', media: [final] }));
      assert.deepEqual(again, [told.a]);
      await early.send('old fork', told.b);
      await final.send('new fork', seenFrom('privateIp', told.b));
      assert.equal((await a.next()).text, 'new fork');
      await a.send('to the new one', seenFrom('privateIp', told.a));
      assert.deepEqual(await final.next(), {
        text: 'to the new one',
        from: seenFrom('privateIp', told.b),
      });
    },
  },
  {
    title: 'a new offer moves nothing until it is answered',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const moved = await openPeer(hosts.internetToo);
      const told = await connect(relay, a, b);
      assert.deepEqual(await relay.offer(turn({ from: 'a', media: [moved] })), [told.b]);
      await b.send('before', told.b);
      assert.equal((await a.next()).text, 'before');
      assert.deepEqual(await relay.answer(turn({ from: 'b', media: [b] })), [told.a]);
      await b.send('after', told.b);
      assert.equal((await moved.next()).text, 'after');
    },
  },
  {
    title: 'who holds with c=0.0.0.0 gets nothing, and gets it again after the hold',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const told = await connect(relay, a, b);
      const nowhere = { address: '0.0.0.0' as typeof a.address, port: a.port };
      await relay.offer(turn({ from: 'a', media: [nowhere] }));
      await relay.answer(turn({ from: 'b', media: [b] }));
      await b.send('into the hold', told.b);
      await packetsTaken(relay, 'b', 1);
      await relay.offer(turn({ from: 'a', media: [a] }));
      await relay.answer(turn({ from: 'b', media: [b] }));
      await b.send('out of the hold', told.b);
      assert.equal((await a.next()).text, 'out of the hold');
    },
  },
];

const ending: readonly MediaRelayCase[] = [
  {
    title: 'what was released is deaf, unknown, and released again without complaint',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const told = await connect(relay, a, b);
      await relay.release('call-1');
      await a.send('into the quarantine', seenFrom('privateIp', told.a));
      assert.equal(await relay.statistics('call-1'), undefined);
      await relay.release('call-1');
    },
  },
  {
    title: 'media-started is said once for each leg that sends',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const told = await connect(relay, a, b);
      const started = nextEvent(relay, 'media-started');
      await b.send('ringback', told.b);
      assert.deepEqual(await started, { kind: 'media-started', callId: 'call-1', leg: 'b' });
    },
  },
  {
    title: 'silence is said after its time, and only when somebody was to send',
    async run({ relay, openPeer, passMediaTimeout }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      await relay.offer(turn({ from: 'a', media: [a], direction: 'inactive' }));
      await relay.answer(turn({ from: 'b', media: [b], direction: 'inactive' }));
      const silent = nextEvent(relay, 'media-timed-out');
      await passMediaTimeout();
      await relay.offer(turn({ from: 'a', media: [a] }));
      await relay.answer(turn({ from: 'b', media: [b] }));
      const early = await Promise.race([silent.then(() => 'said'), Promise.resolve('not said')]);
      assert.equal(early, 'not said');
      await passMediaTimeout();
      assert.deepEqual(await silent, { kind: 'media-timed-out', callId: 'call-1' });
    },
  },
  {
    title: 'silence on hold is borne longer, and a new answer has its own time',
    async run({ relay, openPeer, passMediaTimeout }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const said: string[] = [];
      relay.onEvent(({ kind }) => said.push(kind));
      await relay.offer(turn({ from: 'a', media: [a], direction: 'sendonly' }));
      await relay.answer(turn({ from: 'b', media: [b], direction: 'recvonly' }));
      await passMediaTimeout();
      assert.deepEqual(said, []);
      await relay.offer(turn({ from: 'a', media: [a] }));
      await relay.answer(turn({ from: 'b', media: [b] }));
      await passMediaTimeout();
      assert.deepEqual(said, ['media-timed-out']);
      await relay.answer(turn({ from: 'b', media: [b] }));
      await passMediaTimeout();
      assert.deepEqual(said, ['media-timed-out', 'media-timed-out']);
    },
  },
];

/** What every MediaRelay of this package must do. */
export const mediaRelayCases: readonly MediaRelayCase[] = [
  ...relaying,
  ...mediaRelayBasics,
  ...mediaRelayMoves,
  ...ending,
  ...mediaRelayRefusals,
];
