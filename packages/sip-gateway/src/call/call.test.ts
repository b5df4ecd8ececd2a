import { FakeClock } from '@truetuple/sip-engine/testing';
import { expect, it } from 'vitest';
import type { Ipv4Address } from '../address.ts';
import type { SignalEvent, SignalledCall } from '../sip/signalling.ts';
import { FakeMediaRelay } from '../testing/fake-media-relay.ts';
import { networks } from '../testing/gateway-bench.ts';
import { MemoryNetwork } from '../testing/memory-network.ts';
import type { EndCause } from './call-effect.ts';
import { defaultTimeouts, LiveCall } from './call.ts';
import { DescribedLegs } from './described-legs.ts';
import { localAddresses, peerPath } from './peer-class.ts';

const signalling = { a: '198.51.100.10' as Ipv4Address, b: '10.0.3.10' as Ipv4Address };
const callId = 'c;from-tag=t';
const sdp = [
  'v=0',
  `o=- 7 7 IN IP4 ${signalling.a}`,
  's=-',
  `c=IN IP4 ${signalling.a}`,
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  '',
].join('\r\n');

function pathTo(peer: Ipv4Address): ReturnType<typeof peerPath> {
  return peerPath(networks, peer);
}

/** What nobody caught in this thread while `act` ran. */
async function uncaughtBy(act: () => Promise<void>): Promise<readonly unknown[]> {
  const others = process.listeners('unhandledRejection');
  const uncaught: unknown[] = [];
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error) => void uncaught.push(error));
  try {
    await act();
    // they are told after the microtasks
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
  return uncaught;
}

it('a defect in one step is told to the process, and what the call holds is given back all the same', async () => {
  const defect = new TypeError('a defect of the signalling');
  const listeners: ((event: SignalEvent) => void)[] = [];
  const legs: SignalledCall = {
    invite: {
      callId,
      source: signalling.a,
      requestUri: 'sip:b@203.0.113.50',
      fromUser: 'a',
      fromName: undefined,
      passed: {},
      sdp,
      expiresMs: undefined,
    },
    onEvent: (listener) => void listeners.push(listener),
    perform: (act) => {
      if (act.kind === 'invite-b') throw defect;
    },
    forget: () => undefined,
  };
  const rtp = new MemoryNetwork();
  const clock = new FakeClock();
  const relay = new FakeMediaRelay({
    network: rtp,
    pathTo,
    addresses: localAddresses(networks),
    ports: { first: 20_000, last: 20_019 },
    quarantineMs: 0,
    mediaTimeoutMs: 60_000,
    holdTimeoutMs: 3_600_000,
  });
  const sessionIds = { a: '1', b: '2' };
  const ends: EndCause[] = [];
  const call = new LiveCall({
    signalled: legs,
    relay,
    mediaId: callId,
    described: new DescribedLegs({ relay, pathTo, callId, signalling, sessionIds }),
    clock,
    timeouts: defaultTimeouts,
    callee: { uri: 'sip:b@10.0.3.10', address: signalling.b, nextHop: undefined },
    expiresMs: undefined,
    onAnswer: () => undefined,
    onMediaRefused: () => undefined,
    onEnd: (cause) => ends.push(cause),
  });
  const uncaught = await uncaughtBy(async () => {
    call.start();
    await clock.advanceSettled(0);
    expect(rtp.bound()).not.toEqual([]);
    for (const tell of listeners) tell({ kind: 'signalling-lost' });
    await clock.advanceSettled(0);
  });
  expect(new Set(uncaught)).toEqual(new Set([defect]));
  expect(ends).toEqual(['signalling-lost']);
  await relay.advance(1);
  expect(rtp.bound()).toEqual([]);
});
