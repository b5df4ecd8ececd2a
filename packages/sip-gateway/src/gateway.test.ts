import { advertisedTuples, headerValue, parseMessage } from '@truetuple/sip-engine';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallRoute } from './call/gateway-calls.ts';
import { GatewayError } from './errors.ts';
import { createGateway, startGateway } from './gateway.ts';
import { bodyOf, establish, expectNothingLeft, tupleIn } from './testing/gateway-calls.ts';
import { MemoryNetwork } from './testing/memory-network.ts';
import { FakeClock, VirtualNetwork } from '@truetuple/sip-engine/testing';
import {
  networks,
  openGatewayBench,
  privateIp,
  publicIp,
  relayOn,
  type BenchPeer,
  type GatewayBench,
} from './testing/gateway-bench.ts';

const internetHost = '198.51.100.10';
const vpcHost = '10.0.3.10';
const names = {
  'nowhere.example': [],
  'six.example': ['2001:db8::1'],
  'self.example': [publicIp],
};
const open: GatewayBench[] = [];

afterEach(async () => {
  for (const bench of open.splice(0)) await expectNothingLeft(bench);
});

async function world(route?: () => CallRoute): Promise<{
  bench: GatewayBench;
  internet: BenchPeer;
  vpc: BenchPeer;
}> {
  const bench = await openGatewayBench(
    route ?? ((): CallRoute => ({ kind: 'to', uri: `sip:b@${vpcHost}:5060` })),
    { names },
  );
  open.push(bench);
  const [internet, vpc] = [
    await bench.peer(internetHost, 'internet'),
    await bench.peer(vpcHost, 'vpc'),
  ];
  return { bench, internet, vpc };
}

/** All that a peer was told of us, and all that it saw, is the public tuple. */
function expectTrueTuple(peer: BenchPeer): void {
  const datagrams = peer.datagrams();
  expect(datagrams.length).toBeGreaterThan(2);
  for (const { text, from } of datagrams) {
    expect(from).toEqual({ address: publicIp, port: 5060 });
    expect(text).not.toContain(privateIp);
  }
}

describe('a call through the gateway', () => {
  for (const direction of ['from the Internet to the VPC', 'from the VPC to the Internet']) {
    it(`${direction}: each peer is told and sees the public tuple, for SIP and RTP`, async () => {
      const isInward = direction.startsWith('from the Internet');
      const target = isInward ? vpcHost : internetHost;
      const { bench, internet, vpc } = await world(() => ({
        kind: 'to',
        uri: `sip:b@${target}:5060`,
      }));
      const [a, b] = isInward ? [internet, vpc] : [vpc, internet];
      const { toldA, toldB, toTag } = await establish(bench, a, b);
      expect([toldA.address, toldB.address]).toEqual([publicIp, publicIp]);

      a.sendRtp('from A', toldA);
      b.sendRtp('from B', toldB);
      expect(b.heard).toEqual([`from A from ${publicIp}:${toldB.port}`]);
      expect(a.heard).toEqual([`from B from ${publicIp}:${toldA.port}`]);

      const { message: invite } = b.sip.request('INVITE');
      expect(headerValue(invite, 'contact')).toBe(`<sip:${publicIp}:5060>`);
      expect(headerValue(invite, 'via')).toContain(`SIP/2.0/UDP ${publicIp}:5060;`);
      expect(headerValue(invite, 'max-forwards')).toBe('69');
      expect(headerValue(invite, 'from')).toContain(`<sip:peer@${publicIp}:5060>`);
      expect(headerValue(a.sip.response(200).message, 'contact')).toBe(`<sip:${publicIp}:5060>`);

      a.sip.send({ method: 'BYE', callId: 'c1', toTag, sequence: 2 });
      await bench.run(20);
      b.sip.respond(b.sip.request('BYE').message, 200);
      await bench.run(20);
      expect(a.sip.log().at(-1)).toBe('200 BYE');
      expect(bench.gateway.counts().calls).toBe(0);
      expectTrueTuple(a);
      expectTrueTuple(b);
      const parsed = parseMessage(Buffer.from(b.datagrams()[0]?.text ?? ''));
      if (parsed.kind !== 'message') throw new Error('B got no message');
      const told = advertisedTuples(parsed.message).map(({ host }) => host);
      expect(new Set(told.filter((address) => address !== target))).toEqual(new Set([publicIp]));
    });
  }

  it('B hangs up: A gets the BYE', async () => {
    const { bench, internet, vpc } = await world();
    await establish(bench, internet, vpc);
    const { essentials } = vpc.sip.request('INVITE');
    const { callId, fromTag } = essentials;
    vpc.sip.send({ method: 'BYE', callId, fromTag: 'callee', toTag: fromTag, sequence: 1 });
    await bench.run(20);
    expect(vpc.sip.log().at(-1)).toBe('200 BYE');
    internet.sip.respond(internet.sip.request('BYE').message, 200);
  });

  it('a hold goes through to the other leg, and its answer back', async () => {
    const { bench, internet, vpc } = await world();
    const { toTag } = await establish(bench, internet, vpc);
    const body = internet.sdp.replace('sendrecv', 'sendonly');
    internet.sip.send({ method: 'INVITE', callId: 'c1', toTag, sequence: 2, body });
    await bench.run(20);
    const held = vpc.sip.request('INVITE');
    expect(bodyOf(held)).toContain('a=sendonly');
    expect(tupleIn(bodyOf(held)).address).toBe(publicIp);
    vpc.sip.respond(held.message, 200, { body: vpc.sdp.replace('sendrecv', 'recvonly') });
    await bench.run(20);
    expect(bodyOf(internet.sip.response(200))).toContain('a=recvonly');
    expect(vpc.sip.log()).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK']);
    internet.sip.send({ method: 'ACK', callId: 'c1', toTag, sequence: 2 });
    internet.sip.send({ method: 'BYE', callId: 'c1', toTag, sequence: 3 });
    await bench.run(20);
    vpc.sip.respond(vpc.sip.request('BYE').message, 200);
    await bench.run(20);
    expectTrueTuple(internet);
  });
});

const audioAt = (address: string): string =>
  ['v=0', `o=- 7 7 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0']
    .concat('m=audio 40000 RTP/AVP 0', '')
    .join('\r\n');

describe('a call that does not come about', () => {
  const refusals: readonly [string, CallRoute, number][] = [
    ['the route refuses it', { kind: 'refuse', status: 404 }, 404],
    ['it would come back to us', { kind: 'to', uri: `sip:b@${publicIp}` }, 482],
    ['the route leads to no host', { kind: 'to', uri: 'sip:b@255.255.255.255' }, 488],
    ['the route asks for TCP', { kind: 'to', uri: 'sip:b@10.0.3.10;transport=tcp' }, 500],
    ['the route is no SIP URI', { kind: 'to', uri: 'tel:+4930123' }, 500],
    ['the route leads to an IPv6 host', { kind: 'to', uri: 'sip:b@[2001:db8::1]' }, 500],
    ['the name does not exist', { kind: 'to', uri: 'sip:b@nowhere.example' }, 502],
    ['the name has no IPv4 address', { kind: 'to', uri: 'sip:b@six.example' }, 502],
    ['the name leads back to us', { kind: 'to', uri: 'sip:b@self.example' }, 482],
  ];
  for (const [because, route, status] of refusals) {
    it(`${because}: ${status}`, async () => {
      const { bench, internet } = await world(() => route);
      internet.sip.send({ method: 'INVITE', callId: 'c1', body: internet.sdp });
      await bench.run(20);
      expect(internet.sip.response(status).essentials.toTag).toBeDefined();
      internet.sip.send({
        method: 'ACK',
        callId: 'c1',
        toTag: internet.sip.response(status).essentials.toTag,
      });
    });
  }

  const elsewhere = '399 gateway "The media address is in another network than the signalling"';
  const unrelayed = '399 gateway "No stream is RTP or T.38 over UDP, by unicast IPv4"';
  const dataChannel = audioAt('198.51.100.10').replace(/m=.*/, 'm=application 9 DTLS/SCTP 5000');
  const offers: readonly [string, string, number, string, string?][] = [
    ['no session description', 'v=0\r\nthis is none\r\n', 400, 'line 2'],
    ['a browser that wants a data channel alone', dataChannel, 488, 'DTLS/SCTP', unrelayed],
    ['a caller behind a NAT', audioAt('192.168.1.5'), 488, '192.168.1.5', elsewhere],
    [
      'media of a caller on the Internet in the VPC',
      audioAt('10.0.3.99'),
      488,
      '10.0.3.99',
      elsewhere,
    ],
    ['media of a caller on this machine', audioAt('127.0.0.1'), 488, '127.0.0.1', elsewhere],
  ];
  for (const [what, body, status, because, warning] of offers) {
    it(`${what}: ${status} with a reason for the log, and nobody is called`, async () => {
      const { bench, internet, vpc } = await world();
      internet.sip.send({ method: 'INVITE', callId: 'c1', body });
      await bench.run(20);
      expect(headerValue(internet.sip.response(status).message, 'warning')).toBe(warning);
      expect(vpc.sip.got).toEqual([]);
      expect(bench.events).toContainEqual({
        kind: 'media-refused',
        callId: 'c1;from-tag=peer',
        because: expect.stringContaining(because) as unknown,
      });
    });
  }

  it('the application cannot say where it goes: 500', async () => {
    const { bench, internet, vpc } = await world(() => {
      throw new Error('no such customer');
    });
    internet.sip.send({ method: 'INVITE', callId: 'c1', body: internet.sdp });
    await bench.run(20);
    expect(internet.sip.log()).toEqual(['100 INVITE', '500 INVITE']);
    expect(vpc.sip.got).toEqual([]);
  });

  it('no port is left: 503', async () => {
    const { bench, internet, vpc } = await world();
    const [remedy, message] = ['Take calls elsewhere.', 'No pair of RTP ports is free.'];
    bench.relay.failNext(
      new GatewayError({ code: 'MediaPortsExhausted', message, remedy, retry: 'later' }),
    );
    internet.sip.send({ method: 'INVITE', callId: 'c1', body: internet.sdp });
    await bench.run(20);
    internet.sip.response(503);
    expect(vpc.sip.got).toEqual([]);
  });

  it('B is busy, with a status that nobody knows: A hears its class, and the ports are free', async () => {
    const { bench, internet, vpc } = await world();
    internet.sip.send({ method: 'INVITE', callId: 'c1', body: internet.sdp });
    await bench.run(20);
    vpc.sip.respond(vpc.sip.request('INVITE').message, 499);
    await bench.run(20);
    expect(vpc.sip.log()).toEqual(['INVITE', 'ACK']);
    internet.sip.response(400);
  });

  it('A tries again at once, while the media of the first try is still being released', async () => {
    const { bench, internet, vpc } = await world();
    const { relay } = bench;
    const released = Promise.withResolvers<void>();
    const release = relay.release.bind(relay);
    relay.release = async (callId) => {
      await released.promise;
      await release(callId);
    };
    const first = { method: 'INVITE', callId: 'c1', branch: 'z9hG4bKone' };
    internet.sip.send({ ...first, body: internet.sdp });
    await bench.run(20);
    vpc.sip.respond(vpc.sip.request('INVITE').message, 488);
    await bench.run(20);
    const { toTag } = internet.sip.response(488).essentials;
    internet.sip.send({ ...first, method: 'ACK', toTag });
    internet.sip.send({ method: 'INVITE', callId: 'c1', sequence: 2, body: internet.sdp });
    await bench.run(20);
    expect(vpc.sip.log()).toEqual(['INVITE', 'ACK', 'INVITE']);
    const second = vpc.sip.request('INVITE');
    // what the first try had is given back, and what the second has is not
    released.resolve();
    await bench.run(20);
    const told = tupleIn(bodyOf(second));
    vpc.sip.respond(second.message, 200, { body: vpc.sdp });
    await bench.run(20);
    vpc.sendRtp('hello', told);
    expect(internet.heard).toHaveLength(1);
    await bench.gateway.close();
    await bench.run(20);
    for (const peer of [internet, vpc]) peer.sip.respond(peer.sip.request('BYE').message, 200);
  });

  it('A gives up: 487, and B is cancelled', async () => {
    const { bench, internet, vpc } = await world();
    const branch = 'z9hG4bKcancelled';
    internet.sip.send({ method: 'INVITE', callId: 'c1', branch, body: internet.sdp });
    await bench.run(20);
    const { message: invite } = vpc.sip.request('INVITE');
    vpc.sip.respond(invite, 180);
    await bench.run(20);
    internet.sip.send({ method: 'CANCEL', callId: 'c1', branch });
    await bench.run(20);
    internet.sip.response(487);
    vpc.sip.respond(vpc.sip.request('CANCEL').message, 200);
    vpc.sip.respond(invite, 487);
    await bench.run(20);
    expect(bench.gateway.counts().calls).toBe(0);
  });

  it('A waits as long as its Expires says: 487, and B is cancelled', async () => {
    const { bench, internet, vpc } = await world();
    const headers = ['Expires: 10'];
    internet.sip.send({ method: 'INVITE', callId: 'c1', headers, body: internet.sdp });
    await bench.run(20);
    const { message: invite } = vpc.sip.request('INVITE');
    vpc.sip.respond(invite, 180);
    await bench.run(9_900);
    expect(internet.sip.log()).toEqual(['100 INVITE', '180 INVITE']);
    await bench.run(200);
    expect(internet.sip.log().at(-1)).toBe('487 INVITE');
    const { toTag } = internet.sip.response(487).essentials;
    internet.sip.send({ method: 'ACK', callId: 'c1', branch: 'z9hG4bKc1', toTag });
    vpc.sip.respond(vpc.sip.request('CANCEL').message, 200);
    vpc.sip.respond(invite, 487);
    await bench.run(20);
    expect(bench.gateway.counts().calls).toBe(0);
  });

  it.each(['10', '4294967295', 'Thu, 01 Dec 1994 16:00:00 GMT'])(
    'a call that was answered goes on, whatever its Expires says: %s',
    async (expires) => {
      const { bench, internet, vpc } = await world();
      const headers = [`Expires: ${expires}`];
      internet.sip.send({ method: 'INVITE', callId: 'c1', headers, body: internet.sdp });
      await bench.run(20);
      vpc.sip.respond(vpc.sip.request('INVITE').message, 200, { body: vpc.sdp });
      await bench.run(20);
      const { toTag } = internet.sip.response(200).essentials;
      internet.sip.send({ method: 'ACK', callId: 'c1', toTag });
      await bench.run(30_000);
      expect(vpc.sip.log()).toEqual(['INVITE', 'ACK']);
      internet.sip.send({ method: 'BYE', callId: 'c1', toTag, sequence: 2 });
      await bench.run(20);
      vpc.sip.respond(vpc.sip.request('BYE').message, 200);
      await bench.run(20);
    },
  );

  it('B says nothing at all: A gets 408', async () => {
    const { bench, internet } = await world();
    internet.sip.send({ method: 'INVITE', callId: 'c1', body: internet.sdp });
    await bench.run(33_000);
    internet.sip.response(408);
  });

  it('A never acknowledges: both legs get a BYE', async () => {
    const { bench, internet, vpc } = await world();
    internet.sip.send({ method: 'INVITE', callId: 'c1', body: internet.sdp });
    await bench.run(20);
    vpc.sip.respond(vpc.sip.request('INVITE').message, 200, { body: vpc.sdp });
    await bench.run(36_000);
    internet.sip.respond(internet.sip.request('BYE').message, 200);
    vpc.sip.respond(vpc.sip.request('BYE').message, 200);
  });
});

describe('a gateway that stops', () => {
  it('drains: a new call gets 503, a call goes on, and the last one ends it', async () => {
    const { bench, internet, vpc } = await world();
    const { toTag } = await establish(bench, internet, vpc);
    let isDrained = false;
    const draining = bench.gateway.drain().then(() => (isDrained = true));
    internet.sip.send({ method: 'INVITE', callId: 'c2', body: internet.sdp });
    await bench.run(20);
    internet.sip.response(503);
    internet.sip.send({ method: 'OPTIONS', callId: 'health' });
    await bench.run(20);
    expect(internet.sip.log().at(-1)).toBe('503 OPTIONS');
    expect([isDrained, bench.gateway.isReady()]).toEqual([false, false]);
    internet.sip.send({ method: 'BYE', callId: 'c1', toTag, sequence: 2 });
    await bench.run(20);
    vpc.sip.respond(vpc.sip.request('BYE').message, 200);
    await bench.run(20);
    await draining;
    expect(isDrained).toBe(true);
  });

  it('closes while B has said nothing yet: B is cancelled as soon as it has', async () => {
    const { bench, internet, vpc } = await world();
    internet.sip.send({ method: 'INVITE', callId: 'c1', body: internet.sdp });
    await bench.run(20);
    const closing = bench.gateway.close();
    await bench.run(100);
    internet.sip.response(503);
    vpc.sip.respond(vpc.sip.request('INVITE').message, 180);
    await bench.run(20);
    await closing;
    vpc.sip.request('CANCEL');
    expect(bench.boundByRelay()).toEqual([]);
  });

  it('closes: both legs of a call get a BYE, and every port is free', async () => {
    const { bench, internet, vpc } = await world();
    await establish(bench, internet, vpc);
    await bench.gateway.close();
    await bench.run(20);
    internet.sip.request('BYE');
    vpc.sip.request('BYE');
    expect(bench.boundByRelay()).toEqual([]);
    expect(bench.events.at(-1)).toMatchObject({ kind: 'call-ended', cause: 'shutdown' });
  });

  it('loses its relay: both legs get a BYE', async () => {
    const { bench, internet, vpc } = await world();
    await establish(bench, internet, vpc);
    expect(bench.gateway.isReady()).toBe(true);
    bench.relay.emit({ kind: 'relay-failed', because: 'the thread is gone' });
    expect(bench.gateway.isReady()).toBe(false);
    await bench.run(20);
    internet.sip.respond(internet.sip.request('BYE').message, 200);
    vpc.sip.respond(vpc.sip.request('BYE').message, 200);
  });

  it('goes on when its relay gives its realtime priority back, which its owner is told', async () => {
    const { bench, internet, vpc } = await world();
    await establish(bench, internet, vpc);
    const event = { kind: 'realtime-budget', verdict: 'over', realtimePriority: 0 } as const;
    bench.relay.emit(event);
    expect(bench.events.at(-1)).toEqual(event);
    expect(bench.gateway.isReady()).toBe(true);
    expect(bench.gateway.counts().calls).toBe(1);
    await bench.gateway.close();
  });
});

const refuse = (): CallRoute => ({ kind: 'refuse', status: 404 });

describe('a gateway that cannot start', () => {
  it('closes what it had opened: the relay and the first socket', async () => {
    const clock = new FakeClock();
    const sip = new VirtualNetwork(clock);
    const rtp = new MemoryNetwork();
    const taken = sip.open({ address: publicIp, port: 5060 });
    const relay = relayOn(rtp);
    let isRelayClosed = false;
    const starting = startGateway(
      {
        clock,
        openTransport: async (local) => sip.open(local),
        resolver: { addressesOf: async () => [] },
        openRelay: async () => ({
          offer: (turn) => relay.offer(turn),
          answer: (turn) => relay.answer(turn),
          withdraw: (callId) => relay.withdraw(callId),
          release: (callId) => relay.release(callId),
          statistics: (callId) => relay.statistics(callId),
          counts: () => relay.counts(),
          onEvent: (listener) => relay.onEvent(listener),
          close: async () => {
            isRelayClosed = true;
            await relay.close();
          },
        }),
      },
      { ...networks, signalling: { kind: 'embedded' }, media: { kind: 'embedded' }, route: refuse },
    );
    await expect(starting).rejects.toMatchObject({ code: 'AddressInUse' });
    expect(isRelayClosed).toBe(true);
    // the private address is free again
    await sip.open({ address: privateIp, port: 5060 }).close();
    await taken.close();
  });

  it('refuses a delivery that shows a VPC peer another tuple than it is told', async () => {
    const identity = { ...networks.identity, delivery: 'dnat' } as const;
    const starting = createGateway({
      identity,
      signalling: { kind: 'embedded' },
      media: { kind: 'embedded' },
      route: refuse,
    });
    await expect(starting).rejects.toMatchObject({ code: 'ConfigInvalid' });
  });
});
