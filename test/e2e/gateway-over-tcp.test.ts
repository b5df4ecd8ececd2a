import {
  createSipEngine,
  systemClock,
  type SipEngine,
  type Transport,
} from '@truetuple/sip-engine';
import { VirtualNetwork } from '@truetuple/sip-engine/testing';
import { afterEach, expect, it } from 'vitest';
import type { Ipv4Address } from '../../packages/sip-gateway/src/address.ts';
import { localAddresses, peerPath } from '../../packages/sip-gateway/src/call/peer-class.ts';
import type { GatewayEvent } from '../../packages/sip-gateway/src/gateway-event.ts';
import { startGateway, type Gateway } from '../../packages/sip-gateway/src/gateway.ts';
import {
  networks,
  openPeer,
  publicIp,
  relayOn,
  type BenchPeer,
} from '../../packages/sip-gateway/src/testing/gateway-bench.ts';
import { bodyOf, tupleIn } from '../../packages/sip-gateway/src/testing/gateway-calls.ts';
import { MemoryNetwork } from '../../packages/sip-gateway/src/testing/memory-network.ts';
import { Occasions } from '../../packages/sip-gateway/src/testing/occasions.ts';

const secret = 'over tcp';
const port = 5060;

/** The same gateway as ever, its SIP server behind a TCP connection: sip-engine speaks drachtio-server's protocol. */
interface World extends AsyncDisposable {
  readonly engine: SipEngine;
  readonly gateway: Gateway;
  readonly a: BenchPeer;
  readonly b: BenchPeer;
  readonly occasions: Occasions;
  readonly events: readonly GatewayEvent[];
  readonly alarms: readonly object[];
}

const open: World[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

function engineOn(sip: VirtualNetwork): SipEngine {
  const sockets = new Map<string, Transport>(
    localAddresses(networks).map((address) => [address, sip.open({ address, port })]),
  );
  return createSipEngine({
    transports: [...sockets.values()],
    secret,
    clock: systemClock,
    contact: { host: publicIp, port },
    pathTo: ({ address }) => {
      const path = peerPath(networks, address as Ipv4Address);
      const transport = path.kind === 'path' ? sockets.get(path.bind) : undefined;
      return transport === undefined
        ? undefined
        : { transport, advertised: { host: publicIp, port } };
    },
  });
}

async function world(): Promise<World> {
  const sip = new VirtualNetwork(systemClock);
  const rtp = new MemoryNetwork();
  const relay = relayOn(rtp);
  const engine = engineOn(sip);
  const listener = await engine.listen({ address: '127.0.0.1', port: 0 });
  const occasions = new Occasions();
  const events: GatewayEvent[] = [];
  const alarms: object[] = [];
  const a = await openPeer({ sip, rtp, own: networks }, '198.51.100.10' as Ipv4Address, 'internet');
  const b = await openPeer({ sip, rtp, own: networks }, '10.0.3.10' as Ipv4Address, 'vpc');
  for (const peer of [a, b]) peer.sip.onGot(() => occasions.tell());
  const gateway = await startGateway(
    {
      clock: systemClock,
      openTransport: async () => Promise.reject(new Error('the SIP server has the sockets')),
      openRelay: async () => relay,
      resolver: { addressesOf: async () => [] },
    },
    {
      ...networks,
      signalling: {
        kind: 'drachtio-server',
        host: '127.0.0.1',
        port: listener.localAddress.port,
        secret,
      },
      media: { kind: 'embedded' },
      route: () => ({ kind: 'to', uri: 'sip:b@10.0.3.10' }),
      onEvent: (event) => {
        events.push(event);
        occasions.tell();
      },
      onAlarm: (alarm) => alarms.push(alarm),
    },
  );
  const all: World = {
    engine,
    gateway,
    a,
    b,
    occasions,
    events,
    alarms,
    [Symbol.asyncDispose]: async () => {
      await gateway.close();
      await engine.close();
    },
  };
  open.push(all);
  return all;
}

/** Resolves once the peer got this. */
async function got({ occasions }: World, peer: BenchPeer, what: string): Promise<void> {
  await occasions.until(() => peer.sip.log().includes(what));
}

async function establish(all: World): Promise<string> {
  const { a, b } = all;
  a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
  await got(all, b, 'INVITE');
  const { message } = b.sip.request('INVITE');
  b.sip.respond(message, 180);
  await got(all, a, '180 INVITE');
  b.sip.respond(message, 200, { body: b.sdp });
  await got(all, a, '200 INVITE');
  await got(all, b, 'ACK');
  const { toTag = '' } = a.sip.response(200).essentials;
  a.sip.send({ method: 'ACK', callId: 'c1', toTag });
  return toTag;
}

const callEnded = ({ occasions, events }: World): Promise<GatewayEvent> =>
  occasions.until(() => events.find(({ kind }) => kind === 'call-ended'));

it('a call goes through, with media, hold and BYE', async () => {
  const all = await world();
  const { a, b } = all;
  const toTag = await establish(all);
  const [toldA, toldB] = [
    tupleIn(bodyOf(a.sip.response(200))),
    tupleIn(bodyOf(b.sip.request('INVITE'))),
  ];
  a.sendRtp('from A', toldA);
  expect(b.heard).toEqual([`from A from ${publicIp}:${toldB.port}`]);
  const body = a.sdp.replace('sendrecv', 'sendonly');
  a.sip.send({ method: 'INVITE', callId: 'c1', toTag, sequence: 2, body });
  await all.occasions.until(() => bodyOf(b.sip.request('INVITE')).includes('a=sendonly'));
  b.sip.respond(b.sip.request('INVITE').message, 200, {
    body: b.sdp.replace('sendrecv', 'recvonly'),
  });
  await all.occasions.until(() => bodyOf(a.sip.response(200)).includes('a=recvonly'));
  a.sip.send({ method: 'ACK', callId: 'c1', toTag, sequence: 2 });
  a.sip.send({ method: 'BYE', callId: 'c1', toTag, sequence: 3 });
  await got(all, b, 'BYE');
  b.sip.respond(b.sip.request('BYE').message, 200);
  await got(all, a, '200 BYE');
  expect(await callEnded(all)).toMatchObject({ cause: 'hung-up' });
  expect(all.alarms).toEqual([]);
  expect(all.gateway.counts()).toEqual({ calls: 0, sip: undefined });
});

it('a CANCEL while it rings: 487 and CANCEL', async () => {
  const all = await world();
  const { a, b } = all;
  const branch = 'z9hG4bKtcp';
  a.sip.send({ method: 'INVITE', callId: 'c1', branch, body: a.sdp });
  await got(all, b, 'INVITE');
  const { message } = b.sip.request('INVITE');
  b.sip.respond(message, 180);
  await got(all, a, '180 INVITE');
  a.sip.send({ method: 'CANCEL', callId: 'c1', branch });
  await got(all, b, 'CANCEL');
  b.sip.respond(b.sip.request('CANCEL').message, 200);
  b.sip.respond(message, 487);
  expect(await callEnded(all)).toMatchObject({ cause: 'cancelled' });
  await got(all, a, '487 INVITE');
  expect(all.alarms).toEqual([]);
});

it('the gateway closes: the server ends both legs, and holds nothing', async () => {
  const all = await world();
  const { a, b } = all;
  const toTag = await establish(all);
  a.sip.send({ method: 'OPTIONS', callId: 'c1', toTag, sequence: 2 });
  await got(all, a, '200 OPTIONS');
  await all.gateway.close();
  await got(all, a, 'BYE');
  await got(all, b, 'BYE');
  a.sip.respond(a.sip.request('BYE').message, 200);
  b.sip.respond(b.sip.request('BYE').message, 200);
  await all.engine.drain();
  expect(all.engine.counts().dialogs).toBe(0);
});
