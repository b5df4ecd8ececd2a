import { startRtpengine, type Rtpengine } from '@truetuple/lab';
import { openUdpTransport, type Transport } from '@truetuple/sip-engine';
import { SipPeer } from '@truetuple/sip-engine/testing';
import {
  createGateway,
  rtpengineRelay,
  type Cidr,
  type Gateway,
  type GatewayEvent,
  type GatewayOptions,
  type Ipv4Address,
  type MediaRelay,
} from '@truetuple/sip-gateway';
import { contractPath } from '@truetuple/sip-gateway/testing';
import { describe, expect, it } from 'vitest';
import { bodyOf, tupleIn } from '../../packages/sip-gateway/src/testing/gateway-calls.ts';
import { realPeer } from '../netns/media-peer.ts';
import { freePort } from './free-port.ts';
import { programsMissing } from '../netns/programs-missing.ts';

const privateIp = '127.0.0.10' as Ipv4Address;
const publicIp = '127.0.0.20' as Ipv4Address;
const vpcHost = '127.0.2.1';
const privateHost = '127.0.3.1';

/** On loopback nobody is of the Internet: the two classes that are left have a socket each. */
const identity: GatewayOptions['identity'] = {
  publicIp,
  privateIp,
  subnetCidr: '127.0.0.0/24' as Cidr,
  vpcCidrs: ['127.0.2.0/24' as Cidr],
  bind: { internet: privateIp, vpc: publicIp },
  delivery: 'both',
};

const interfaces = { internet: 'out', vpc: 'pub', 'other-private': 'pri' };

interface Daemon extends AsyncDisposable {
  readonly control: { readonly host: string; readonly port: number };
  readonly process: Rtpengine;
  /** A second look at it. */
  readonly relay: MediaRelay;
}

async function startDaemon(): Promise<Daemon> {
  await using opened = new AsyncDisposableStack();
  const control = { host: '127.0.0.1', port: await freePort(privateIp) };
  const daemon = opened.use(
    await startRtpengine({
      interfaces: [`out/${privateIp}!${publicIp}`, `pub/${publicIp}`, `pri/${privateIp}`],
      controlPort: control.port,
      ports: { first: 27_100, last: 27_199 },
    }),
  );
  const relay = opened.adopt(
    rtpengineRelay({ pathTo: contractPath, control }, { timeoutMs: 500 }),
    async (each) => each.close().catch(() => undefined),
  );
  const resources = opened.move();
  return {
    control,
    process: daemon,
    relay,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function start(
  control: Daemon['control'],
  sipPort: number,
  onEvent: (event: GatewayEvent) => void = () => undefined,
): Promise<Gateway> {
  return createGateway({
    identity,
    sipPort,
    signalling: { kind: 'embedded', timing: { t1Ms: 50, t2Ms: 100, t4Ms: 100, timerDMs: 200 } },
    media: { kind: 'rtpengine', control, interfaces, timeoutMs: 300 },
    route: () => ({ kind: 'to', uri: `sip:b@${privateHost}:${sipPort}` }),
    onEvent,
  });
}

/** A host with SIP and one RTP socket. */
interface Host extends AsyncDisposable {
  readonly sip: SipPeer;
  readonly media: Awaited<ReturnType<typeof realPeer>>;
  readonly sdp: string;
  readonly until: (what: string) => Promise<void>;
}

async function openHost(address: string, sipPort: number, dialled: string): Promise<Host> {
  const transport: Transport = await openUdpTransport({ address, port: sipPort });
  const sip = new SipPeer(transport, { address: dialled, port: sipPort });
  const media = await realPeer(address);
  let look: (() => void) | undefined;
  sip.onGot(() => look?.());
  return {
    sip,
    media,
    sdp: [
      'v=0',
      `o=- 7 7 IN IP4 ${address}`,
      's=-',
      `c=IN IP4 ${address}`,
      't=0 0',
      `m=audio ${media.port} RTP/AVP 0`,
      '',
    ].join('\r\n'),
    until: (what) =>
      new Promise((resolve) => {
        look = () => {
          if (sip.log().includes(what)) resolve();
        };
        look();
      }),
    [Symbol.asyncDispose]: async () => {
      await transport.close();
      await media[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(programsMissing('rtpengine'))('a gateway with rtpengine', () => {
  it('each class of peer by its own interface; a daemon that stops is a 503; nothing is left', async () => {
    await using daemon = await startDaemon();
    const sipPort = await freePort(privateIp);
    const ended = Promise.withResolvers<void>();
    const gateway = await start(daemon.control, sipPort, ({ kind }) => {
      if (kind === 'call-ended') ended.resolve();
    });
    await using a = await openHost(vpcHost, sipPort, publicIp);
    await using b = await openHost(privateHost, sipPort, privateIp);

    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await b.until('INVITE');
    const { message: invite } = b.sip.request('INVITE');
    b.sip.respond(invite, 200, { body: b.sdp });
    await a.until('200 INVITE');
    const { message: ok, essentials } = a.sip.response(200);
    const { toTag } = essentials;
    a.sip.send({ method: 'ACK', callId: 'c1', toTag });
    const [toldA, toldB] = [
      tupleIn(Buffer.from(ok.body).toString()),
      tupleIn(Buffer.from(invite.body).toString()),
    ];
    expect([toldA.address, toldB.address]).toEqual([publicIp, privateIp]);
    await a.media.send('from a, not quite RTP', toldA);
    expect((await b.media.next()).from).toEqual(toldB);
    await b.media.send('from b, not quite RTP', toldB);
    expect((await a.media.next()).from).toEqual(toldA);
    expect(await daemon.relay.statistics('c1;from-tag=peer')).toBeDefined();

    a.sip.send({ method: 'BYE', callId: 'c1', toTag, sequence: 2 });
    await b.until('BYE');
    b.sip.respond(b.sip.request('BYE').message, 200);
    await a.until('200 BYE');
    await ended.promise;
    expect(gateway.counts().calls).toBe(0);
    expect(await daemon.relay.statistics('c1;from-tag=peer')).toBeUndefined();

    daemon.process.signal('SIGSTOP');
    a.sip.send({ method: 'INVITE', callId: 'c2', body: a.sdp });
    await a.until('503 INVITE');
    a.sip.send({ method: 'ACK', callId: 'c2', toTag: a.sip.response(503).essentials.toTag });
    daemon.process.signal('SIGCONT');
    await gateway.close();
    expect(await daemon.relay.statistics('c2;from-tag=peer')).toBeUndefined();
  });

  it('closes when its rtpengine is gone with a call in it, and says so', async () => {
    await using daemon = await startDaemon();
    const sipPort = await freePort(privateIp);
    const failed: string[] = [];
    const gateway = await start(daemon.control, sipPort, (event) => {
      if (event.kind === 'relay-failed') failed.push(event.because);
    });
    await using a = await openHost(vpcHost, sipPort, publicIp);
    await using b = await openHost(privateHost, sipPort, privateIp);
    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await b.until('INVITE');
    daemon.process.signal('SIGKILL');
    await gateway.close();
    expect(failed).toEqual([expect.stringContaining('did not answer delete')]);
  });

  it('an offer of the callee, with nothing before it', async () => {
    await using daemon = await startDaemon();
    const sipPort = await freePort(privateIp);
    const gateway = await start(daemon.control, sipPort);
    await using a = await openHost(vpcHost, sipPort, publicIp);
    await using b = await openHost(privateHost, sipPort, privateIp);
    a.sip.send({ method: 'INVITE', callId: 'c1' });
    await b.until('INVITE');
    b.sip.respond(b.sip.request('INVITE').message, 200, { body: b.sdp });
    await a.until('200 INVITE');
    const { message: ok, essentials } = a.sip.response(200);
    a.sip.send({ method: 'ACK', callId: 'c1', toTag: essentials.toTag, body: a.sdp });
    await b.until('ACK');
    const [toldA, toldB] = [
      tupleIn(Buffer.from(ok.body).toString()),
      tupleIn(bodyOf(b.sip.request('ACK'))),
    ];
    expect([toldA.address, toldB.address]).toEqual([publicIp, privateIp]);
    await a.media.send('from a, not quite RTP', toldA);
    expect((await b.media.next()).from).toEqual(toldB);
    await b.media.send('from b, not quite RTP', toldB);
    expect((await a.media.next()).from).toEqual(toldA);
    await gateway.close();
    expect(await daemon.relay.statistics('c1;from-tag=peer')).toBeUndefined();
  });
});

it('a gateway whose rtpengine does not answer does not start, and leaves no socket', async () => {
  const control = { host: '127.0.0.1', port: await freePort(privateIp) };
  const sipPort = await freePort(privateIp);
  await expect(start(control, sipPort)).rejects.toMatchObject({
    code: 'MediaRelayUnreachable',
    remedy: expect.stringContaining('--listen-ng') as unknown,
  });
  const socket = await openUdpTransport({ address: publicIp, port: sipPort });
  await socket.close();
});
