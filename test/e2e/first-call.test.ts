import { randomUUID } from 'node:crypto';
import { advertisedTuples, headerValue, parseMessage } from '@truetuple/sip-engine';
import {
  boxAddresses,
  openBox,
  privateAddressesIncoming,
  udpDatagrams,
  type VpcBox,
} from '@truetuple/lab';
import type { GatewayOptions } from '@truetuple/sip-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { complete, establish, publicIp } from '../netns/tuple-matrix-situation.ts';
import type { GatewayChildInput } from './gateway-child.ts';
import { gatewayInPod, podNetworks, type GatewayInPod } from './gateway-in-pod.ts';
import { connect as connectHosts, hangUp, type HostCall } from './host-call.ts';
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

async function connect(a: SipHost, b: SipHost, user: string): Promise<HostCall> {
  const call = await connectHosts(a, b, { user, host: publicIp });
  const { invite, ok } = call;
  expect(headerValue(invite.message, 'contact')).toBe(`<sip:${publicSip}>`);
  expect(headerValue(invite.message, 'via')).toMatch(new RegExp(`^SIP/2.0/UDP ${publicSip};`));
  expect(headerValue(ok.message, 'contact')).toBe(`<sip:${publicSip}>`);
  return call;
}

async function talk(a: SipHost, b: SipHost, { toldA, toldB }: HostCall): Promise<void> {
  for (let count = 1; count <= 5; count += 1) {
    await a.rtp.send(toldA, `${count} from A`);
    await b.rtp.waitForCount(count, patienceMs);
    await b.rtp.send(toldB, `${count} from B`);
    await a.rtp.waitForCount(count, patienceMs);
  }
}

/** What a host's link carried to it: where each datagram came from, and its text. */
function arrivedAt(host: SipHost): readonly { from: string; port: number; text: string }[] {
  return udpDatagrams(host.link.packets)
    .filter(({ direction }) => direction === 'incoming')
    .map(({ source, destination, payload }) => ({
      from: `${source.address}:${source.port}`,
      port: destination.port,
      text: Buffer.from(payload).toString(),
    }));
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
        await hangUp(a, b, call);
        expectTrueTuple(a, call.toldA);
        expectTrueTuple(b, call.toldB);
        expect(privateAddressesIncoming(udpDatagrams(internet.link.packets))).toEqual([]);
      });
    }

    it('SIGTERM: a new call gets 503, the call that is up goes on, and then the process ends by itself', async () => {
      await using internet = await openSipHost(box, 'peer', publicIp);
      await using vpc = await openSipHost(box, 'client', publicIp);
      const call = await connect(internet, vpc, 'inward');
      const { sdp: body, sip } = internet;
      await gateway.drain();
      sip.send({ method: 'INVITE', callId: 'late', body });
      await internet.until('503 INVITE');
      await internet.rtp.send(call.toldA, 'still there');
      await vpc.rtp.waitForCount(1, patienceMs);
      await hangUp(internet, vpc, call);
      expect(await gateway.drained()).toMatchObject({ calls: 0 });
      expect(await gateway.exited).toEqual({ code: 0, signal: null });
    });
  },
);
