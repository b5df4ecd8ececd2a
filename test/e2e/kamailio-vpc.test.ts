// Calls between two soft phones that are not ours, one on the Internet and one behind a kamailio in the VPC.
import { setTimeout as pause } from 'node:timers/promises';
import {
  boxAddresses,
  capture,
  openBox,
  startBaresip,
  privateAddressesIncoming,
  startKamailio,
  udpDatagrams,
  type Baresip,
  type Capture,
  type VpcBox,
} from '@truetuple/lab';
import type { GatewayOptions } from '@truetuple/sip-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { complete, establish, publicIp } from '../netns/tuple-matrix-situation.ts';
import {
  expectLadderAgrees,
  expectPassedOn,
  expectRouted,
  expectTrueTuple,
  hearEachOther,
  publicSip,
} from './kamailio-expectations.ts';
import { cleanGateway, type CleanGateway } from './kamailio-gateway.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { withLadder } from './kamailio-ladder.ts';
import {
  callIdsOn,
  callOnLink,
  patienceMs,
  repeatedInvites,
  rtpOn,
  sipOf,
  sipOn,
} from './link-wire.ts';

const { peer, client, aws } = boxAddresses;
const proxySip = `${client}:5060`;
const tones = { outside: 440, inside: 620 };

interface World {
  readonly gateway: CleanGateway;
  readonly outside: Baresip;
  readonly inside: Baresip;
  /** What the links of the Internet phone, of kamailio and of the VPC phone carried. */
  readonly links: { readonly outside: Capture; readonly proxy: Capture; readonly inside: Capture };
}

type RelayKind = GatewayOptions['media']['kind'];

async function openWorld(relay: RelayKind, opened: AsyncDisposableStack): Promise<World> {
  const box = opened.use(await openBox());
  await establish(box, complete);
  const { namespaces } = box;
  const gateway = opened.use(
    await cleanGateway(box, {
      relay,
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
  return { gateway, outside, inside, links };
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

/** Half a second, since that nothing comes cannot be waited for otherwise. */
async function heardInAWhile(link: Capture): Promise<number> {
  const before = rtpOn(link).length;
  await pause(500);
  return rtpOn(link).length - before;
}

/** Sets calls up and ends them, counting. */
class Conversation {
  readonly world: World;
  #calls = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** Dials, and resolves once both phones say that the call is up and sound came through both ways. */
  async connect(from: Side): Promise<void> {
    const to = from === 'outside' ? 'inside' : 'outside';
    this.#calls += 1;
    await this.world[from].dial(`sip:${to}@${publicIp}`);
    await this.#both('CALL_ESTABLISHED');
    await hearEachOther(this.world.links);
  }

  /** Resolves once nothing of the call is left at the phones; then what the links carried is checked. */
  async hangUp(by: Side): Promise<void> {
    const { links, gateway } = this.world;
    await this.world[by].hangUp();
    await this.#both('CALL_CLOSED');
    await withLadder(Object.values(links), () => {
      expectTrueTuple(links.outside, publicSip, tones.inside);
      expectTrueTuple(links.inside, proxySip, tones.outside);
      expectLadderAgrees(links.outside, publicIp);
      expect(privateAddressesIncoming(udpDatagrams(links.outside.packets))).toEqual([]);
      expectRouted(links.proxy, proxySip);
      expectPassedOn(links.proxy);
    });
    await gateway.idle();
  }

  async #both(type: string): Promise<void> {
    const { outside, inside } = this.world;
    await Promise.all([outside, inside].map(async (phone) => phone.until(type, this.#calls)));
  }
}

const sides = ['outside', 'inside'] as const;
type Side = (typeof sides)[number];

describe.skipIf(boxIsMissing || programsMissing('kamailio', 'baresip', 'rtpengine'))(
  'two baresips, one behind a kamailio in the VPC',
  () => {
    const opened = new AsyncDisposableStack();
    const talks = new Map<RelayKind, Conversation>();
    const relays: readonly RelayKind[] = ['embedded', 'rtpengine'];

    beforeAll(async () => {
      for (const relay of relays)
        talks.set(relay, new Conversation(await openWorld(relay, opened)));
    });
    afterAll(async () => opened.disposeAsync());

    const talkBy = (relay: RelayKind): Conversation => {
      const found = talks.get(relay);
      if (found === undefined) throw new Error(`there is no world with ${relay}`);
      return found;
    };

    for (const relay of relays) {
      for (const from of sides) {
        for (const by of sides) {
          it(`${from} calls, ${by} hangs up: what both are told is what they see, and they hear each other (${relay})`, async () => {
            await talkBy(relay).connect(from);
            await talkBy(relay).hangUp(by);
          });
        }
      }

      it(`a call on hold is silent, and resumed it is heard again (${relay})`, async () => {
        const talk = talkBy(relay);
        const { outside, links } = talk.world;
        await talk.connect('outside');
        await outside.hold();
        await links.inside.waitFor(isOffer('sendonly'), patienceMs);
        await links.outside.waitFor(isOffer('recvonly'), patienceMs);
        // one may be on its way
        expect(await heardInAWhile(links.outside)).toBeLessThanOrEqual(1);
        await outside.resume();
        await hearEachOther(links);
        await talk.hangUp('inside');
      });
    }

    it('a call that its caller gives up while it rings ends at both, through kamailio', async () => {
      const { outside, inside, links } = talkBy('embedded').world;
      const ringing = outside.events.filter(({ type }) => type === 'CALL_RINGING').length;
      await inside.add({ user: 'slow', domain: client, registrar: client, answer: 'manual' });
      await outside.dial(`sip:slow@${publicIp}`);
      await outside.until('CALL_RINGING', ringing + 1);
      await outside.hangUp();
      await links.inside.waitFor((packet) => sipOf(packet)?.name === '487 INVITE', patienceMs);
      const { sip } = callOnLink(links.proxy, callIdsOn(links.proxy).at(-1) ?? '');
      expect(sip.filter(({ name }) => name === 'CANCEL')).toHaveLength(2);
    });

    it('nothing is left: no call, dialog, transaction, socket or call of rtpengine; no INVITE was sent twice', async () => {
      const worlds = relays.map((relay) => talkBy(relay).world);
      await Promise.all(worlds.map(async ({ gateway }) => gateway.nothingLeft()));
      for (const { links } of worlds) {
        for (const link of Object.values(links)) expect(repeatedInvites(link)).toEqual([]);
        expect(sipOn(links.outside).length).toBeGreaterThan(30);
        for (const link of [links.outside, links.inside]) {
          const rtcp = callIdsOn(link).flatMap((callId) => callOnLink(link, callId).rtcp);
          expect(rtcp.length).toBeGreaterThan(0);
        }
        expect(privateAddressesIncoming(udpDatagrams(links.outside.packets))).toEqual([]);
      }
    });
  },
);

/** A session description that came in and says which way media goes. */
function isOffer(way: string): (packet: Capture['packets'][number]) => boolean {
  return (packet) => {
    const sip = sipOf(packet);
    return sip?.direction === 'incoming' && sip.text.includes(`a=${way}`);
  };
}
