import { headerValue } from '@truetuple/sip-engine';
import { afterEach, describe, expect, it } from 'vitest';
import type { Cidr, Ipv4Address } from './address.ts';
import type { PeerClass } from './call/peer-class.ts';
import {
  networks,
  openGatewayBench,
  privateIp,
  publicIp,
  type BenchPeer,
  type GatewayBench,
} from './testing/gateway-bench.ts';
import { bodyOf, establish, expectNothingLeft, tupleIn } from './testing/gateway-calls.ts';

const eth0 = '10.0.1.20' as Ipv4Address;
const hosts: Readonly<Record<PeerClass, readonly [string, string]>> = {
  internet: ['198.51.100.10', '198.51.100.11'],
  vpc: ['10.0.3.10', '10.0.3.11'],
  'other-private': ['192.168.7.7', '172.16.4.4'],
};
const classes: readonly PeerClass[] = ['internet', 'vpc', 'other-private'];
const pairs = classes.flatMap((a) => classes.map((b) => [a, b] as const));
const open: GatewayBench[] = [];

afterEach(async () => {
  for (const bench of open.splice(0)) await expectNothingLeft(bench);
});

/** What each class is told, and sees. */
function ownFor(peer: PeerClass, otherPrivateAddress: Ipv4Address | undefined): string {
  return peer === 'other-private' ? (otherPrivateAddress ?? privateIp) : publicIp;
}

/** Every datagram comes from the one address, and names no other one of ours. */
function expectOneAddress(peer: BenchPeer, own: string): void {
  const datagrams = peer.datagrams();
  expect(datagrams.length).toBeGreaterThan(2);
  for (const { text, from } of datagrams) {
    expect(from).toEqual({ address: own, port: 5060 });
    for (const other of [publicIp, privateIp, eth0]) {
      if (other !== own) expect(text).not.toContain(other);
    }
  }
}

const translated = {
  ...networks.identity,
  delivery: 'translate',
  bind: { internet: privateIp, vpc: privateIp },
  routedCidrs: ['10.0.3.0/24' as Cidr],
} as const;

for (const [otherPrivateAddress, identity] of [
  [undefined, networks.identity],
  [eth0, networks.identity],
  [undefined, translated],
  [eth0, translated],
] as const) {
  const title = otherPrivateAddress === undefined ? "net1's private address" : "eth0's address";
  describe(`${identity.delivery}: other private networks are told ${title}`, () => {
    it.each(pairs)('a call from %s to %s', async (classA, classB) => {
      const [hostA, hostB] = [hosts[classA][0], hosts[classB][1]];
      const bench = await openGatewayBench(() => ({ kind: 'to', uri: `sip:b@${hostB}` }), {
        options: {
          identity,
          ...(otherPrivateAddress === undefined ? {} : { otherPrivateAddress }),
        },
      });
      open.push(bench);
      const a = await bench.peer(hostA, classA);
      const b = await bench.peer(hostB, classB);
      const [ownA, ownB] = [classA, classB].map((each) => ownFor(each, otherPrivateAddress));
      const { toldA, toldB, toTag } = await establish(bench, a, b);
      expect([toldA.address, toldB.address]).toEqual([ownA, ownB]);

      a.sendRtp('from A', toldA);
      b.sendRtp('from B', toldB);
      expect(b.heard).toEqual([`from A from ${ownB}:${toldB.port}`]);
      expect(a.heard).toEqual([`from B from ${ownA}:${toldA.port}`]);

      const { message: invite } = b.sip.request('INVITE');
      expect(headerValue(invite, 'contact')).toBe(`<sip:${ownB}:5060>`);
      expect(headerValue(invite, 'via')).toContain(`SIP/2.0/UDP ${ownB}:5060;`);
      expect(headerValue(invite, 'from')).toContain(`@${ownB}:5060>`);
      expect(headerValue(a.sip.response(180).message, 'contact')).toBe(`<sip:${ownA}:5060>`);
      expect(headerValue(a.sip.response(200).message, 'contact')).toBe(`<sip:${ownA}:5060>`);

      // B changes its side of the session: A is asked from the address that it knows
      const { essentials } = b.sip.request('INVITE');
      const inB = { callId: essentials.callId, fromTag: 'callee', toTag: essentials.fromTag };
      b.sip.send({ method: 'INVITE', ...inB, sequence: 1, body: b.sdp });
      await bench.run(20);
      const again = a.sip.request('INVITE');
      expect(headerValue(again.message, 'contact')).toBe(`<sip:${ownA}:5060>`);
      expect(tupleIn(bodyOf(again))).toEqual(toldA);
      a.sip.respond(again.message, 200, { body: a.sdp });
      await bench.run(20);
      expect(tupleIn(bodyOf(b.sip.response(200)))).toEqual(toldB);
      expect(headerValue(b.sip.response(200).message, 'contact')).toBe(`<sip:${ownB}:5060>`);
      b.sip.send({ method: 'ACK', ...inB, sequence: 1 });

      a.sip.send({ method: 'BYE', callId: 'c1', toTag, sequence: 2 });
      await bench.run(20);
      b.sip.respond(b.sip.request('BYE').message, 200);
      await bench.run(20);
      expectOneAddress(a, ownA ?? '');
      expectOneAddress(b, ownB ?? '');
      const [started, answered, ended] = bench.events;
      expect(started).toMatchObject({ kind: 'call-started', caller: classA, callee: classB });
      expect(answered).toMatchObject({ kind: 'call-answered' });
      expect(ended).toMatchObject({ kind: 'call-ended', cause: 'hung-up' });
    });
  });
}

describe('a route to a name', () => {
  it.each([
    ['internet', hosts.internet[1]],
    ['other-private', hosts['other-private'][1]],
  ] as const)(
    'that is in %s: the address decides, the Request-URI keeps the name',
    async (peerClass, address) => {
      const bench = await openGatewayBench(() => ({ kind: 'to', uri: 'sip:b@callee.example' }), {
        names: { 'callee.example': ['2001:db8::1', address] },
      });
      open.push(bench);
      const a = await bench.peer(hosts.vpc[0], 'vpc');
      const b = await bench.peer(address, peerClass);
      const { toldB, toTag } = await establish(bench, a, b);
      const { message: invite } = b.sip.request('INVITE');
      expect(invite.requestUri).toBe('sip:b@callee.example');
      expect(headerValue(invite, 'route')).toBeUndefined();
      expect(toldB.address).toBe(ownFor(peerClass, undefined));
      expect(headerValue(invite, 'contact')).toBe(`<sip:${toldB.address}:5060>`);
      a.sip.send({ method: 'BYE', callId: 'c1', toTag, sequence: 2 });
      await bench.run(20);
      b.sip.respond(b.sip.request('BYE').message, 200);
      await bench.run(20);
      expectOneAddress(b, toldB.address);
    },
  );

  it('that nobody answers about: 504 after five seconds; a CANCEL ends the wait', async () => {
    const bench = await openGatewayBench(() => ({ kind: 'to', uri: 'sip:b@silent.example' }));
    open.push(bench);
    const a = await bench.peer(hosts.internet[0], 'internet');
    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await bench.run(4_900);
    expect(a.sip.log()).toEqual(['100 INVITE']);
    expect(bench.gateway.counts().calls).toBe(1);
    await bench.run(200);
    a.sip.response(504);
    const branch = 'z9hG4bKlookedup';
    a.sip.send({ method: 'INVITE', callId: 'c2', branch, body: a.sdp });
    await bench.run(20);
    a.sip.send({ method: 'CANCEL', callId: 'c2', branch });
    await bench.run(20);
    a.sip.response(487);
    expect(bench.gateway.counts().calls).toBe(0);
  });
});

it('who is not in acceptFrom calls nobody, and hangs up where it was called', async () => {
  const acceptFrom = ['10.0.0.0/16' as Cidr];
  const bench = await openGatewayBench(() => ({ kind: 'to', uri: 'sip:b@198.51.100.10' }), {
    options: { signalling: { kind: 'embedded', acceptFrom } },
  });
  open.push(bench);
  const scanner = await bench.peer('198.51.100.66', 'internet');
  scanner.sip.send({ method: 'INVITE', callId: 'scan', body: scanner.sdp });
  scanner.sip.send({ method: 'OPTIONS', callId: 'scan too' });
  await bench.run(40_000);
  expect(scanner.sip.log()).toEqual([]);
  expect(bench.gateway.counts()).toMatchObject({ calls: 0, sip: { strangers: 2 } });
  const [a, b] = [
    await bench.peer('10.0.3.10', 'vpc'),
    await bench.peer('198.51.100.10', 'internet'),
  ];
  await establish(bench, a, b);
  const { essentials } = b.sip.request('INVITE');
  const inB = { callId: essentials.callId, fromTag: 'callee', toTag: essentials.fromTag };
  b.sip.send({ method: 'BYE', ...inB, sequence: 1 });
  await bench.run(20);
  b.sip.response(200);
  a.sip.respond(a.sip.request('BYE').message, 200);
  await bench.run(20);
  expect(bench.gateway.counts().calls).toBe(0);
});
