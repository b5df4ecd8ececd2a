// Calls between two soft phones that are not ours, one on the Internet and one behind a kamailio in the VPC.
import { headerValue } from '@truetuple/sip-engine';
import {
  boxAddresses,
  capture,
  openBox,
  startBaresip,
  startKamailio,
  type Baresip,
  type Capture,
  type VpcBox,
} from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { complete, establish, publicIp } from '../netns/tuple-matrix-situation.ts';
import { gatewayInPod, podNetworks, type GatewayInPod } from './gateway-in-pod.ts';
import { kamailioIsMissing } from './kamailio-is-missing.ts';
import {
  callIdsOn,
  callOnLink,
  patienceMs,
  privateAddressesOn,
  repeatedInvites,
  sipOf,
  sipOn,
  toneIn,
  udpSockets,
  untilRtp,
} from './kamailio-wire.ts';

const { peer, client, aws } = boxAddresses;
const publicSip = `${publicIp}:5060`;
const proxySip = `${client}:5060`;
/** Transactions linger for 64*T1: about ten seconds. */
const quick = { t1Ms: 150, t4Ms: 1500, timerDMs: 1000 };
const tones = { outside: 440, inside: 620 };
/** Half a second of speech. */
const enough = 25;

interface World {
  readonly gateway: GatewayInPod;
  readonly outside: Baresip;
  readonly inside: Baresip;
  /** What the links of the Internet phone, of kamailio and of the VPC phone carried. */
  readonly links: { readonly outside: Capture; readonly proxy: Capture; readonly inside: Capture };
  readonly socketsBefore: number;
}

async function openWorld(box: VpcBox, opened: AsyncDisposableStack): Promise<World> {
  await establish(box, complete);
  const { namespaces } = box;
  const gateway = opened.use(
    await gatewayInPod(box, {
      options: {
        ...podNetworks,
        signalling: { kind: 'embedded', timing: quick },
        media: { kind: 'embedded', quarantineMs: 200, tickMs: 100 },
      },
      routes: {
        inside: `sip:inside@${proxySip}`,
        slow: `sip:slow@${proxySip}`,
        outside: `sip:outside@${peer}:5060`,
      },
    }),
  );
  const links = {
    outside: opened.use(await capture(namespaces.peer, 'pe0')),
    proxy: opened.use(await capture(namespaces.client, 'eth0')),
    inside: opened.use(await capture(namespaces.aws, 'eth0')),
  };
  const [inside, outside] = await openPhones(box, opened);
  return { gateway, outside, inside, links, socketsBefore: udpSockets(gateway.pid) };
}

async function openPhones(
  { namespaces }: VpcBox,
  opened: AsyncDisposableStack,
): Promise<readonly [Baresip, Baresip]> {
  opened.use(await startKamailio({ namespace: namespaces.client, address: client }));
  const phones = await Promise.all([
    startBaresip({
      namespace: namespaces.aws,
      address: aws,
      account: { user: 'inside', domain: client, registrar: client },
      toneHertz: tones.inside,
    }),
    startBaresip({
      namespace: namespaces.peer,
      address: peer,
      account: { user: 'outside', domain: peer },
      toneHertz: tones.outside,
    }),
  ]);
  for (const phone of phones) opened.use(phone);
  return phones;
}

/** The last call on a link: SIP and RTP came from what was told, and the sound is the other phone's tone. */
function expectTrueTuple(link: Capture, signalling: string, hertz: number): void {
  const { sip, told, rtp } = callOnLink(link, callIdsOn(link).at(-1) ?? '');
  const incoming = sip.filter(({ direction }) => direction === 'incoming');
  expect(incoming.length).toBeGreaterThan(2);
  expect(new Set(incoming.map(({ from }) => from))).toEqual(new Set([signalling]));
  for (const { message, name } of incoming) {
    if (/INVITE/.test(name) && name !== '100 INVITE') {
      expect(headerValue(message, 'contact')).toMatch(new RegExp(`<sip:${publicSip}>`));
    }
  }
  expect(told).toEqual([expect.stringMatching(new RegExp(`^${publicIp}:\\d+$`))]);
  expect(rtp.length).toBeGreaterThanOrEqual(enough);
  expect(new Set(rtp.map(({ from }) => from))).toEqual(new Set(told));
  expect(toneIn(rtp, hertz)).toBeGreaterThan(0.95);
}

/** The last call went through kamailio whole: it was named in Record-Route, so ACK and BYE take its route too. */
function expectWholeRoute(link: Capture): void {
  const { sip } = callOnLink(link, callIdsOn(link).at(-1) ?? '');
  const requests = sip.filter(({ message }) => message.kind === 'request');
  for (const method of ['INVITE', 'ACK', 'BYE']) {
    const those = requests.filter(({ name }) => name === method);
    const count = those.filter(({ direction }) => direction === 'incoming').length;
    expect(count).toBeGreaterThan(0);
    expect(those).toHaveLength(2 * count);
  }
  for (const { name, from, message, text } of requests) {
    const isInDialog = name !== 'INVITE' || /^To:.*;tag=/im.test(text);
    if (from !== publicSip || !isInDialog) continue;
    expect(headerValue(message, 'route')).toMatch(new RegExp(`^<sip:${client}[;:].*lr`));
  }
}

async function hearEachOther({ outside, inside }: World['links']): Promise<void> {
  await Promise.all([untilRtp(outside, enough), untilRtp(inside, enough)]);
}

describe.skipIf(kamailioIsMissing)('two baresips, one behind a kamailio in the VPC', () => {
  const opened = new AsyncDisposableStack();
  let world: World;
  let calls = 0;

  beforeAll(async () => {
    world = await openWorld(opened.use(await openBox()), opened);
  });
  afterAll(async () => opened.disposeAsync());

  /** Dials, and resolves once both phones say that the call is up and sound came through both ways. */
  async function connect(from: 'outside' | 'inside'): Promise<void> {
    const { outside, inside, links } = world;
    const to = from === 'outside' ? 'inside' : 'outside';
    calls += 1;
    await world[from].dial(`sip:${to}@${publicIp}`);
    await Promise.all([
      outside.until('CALL_ESTABLISHED', calls),
      inside.until('CALL_ESTABLISHED', calls),
    ]);
    await hearEachOther(links);
  }

  async function hangUp(who: 'outside' | 'inside'): Promise<void> {
    const { outside, inside } = world;
    await world[who].hangUp();
    await Promise.all([outside.until('CALL_CLOSED', calls), inside.until('CALL_CLOSED', calls)]);
  }

  for (const from of ['outside', 'inside'] as const) {
    for (const by of ['outside', 'inside'] as const) {
      it(`${from} calls, ${by} hangs up: what both are told is what they see, and they hear each other`, async () => {
        const { links, gateway } = world;
        await connect(from);
        await hangUp(by);
        expectTrueTuple(links.outside, publicSip, tones.inside);
        expectTrueTuple(links.inside, proxySip, tones.outside);
        expect(privateAddressesOn(links.outside)).toEqual([]);
        expectWholeRoute(links.proxy);
        await vi.waitFor(async () => {
          expect(await gateway.counts()).toMatchObject({ calls: 0, sip: { dialogs: 0 } });
        });
      });
    }
  }

  it('a call on hold is silent one way, and resumed it is heard again', async () => {
    const { outside, links } = world;
    await connect('outside');
    await outside.hold();
    await links.inside.waitFor(isOffer('sendonly'), patienceMs);
    await links.outside.waitFor(isOffer('recvonly'), patienceMs);
    await outside.resume();
    await hearEachOther(links);
    await hangUp('inside');
    expectTrueTuple(links.outside, publicSip, tones.inside);
    expectTrueTuple(links.inside, proxySip, tones.outside);
    expectWholeRoute(links.proxy);
  });

  it('a call that its caller gives up while it rings ends at both, through kamailio', async () => {
    const { outside, inside, links } = world;
    const ringing = outside.events.filter(({ type }) => type === 'CALL_RINGING').length;
    await inside.add({ user: 'slow', domain: client, registrar: client, answer: 'manual' });
    await outside.dial(`sip:slow@${publicIp}`);
    await inside.until('CALL_INCOMING');
    await outside.until('CALL_RINGING', ringing + 1);
    await outside.hangUp();
    await links.inside.waitFor((packet) => sipOf(packet)?.name === '487 INVITE', patienceMs);
    const names = callOnLink(links.proxy, callIdsOn(links.proxy).at(-1) ?? '').sip.map(
      ({ name }) => name,
    );
    expect(names.filter((name) => name === 'CANCEL')).toHaveLength(2);
  });

  it('leaves nothing: no call, dialog, transaction or socket, and no INVITE was sent twice', async () => {
    const { gateway, links, socketsBefore } = world;
    await vi.waitFor(
      async () => {
        const nothing = { dialogs: 0, transactions: 0, timers: 0, malformed: 0 };
        expect(await gateway.counts()).toMatchObject({ calls: 0, sip: nothing });
        expect(udpSockets(gateway.pid)).toBe(socketsBefore);
      },
      { timeout: 20_000, interval: 200 },
    );
    for (const link of Object.values(links)) expect(repeatedInvites(link)).toEqual([]);
    const { sip } = await gateway.counts();
    expect(sip).toMatchObject({ retransmissionsIn: 0, retransmissionsOut: 0 });
    expect(sipOn(links.outside).length).toBeGreaterThan(30);
    expect(privateAddressesOn(links.outside)).toEqual([]);
  });
});

/** A session description that came in and says which way media goes. */
function isOffer(way: string): (packet: Capture['packets'][number]) => boolean {
  return (packet) => {
    const sip = sipOf(packet);
    return sip?.direction === 'incoming' && sip.text.includes(`a=${way}`);
  };
}
