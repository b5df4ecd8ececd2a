import assert from 'node:assert/strict';
import type { Ipv4Address } from '../address.ts';
import type { MediaRelay } from '../media/media-relay.ts';
import type { Endpoint } from '../sdp/stream-description.ts';
import {
  connect,
  hosts,
  packetsTaken,
  seenFrom,
  turn,
  type MediaRelayCase,
} from './media-relay-contract.ts';

/** B describes itself again, and A answers. */
async function describeB(
  relay: MediaRelay,
  { a, b, direction }: { readonly a: Endpoint; readonly b: Endpoint; readonly direction?: string },
): Promise<void> {
  await relay.offer(turn({ from: 'b', media: [b], ...(direction && { direction }) }));
  await relay.answer(turn({ from: 'a', media: [a] }));
}

/** A peer behind a NAT that gives it another port in mid-call, and one that holds as before RFC 3264. */
export const mediaRelayMoves: readonly MediaRelayCase[] = [
  {
    title:
      'a port that changes in mid-call is learned when the peer describes itself again and the old one is silent',
    async run({ relay, openPeer, passMediaTimeout }) {
      const [a, old] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const [moved, stranger] = [await openPeer(hosts.vpc), await openPeer(hosts.vpcToo)];
      const described = { address: old.address, port: 9 };
      const told = await connect(relay, a, described);
      await old.send('first', told.b);
      assert.equal((await a.next()).text, 'first');
      // the first tick after a packet still counts as heard
      await passMediaTimeout();
      await passMediaTimeout();
      await moved.send('silence alone is not enough', told.b);
      await describeB(relay, { a, b: described });
      await stranger.send('nor is another address', told.b);
      await moved.send('second', told.b);
      assert.equal((await a.next()).text, 'second');
      await old.send('the old one is over', told.b);
      await moved.send('third', told.b);
      assert.equal((await a.next()).text, 'third');
      await a.send('back', seenFrom('privateIp', told.a));
      assert.equal((await moved.next()).text, 'back');
    },
  },
  {
    title: 'a port that is in use is not taken over, whatever its peer describes',
    async run({ relay, openPeer, passMediaTimeout }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const other = await openPeer(hosts.vpc);
      const described = { address: b.address, port: 9 };
      const told = await connect(relay, a, described);
      await b.send('first', told.b);
      assert.equal((await a.next()).text, 'first');
      await describeB(relay, { a, b: described });
      await other.send('right after the description', told.b);
      await b.send('second', told.b);
      assert.equal((await a.next()).text, 'second');
      await passMediaTimeout();
      await passMediaTimeout();
      await other.send('in a pause', told.b);
      // a peer that holds means to send nothing: what it hears goes where it went
      await describeB(relay, { a, b: described, direction: 'recvonly' });
      await other.send('on hold', told.b);
      await a.send('music', seenFrom('privateIp', told.a));
      assert.equal((await b.next()).text, 'music');
      await b.send('third', told.b);
      assert.equal((await a.next()).text, 'third');
    },
  },
  {
    title: 'who holds with c=0.0.0.0 is heard where it was, and where it is after the hold',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const [moved, stranger] = [await openPeer(hosts.internet), await openPeer(hosts.internetToo)];
      const told = await connect(relay, a, b);
      const nowhere = { address: '0.0.0.0' as Ipv4Address, port: a.port };
      await relay.offer(turn({ from: 'a', media: [nowhere] }));
      await relay.answer(turn({ from: 'b', media: [b], direction: 'recvonly' }));
      await stranger.send('noise', seenFrom('privateIp', told.a));
      await a.send('music', seenFrom('privateIp', told.a));
      assert.equal((await b.next()).text, 'music');
      await b.send('nobody hears', told.b);
      await packetsTaken(relay, 'b', 1);
      await relay.offer(turn({ from: 'a', media: [nowhere], direction: 'inactive' }));
      await relay.answer(turn({ from: 'b', media: [b], direction: 'inactive' }));
      await a.send('no music', seenFrom('privateIp', told.a));
      await relay.offer(turn({ from: 'a', media: [moved] }));
      await relay.answer(turn({ from: 'b', media: [b] }));
      await moved.send('back', seenFrom('privateIp', told.a));
      assert.equal((await b.next()).text, 'back');
      await b.send('heard', told.b);
      assert.equal((await moved.next()).text, 'heard');
    },
  },
];
