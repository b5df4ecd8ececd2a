// A kamailio on the Internet as the upstream trunk: it asks its own subscribers who they are, and stays in the route.
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
} from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { complete, establish, publicIp } from '../netns/tuple-matrix-situation.ts';
import {
  expectLadderAgrees,
  expectRouted,
  expectTrueTuple,
  hearEachOther,
  publicSip,
} from './kamailio-expectations.ts';
import { cleanGateway, type CleanGateway } from './kamailio-gateway.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { withLadder } from './kamailio-ladder.ts';
import { callIdsOn, repeatedInvites, sipOn } from './link-wire.ts';

const { peer, secondPeer: trunk, client } = boxAddresses;
const trunkSip = `${trunk}:5060`;
/** Where it believes nobody, the gateway neither. */
const strictSip = `${trunk}:5080`;
const tones = { outside: 440, inside: 620 };
const password = 'not-guessed';

describe.skipIf(boxIsMissing || programsMissing('kamailio', 'baresip', 'rtpengine'))(
  'a kamailio on the Internet as the trunk',
  () => {
    const opened = new AsyncDisposableStack();
    let gateway: CleanGateway;
    let outside: Baresip;
    let inside: Baresip;
    let links: { readonly outside: Capture; readonly inside: Capture };

    beforeAll(async () => {
      const box = opened.use(await openBox());
      await establish(box, complete);
      const { namespaces } = box;
      gateway = opened.use(
        await cleanGateway(box, {
          routes: {
            inside: `sip:inside@${client}:5060`,
            outside: `sip:outside@${trunkSip}`,
            stranger: `sip:outside@${strictSip}`,
          },
        }),
      );
      const namespace = namespaces.peer;
      const forward = { inside: publicSip };
      for (const settings of [
        { forward, challenge: { password, trusted: [publicIp] } },
        { port: 5080, challenge: { password, trusted: [] } },
      ]) {
        opened.use(await startKamailio({ namespace, address: trunk, ...settings }));
      }
      outside = opened.use(
        await startBaresip({
          namespace,
          address: peer,
          account: { user: 'outside', domain: trunk, registrar: trunk, password },
          toneHertz: tones.outside,
        }),
      );
      inside = opened.use(
        await startBaresip({
          namespace: namespaces.client,
          address: client,
          account: { user: 'inside', domain: client },
          toneHertz: tones.inside,
        }),
      );
      links = {
        outside: opened.use(await capture(namespaces.peer, 'pe0')),
        inside: opened.use(await capture(namespaces.client, 'eth0')),
      };
    });
    afterAll(async () => opened.disposeAsync());

    async function call(from: Baresip, uri: string, by: Baresip, times: number): Promise<void> {
      await from.dial(uri);
      const both = [outside, inside];
      await Promise.all(both.map(async (phone) => phone.until('CALL_ESTABLISHED', times)));
      await hearEachOther(links);
      await by.hangUp();
      await Promise.all(both.map(async (phone) => phone.until('CALL_CLOSED', times)));
      await withLadder(Object.values(links), () => {
        expectTrueTuple(links.outside, publicSip, tones.inside);
        expectTrueTuple(links.inside, publicSip, tones.outside);
        expectLadderAgrees(links.outside, publicIp);
        expectLadderAgrees(links.inside, publicIp);
        expectRouted(links.outside, trunkSip);
        expect(privateAddressesIncoming(udpDatagrams(links.outside.packets))).toEqual([]);
      });
      await gateway.idle();
    }

    it('its subscriber calls in, by the trunk, and the called party hangs up', async () => {
      await call(outside, `sip:inside@${trunk}`, inside, 1);
    });

    it('the gateway calls its subscriber, by the trunk, and the caller hangs up', async () => {
      await call(inside, `sip:outside@${publicIp}`, inside, 2);
    });

    it('a trunk that asks who we are is told nothing: the caller gets 403, and nothing stays', async () => {
      await inside.dial(`sip:stranger@${publicIp}`);
      const { param } = await inside.until('CALL_CLOSED', 3);
      expect(param).toMatch(/^403/);
      const refused = sipOn(links.outside).filter(({ callId }) => {
        return callId === callIdsOn(links.outside).at(-1);
      });
      expect(refused.map(({ name }) => name)).toEqual(['INVITE', '407 INVITE', 'ACK']);
      await gateway.idle();
    });

    it('leaves nothing, and no INVITE was sent twice', async () => {
      await gateway.nothingLeft();
      for (const link of Object.values(links)) expect(repeatedInvites(link)).toEqual([]);
    });
  },
);
