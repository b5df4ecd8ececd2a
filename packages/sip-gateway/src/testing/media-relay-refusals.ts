import assert from 'node:assert/strict';
import {
  connect,
  contractAddresses,
  hosts,
  turn,
  type MediaRelayCase,
} from './media-relay-contract.ts';

/** How a relay refuses, and that nothing stays behind when it does. */
export const mediaRelayRefusals: readonly MediaRelayCase[] = [
  {
    title: 'an exhausted range is refused, until a quarantine is over',
    async run({ relay, openPeer, passQuarantine }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      await connect(relay, a, b);
      const second = turn({ from: 'a', media: [a], callId: 'call-2' });
      await assert.rejects(relay.offer(second), { code: 'MediaPortsExhausted', retry: 'later' });
      await relay.release('call-1');
      await assert.rejects(relay.offer(second), { code: 'MediaPortsExhausted' });
      await passQuarantine();
      assert.equal((await relay.offer(second)).length, 1);
    },
  },
  {
    title: 'an offer that does not fit as a whole holds no port',
    async run({ relay, openPeer, passQuarantine }) {
      const a = await openPeer(hosts.internet);
      await assert.rejects(relay.offer(turn({ from: 'a', media: [a, a] })), {
        code: 'MediaPortsExhausted',
      });
      assert.equal(await relay.statistics('call-1'), undefined);
      await passQuarantine();
      assert.equal((await relay.offer(turn({ from: 'a', media: [a] }))).length, 1);
    },
  },
  {
    title: 'media for one of our own addresses is a loop',
    async run({ relay }) {
      const own = { address: contractAddresses.publicIp, port: 4000 };
      await assert.rejects(relay.offer(turn({ from: 'a', media: [own] })), {
        code: 'LoopDetected',
      });
    },
  },
  {
    title: 'media that would show the peer another address than it was told is refused',
    async run({ relay, openPeer }) {
      const [a, b] = [await openPeer(hosts.internet), await openPeer(hosts.vpc)];
      const signalling = { a: hosts.internet, b: hosts.peering };
      const [told] = await relay.offer(turn({ from: 'a', media: [a], signalling }));
      assert.equal(told?.address, contractAddresses.privateIp);
      await assert.rejects(relay.answer(turn({ from: 'b', media: [b], signalling })), {
        code: 'MediaPathMismatch',
      });
    },
  },
  {
    title: 'an answer to nothing is refused',
    async run({ relay, openPeer }) {
      const b = await openPeer(hosts.vpc);
      await assert.rejects(relay.answer(turn({ from: 'b', media: [b] })), {
        code: 'MediaCallUnknown',
      });
    },
  },
  {
    title: 'a stream that the answer closes is closed for both',
    async run({ relay, openPeer }) {
      const a = await openPeer(hosts.internet);
      await relay.offer(turn({ from: 'a', media: [a] }));
      assert.deepEqual(await relay.answer(turn({ from: 'b', media: [undefined] })), [undefined]);
    },
  },
];
