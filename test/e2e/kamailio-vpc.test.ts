// Calls between two soft phones that are not ours, one on the Internet and one behind a kamailio in the VPC.
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complete, establish, publicIp } from '../netns/tuple-matrix-situation.ts';
import {
  expectPassedOn,
  expectRouted,
  expectTrueTuple,
  hearEachOther,
  publicSip,
} from './kamailio-expectations.ts';
import { cleanGateway, type CleanGateway } from './kamailio-gateway.ts';
import { kamailioIsMissing } from './kamailio-is-missing.ts';
import {
  callIdsOn,
  callOnLink,
  patienceMs,
  privateAddressesOn,
  repeatedInvites,
  sipOf,
  sipOn,
} from './kamailio-wire.ts';

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

async function openWorld(box: VpcBox, opened: AsyncDisposableStack): Promise<World> {
  await establish(box, complete);
  const { namespaces } = box;
  const gateway = opened.use(
    await cleanGateway(box, {
      inside: `sip:inside@${proxySip}`,
      slow: `sip:slow@${proxySip}`,
      outside: `sip:outside@${peer}:5060`,
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
        expectRouted(links.proxy, proxySip);
        expectPassedOn(links.proxy);
        await gateway.idle();
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
    expectRouted(links.proxy, proxySip);
    expectPassedOn(links.proxy);
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
    const { gateway, links } = world;
    await gateway.nothingLeft();
    for (const link of Object.values(links)) expect(repeatedInvites(link)).toEqual([]);
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
