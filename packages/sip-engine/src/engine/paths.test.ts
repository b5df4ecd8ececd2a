// One engine, several sockets: what each peer is told, and which socket it sees, follows from where it is.
import Srf from 'drachtio-srf';
import { afterEach, describe, expect, it } from 'vitest';
import { createSipEngine } from '../engine.ts';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { SipPeer } from '../testing/sip-peer.ts';
import { startApp, type AppBench, type SrfApp, type SrfDialog } from '../testing/srf-app.ts';
import { VirtualNetwork } from '../testing/virtual-network.ts';
import type { SendPath } from '../transport/send-path.ts';
import type { Transport } from '../transport/transport.ts';
import type { Tuple } from '../transport/tuple.ts';
import { createServer } from 'node:net';

const publicHost = '203.0.113.50';
const privateHost = '10.0.2.128';
const onPremisesHost = '192.168.5.1';
const port = 5060;
const internetPeer = '198.51.100.7';
const vpcPeer = '10.0.3.10';
const onPremisesPeer = '192.168.9.9';

interface World extends AppBench {
  /** What the engine's sockets sent to this host: first line or status, the socket, and the text. */
  readonly sentTo: (host: string) => { line: string; from: string; text: string }[];
  readonly peerAt: (host: string) => SipPeer;
}

const worlds: World[] = [];

afterEach(async () => endEngines(worlds));

/** Internet: told the public address, sent from the private one. VPC: public both. On premises: its own network's. */
async function openWorld(setUp: (app: SrfApp) => void): Promise<World> {
  const clock = new FakeClock();
  const network = new VirtualNetwork(clock);
  const open = (address: string): Transport => network.open({ address, port });
  const sockets = [open(privateHost), open(publicHost), open(onPremisesHost)] as const;
  const path = (transport: Transport, host: string): SendPath => ({
    transport,
    advertised: { host, port },
  });
  const internet = path(sockets[0], publicHost);
  const vpc = path(sockets[1], publicHost);
  const onPremises = path(sockets[2], onPremisesHost);
  const pathTo = ({ address }: Tuple): SendPath | undefined => {
    if (address.startsWith('10.')) return vpc;
    if (address.startsWith('192.168.')) return onPremises;
    return address.startsWith('198.51.100.') ? internet : undefined;
  };
  const engine = createSipEngine({
    transports: sockets,
    secret: 'bench',
    clock,
    contact: { host: publicHost, port },
    pathTo,
    // the first one may not be called
    resolver: { addressesOf: async () => ['224.0.1.75', onPremisesPeer] },
  });
  const bench: EngineBench = {
    clock,
    network,
    engine,
    server: createServer(),
    peer: noPeer,
    run: async (ms) => clock.advanceSettled(ms),
  };
  const world: World = {
    ...(await startApp(Srf, setUp, bench)),
    sentTo: (host) =>
      network.sent
        .filter(({ destination }) => destination.address === host)
        .map(({ bytes, source }) => {
          const text = Buffer.from(bytes).toString();
          return { line: text.split('\r\n')[0] ?? '', from: source.address, text };
        }),
    peerAt: (host) => peerOn(open(host)),
  };
  worlds.push(world);
  return world;
}

/** A peer that calls what it is told; the Internet gateway takes it to the private address. */
function peerOn(transport: Transport): SipPeer {
  const { address } = transport.localAddress;
  const isMapped = address.startsWith('198.51.100.');
  const calls = address.startsWith('192.168.') ? onPremisesHost : publicHost;
  const wire: Transport = {
    kind: 'udp',
    localAddress: transport.localAddress,
    send: (bytes, destination, onFailure) => {
      const to = isMapped ? { ...destination, address: privateHost } : destination;
      transport.send(bytes, to, onFailure);
    },
    onMessage: (listener) => transport.onMessage(listener),
    onFailure: (listener) => transport.onFailure(listener),
    close: () => transport.close(),
  };
  return new SipPeer(wire, { address: calls, port });
}

const sdpOf = (host: string): string =>
  `v=0\r\no=- 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n`;

/** Every address of ours that stands in a text. */
function ownHostsIn(text: string): string[] {
  const own = [publicHost, privateHost, onPremisesHost];
  return own.filter((host) => text.includes(host));
}

const peers = [
  ['the Internet', internetPeer, privateHost, publicHost],
  ['a VPC subnet that routes our /32', vpcPeer, publicHost, publicHost],
  ['a network of its own', onPremisesPeer, onPremisesHost, onPremisesHost],
] as const;

describe('a call from a peer in', () => {
  for (const [where, host, socket, told] of peers) {
    it(`${where}: each message by its socket, each address of ours the one it is told`, async () => {
      const dialogs: SrfDialog[] = [];
      const world = await openWorld((app) =>
        app.invite((req, res) => {
          void app
            .createUAS(req, res, { localSdp: sdpOf(told) })
            .then((each) => dialogs.push(each));
        }),
      );
      const peer = world.peerAt(host);
      peer.send({ method: 'INVITE', callId: 'c', body: sdpOf(host) });
      await world.run(20);
      const { message, essentials } = peer.response(200);
      expect(headerValue(message, 'contact')).toBe(`<sip:${told}:${port}>`);
      peer.send({ method: 'ACK', callId: 'c', toTag: essentials.toTag });
      await world.run(20);
      void dialogs[0]?.modify(sdpOf(told).replace('m=audio', 'a=sendonly\r\nm=audio'));
      await world.run(700);
      peer.respond(peer.request('INVITE').message, 200, { body: sdpOf(host) });
      await world.run(20);
      void dialogs[0]?.destroy();
      await world.run(20);
      peer.respond(peer.request('BYE').message, 200);
      const sent = world.sentTo(host);
      expect(sent.map(({ line }) => line.split(' ').slice(0, 2).join(' '))).toEqual([
        'SIP/2.0 100',
        'SIP/2.0 200',
        `INVITE sip:peer@${host}:${port}`,
        `INVITE sip:peer@${host}:${port}`,
        `ACK sip:callee@${host}:${port}`,
        `BYE sip:callee@${host}:${port}`,
      ]);
      expect(new Set(sent.map(({ from }) => from))).toEqual(new Set([socket]));
      expect(new Set(sent.flatMap(({ text }) => ownHostsIn(text)))).toEqual(new Set([told]));
      for (const { text } of sent.filter(({ line }) => !line.startsWith('SIP/2.0'))) {
        expect(text).toContain(`Via: SIP/2.0/UDP ${told}:${port};`);
      }
      await world.run(40_000);
      expect(world.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
    });
  }
});

describe('a back-to-back call', () => {
  for (const [where, host, socket, told] of peers) {
    it(`from the Internet to ${where}: each leg by its own path`, async () => {
      const world = await openWorld((app) =>
        app.invite((req, res) => {
          const options = { localSdpA: sdpOf(publicHost), localSdpB: sdpOf(told) };
          const headers = { from: 'sip:caller@localhost', contact: 'sip:caller@localhost' };
          void app
            .createB2BUA(req, res, `sip:b@${host}:5080`, { ...options, headers })
            .then(({ uas, uac }) => uas.on('destroy', () => void uac.destroy()));
        }),
      );
      const caller = world.peerAt('198.51.100.99');
      const callee = peerOn(world.network.open({ address: host, port: 5080 }));
      const callId = 'c';
      caller.send({ method: 'INVITE', callId, body: sdpOf('198.51.100.99') });
      await world.run(20);
      const { message: invite } = callee.request('INVITE');
      expect(headerValue(invite, 'contact')).toBe(`<sip:caller@${told}:${port}>`);
      expect(headerValue(invite, 'from')).toContain(`<sip:caller@${told}:${port}>`);
      callee.respond(invite, 180);
      callee.respond(invite, 200, { body: sdpOf(host) });
      await world.run(20);
      const { toTag } = caller.response(200).essentials;
      caller.send({ method: 'ACK', callId, toTag });
      caller.send({ method: 'BYE', callId, toTag, sequence: 2 });
      await world.run(20);
      callee.respond(callee.request('BYE').message, 200);
      const toCallee = world.sentTo(host);
      expect(toCallee.map(({ line }) => line.split(' ')[0])).toEqual(['INVITE', 'ACK', 'BYE']);
      expect(new Set(toCallee.map(({ from }) => from))).toEqual(new Set([socket]));
      expect(new Set(toCallee.flatMap(({ text }) => ownHostsIn(text)))).toEqual(new Set([told]));
      const toCaller = world.sentTo('198.51.100.99');
      expect(new Set(toCaller.map(({ from }) => from))).toEqual(new Set([privateHost]));
      expect(new Set(toCaller.flatMap(({ text }) => ownHostsIn(text)))).toEqual(
        new Set([publicHost]),
      );
      await world.run(40_000);
      expect(world.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
    });
  }
});

describe('where a peer is not what it was', () => {
  it('a new target in another network: told and called by that path, Contact and all', async () => {
    const dialogs: SrfDialog[] = [];
    const world = await openWorld((app) =>
      app.invite((req, res) => {
        const headers = { contact: '<sip:desk@localhost>' };
        void app
          .createUAS(req, res, { localSdp: sdpOf(publicHost), headers })
          .then((each) => dialogs.push(each));
      }),
    );
    const caller = world.peerAt(internetPeer);
    const callId = 'moves';
    caller.send({ method: 'INVITE', callId, body: sdpOf(internetPeer) });
    await world.run(20);
    const { message, essentials } = caller.response(200);
    expect(headerValue(message, 'contact')).toBe(`<sip:desk@${publicHost}:${port}>`);
    const { toTag } = essentials;
    caller.send({ method: 'ACK', callId, toTag });
    const headers = [`Contact: <sip:peer@${onPremisesPeer}:${port}>`];
    caller.send({ method: 'INVITE', callId, toTag, sequence: 2, contact: false, headers });
    await world.run(20);
    caller.send({ method: 'ACK', callId, toTag, sequence: 2 });
    const moved = world.peerAt(onPremisesPeer);
    void dialogs[0]?.modify(sdpOf(onPremisesHost));
    await world.run(20);
    const { message: invite } = moved.request('INVITE');
    expect(headerValue(invite, 'contact')).toBe(`<sip:desk@${onPremisesHost}:${port}>`);
    expect(world.sentTo(onPremisesPeer).map(({ from }) => from)).toEqual([onPremisesHost]);
    moved.respond(invite, 200, { body: sdpOf(onPremisesPeer) });
    await world.run(20);
    void dialogs[0]?.destroy();
    await world.run(20);
    moved.respond(moved.request('BYE').message, 200);
    await world.run(40_000);
    expect(world.engine.counts()).toMatchObject({ dialogs: 0, timers: 0, guardRefusals: 0 });
  });

  it('a name: the path of the address that it leads to, the name kept in the Request-URI', async () => {
    const world = await openWorld(() => undefined);
    const callee = world.peerAt(onPremisesPeer);
    void world.app.request('sip:b@pbx.example.com', { method: 'OPTIONS' });
    await world.run(20);
    const { message } = callee.request('OPTIONS');
    expect(message.requestUri).toBe('sip:b@pbx.example.com');
    expect(headerValue(message, 'via')).toContain(`${onPremisesHost}:${port};`);
    callee.respond(message, 200);
  });

  it('a request to another socket than the one it was told: answered from the one it was told', async () => {
    const world = await openWorld((app) => app.options((_req, res) => res.send(200)));
    const vpc = world.network.open({ address: vpcPeer, port });
    new SipPeer(vpc, { address: privateHost, port }).send({ method: 'OPTIONS', callId: 'dials' });
    await world.run(20);
    expect(world.sentTo(vpcPeer)).toMatchObject([{ line: 'SIP/2.0 200 OK', from: publicHost }]);
  });

  it('a target where nothing may be sent: refused, and the call ends here', async () => {
    const dialogs: SrfDialog[] = [];
    const world = await openWorld((app) =>
      app.invite((req, res) => {
        void app
          .createUAS(req, res, { localSdp: sdpOf(publicHost) })
          .then((each) => dialogs.push(each));
      }),
    );
    const caller = world.peerAt(internetPeer);
    const headers = ['Contact: <sip:peer@224.0.1.75>'];
    caller.send({ method: 'INVITE', callId: 'far', contact: false, headers, body: sdpOf('x') });
    await world.run(20);
    caller.send({ method: 'ACK', callId: 'far', toTag: caller.response(200).essentials.toTag });
    await world.run(20);
    const ended = dialogs[0]?.destroy();
    const refused = expect(ended).rejects.toThrow('nothing may be sent to 224.0.1.75:5060');
    await world.run(20);
    await refused;
    expect(world.engine.counts().dialogs).toBe(0);
    await world.run(40_000);
  });

  it('without a rule, a peer is answered and called from the socket that it called', async () => {
    const clock = new FakeClock();
    const network = new VirtualNetwork(clock);
    const transports = ['10.0.0.1', '10.0.0.2'].map((address) => network.open({ address, port }));
    const engine = createSipEngine({ transports, secret: 'bench', clock });
    const bench = { clock, network, engine, server: createServer(), peer: noPeer };
    const run = async (ms: number): Promise<void> => clock.advanceSettled(ms);
    const dialogs: SrfDialog[] = [];
    await startApp(
      Srf,
      (app) =>
        app.invite((req, res) => {
          void app
            .createUAS(req, res, { localSdp: sdpOf('10.0.0.2') })
            .then((each) => dialogs.push(each));
        }),
      { ...bench, run },
    );
    const peer = new SipPeer(network.open({ address: '10.0.0.9', port }), {
      address: '10.0.0.2',
      port,
    });
    peer.send({ method: 'INVITE', callId: 'second', body: sdpOf('10.0.0.9') });
    await run(20);
    peer.send({ method: 'ACK', callId: 'second', toTag: peer.response(200).essentials.toTag });
    await run(20);
    void dialogs[0]?.destroy();
    await run(20);
    peer.respond(peer.request('BYE').message, 200);
    const ours = network.sent.filter(({ destination }) => destination.address === '10.0.0.9');
    expect(new Set(ours.map(({ source }) => source.address))).toEqual(new Set(['10.0.0.2']));
    expect(ours).toHaveLength(3);
    await run(40_000);
    await engine.close();
  });
});

function noPeer(): never {
  throw new Error('take peerAt');
}
