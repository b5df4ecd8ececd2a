import { randomUUID } from 'node:crypto';
import { advertisedTuples, headerValue, parseMessage } from '@truetuple/sip-engine';
import type { Got } from '@truetuple/sip-engine/testing';
import { boxAddresses, openBox, type VpcBox } from '@truetuple/lab';
import type { GatewayOptions } from '@truetuple/sip-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { complete, establish, publicIp } from '../netns/tuple-matrix-situation.ts';
import type { GatewayChildInput } from './gateway-child.ts';
import { gatewayInPod, podNetworks, type GatewayInPod } from './gateway-in-pod.ts';
import { sipServerInPod } from './sip-server-in-pod.ts';
import { openSipHost, rtpPort, sipPort, type SipHost } from './sip-host.ts';

const inputWith = (signalling: GatewayOptions['signalling']): GatewayChildInput => ({
  options: { ...podNetworks, signalling, media: { kind: 'embedded' } },
  routes: {
    inward: `sip:b@${boxAddresses.client}:${sipPort}`,
    outward: `sip:b@${boxAddresses.peer}:${sipPort}`,
  },
});
type Signalling = GatewayOptions['signalling'];

const patienceMs = 10_000;
const publicSip = `${publicIp}:${sipPort}`;

/** The tuple that a session description tells for audio. */
function mediaIn({ message }: Got): string {
  const sdp = Buffer.from(message.body).toString();
  const address = /^c=IN IP4 (\S+)/m.exec(sdp)?.[1];
  return `${address}:${/^m=audio (\d+)/m.exec(sdp)?.[1]}`;
}

interface Connected {
  readonly callId: string;
  readonly toTag: string;
  readonly toldA: string;
  readonly toldB: string;
}

async function connect(a: SipHost, b: SipHost, user: string): Promise<Connected> {
  const callId = randomUUID();
  const requestUri = `sip:${user}@${publicSip}`;
  a.sip.send({ method: 'INVITE', callId, requestUri, body: a.sdp });
  const invite = await b.until('INVITE');
  if (invite.message.kind !== 'request') throw new Error('an INVITE is a request');
  b.sip.respond(invite.message, 180);
  await a.until('180 INVITE');
  b.sip.respond(invite.message, 200, { body: b.sdp });
  const ok = await a.until('200 INVITE');
  const toTag = ok.essentials.toTag ?? '';
  a.sip.send({ method: 'ACK', callId, toTag, requestUri: `sip:${publicSip}` });
  await b.until('ACK');
  expect(headerValue(invite.message, 'contact')).toBe(`<sip:${publicSip}>`);
  expect(headerValue(invite.message, 'via')).toMatch(new RegExp(`^SIP/2.0/UDP ${publicSip};`));
  expect(headerValue(ok.message, 'contact')).toBe(`<sip:${publicSip}>`);
  return { callId, toTag, toldA: mediaIn(ok), toldB: mediaIn(invite) };
}

async function talk(a: SipHost, b: SipHost, { toldA, toldB }: Connected): Promise<void> {
  for (let count = 1; count <= 5; count += 1) {
    await a.rtp.send(toldA, `${count} from A`);
    await b.rtp.waitForCount(count, patienceMs);
    await b.rtp.send(toldB, `${count} from B`);
    await a.rtp.waitForCount(count, patienceMs);
  }
}

/** What a host's link carried to it: where each datagram came from, and its text. */
function arrivedAt(host: SipHost): readonly { from: string; port: number; text: string }[] {
  return host.link.packets.flatMap(({ direction, frame: { network } }) => {
    if (direction !== 'incoming' || network.kind !== 'ipv4') return [];
    const { transport } = network;
    if (transport.kind !== 'udp') return [];
    const from = `${network.source}:${transport.sourcePort}`;
    const text = Buffer.from(transport.payload).toString();
    return [{ from, port: transport.destinationPort, text }];
  });
}

/** SIP and RTP reached this host from what it was told, and told it nothing else. */
function expectTrueTuple(host: SipHost, told: string): void {
  const arrived = arrivedAt(host);
  const sip = arrived.filter(({ port }) => port === sipPort);
  const rtp = arrived.filter(({ port }) => port === rtpPort);
  expect(sip.length).toBeGreaterThan(2);
  expect(rtp).toHaveLength(5);
  expect(new Set(sip.map(({ from }) => from))).toEqual(new Set([publicSip]));
  expect(new Set(rtp.map(({ from }) => from))).toEqual(new Set([told]));
  expect(told).toMatch(new RegExp(`^${publicIp}:\\d+$`));
  for (const { text } of sip) {
    const parsed = parseMessage(Buffer.from(text));
    if (parsed.kind !== 'message') throw new Error(`no SIP message: ${text}`);
    for (const tuple of advertisedTuples(parsed.message)) {
      // of a dialog's identifiers the host's own are repeated to it
      const own = ['via', 'from', 'to', 'call-id'].includes(tuple.kind) ? host.address : publicIp;
      if (tuple.kind !== 'call-id') expect([publicIp, own]).toContain(tuple.host);
    }
  }
}

function expectNoPrivateAddress(host: SipHost): void {
  const privateAddress = /\b(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.64)\.\d+\.\d+\b/;
  for (const { from, text } of arrivedAt(host)) {
    expect(from).not.toMatch(privateAddress);
    expect(text).not.toMatch(privateAddress);
  }
}

/** Who does the SIP: the gateway's own process, or another one beside it in the pod. */
const servers: readonly [
  string,
  (box: VpcBox, open: AsyncDisposableStack) => Promise<Signalling>,
][] = [
  ['its own SIP server', async () => ({ kind: 'embedded' })],
  [
    'a SIP server in another process',
    async (box, open) => {
      const secret = randomUUID();
      const server = open.use(
        await sipServerInPod(box, { networks: podNetworks, sipPort, secret }),
      );
      return { kind: 'drachtio-server', host: '127.0.0.1', port: server.port, secret };
    },
  ],
];

describe.skipIf(boxIsMissing).each(servers)(
  'a first call through a gateway with %s',
  (_name, serve) => {
    let box: VpcBox;
    let gateway: GatewayInPod;
    const open = new AsyncDisposableStack();

    beforeAll(async () => {
      box = open.use(await openBox());
      await establish(box, complete);
      const signalling = await serve(box, open);
      gateway = open.use(await gatewayInPod(box, inputWith(signalling)));
    });
    afterAll(async () => {
      await open.disposeAsync();
    });

    for (const direction of ['inward', 'outward']) {
      it(`${direction}: both peers are told the public tuple and see it on the wire, for SIP and RTP`, async () => {
        await using internet = await openSipHost(box, 'peer', publicIp);
        await using vpc = await openSipHost(box, 'client', publicIp);
        const [a, b] = direction === 'inward' ? [internet, vpc] : [vpc, internet];
        const call = await connect(a, b, direction);
        await talk(a, b, call);
        const { callId, toTag, toldA, toldB } = call;
        a.sip.send({ method: 'BYE', callId, toTag, sequence: 2, requestUri: `sip:${publicSip}` });
        const bye = await b.until('BYE');
        if (bye.message.kind === 'request') b.sip.respond(bye.message, 200);
        await a.until('200 BYE');
        expectTrueTuple(a, toldA);
        expectTrueTuple(b, toldB);
        expectNoPrivateAddress(internet);
      });
    }

    it('SIGTERM: a new call gets 503, the call that is up goes on, and then the process ends by itself', async () => {
      await using internet = await openSipHost(box, 'peer', publicIp);
      await using vpc = await openSipHost(box, 'client', publicIp);
      const { callId, toTag, toldA } = await connect(internet, vpc, 'inward');
      const { sdp: body, sip } = internet;
      await gateway.drain();
      sip.send({ method: 'INVITE', callId: 'late', body });
      await internet.until('503 INVITE');
      await internet.rtp.send(toldA, 'still there');
      await vpc.rtp.waitForCount(1, patienceMs);
      sip.send({ method: 'BYE', callId, toTag, sequence: 2 });
      const bye = await vpc.until('BYE');
      if (bye.message.kind === 'request') vpc.sip.respond(bye.message, 200);
      expect(await gateway.drained()).toMatchObject({ calls: 0 });
      expect(await gateway.exited).toEqual({ code: 0, signal: null });
    });
  },
);
