// Calls that lead back to us: to our own addresses, by a kamailio that sends them back, by what a caller says of itself.
import { randomUUID } from 'node:crypto';
import type { SipRequest } from '@truetuple/sip-engine';
import type { PeerRequest } from '@truetuple/sip-engine/testing';
import { boxAddresses, openBox, startKamailio, type VpcBox } from '@truetuple/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { complete, establish, privateIp, publicIp } from '../netns/tuple-matrix-situation.ts';
import { publicSip } from './kamailio-expectations.ts';
import { cleanGateway, type CleanGateway } from './kamailio-gateway.ts';
import { programsMissing } from '../netns/programs-missing.ts';
import { openSipHost, type SipHost } from './sip-host.ts';

const sdp = [
  'v=0',
  `o=- 7 7 IN IP4 ${boxAddresses.peer}`,
  's=-',
  `c=IN IP4 ${boxAddresses.peer}`,
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  '',
].join('\r\n');
const proxySip = `${boxAddresses.client}:5060`;

const requestUri = `sip:b@${publicIp}`;

describe.skipIf(boxIsMissing || programsMissing('kamailio', 'baresip', 'rtpengine'))(
  'a call that leads back to us',
  () => {
    const opened = new AsyncDisposableStack();
    let box: VpcBox;
    let gateway: CleanGateway;

    beforeAll(async () => {
      box = opened.use(await openBox());
      await establish(box, complete);
      gateway = opened.use(
        await cleanGateway(box, {
          routes: {
            public: `sip:public@${publicSip}`,
            elsewhere: `sip:public@${publicIp}:5080`,
            private: `sip:private@${privateIp}`,
            spiral: `sip:spiral@${proxySip}`,
            b: `sip:b@${boxAddresses.aws}`,
          },
        }),
      );
      const { namespaces } = box;
      const forward = { spiral: publicSip };
      opened.use(
        await startKamailio({
          namespace: namespaces.client,
          address: boxAddresses.client,
          forward,
        }),
      );
    });
    afterAll(async () => opened.disposeAsync());

    /** Calls this user, and resolves with what the call was refused with, once nothing of it is held. */
    async function refusal(user: string, invite: Partial<PeerRequest>): Promise<string> {
      await using caller = await openSipHost(box, 'peer', publicIp);
      const [callId, branch] = [randomUUID(), `z9hG4bK${randomUUID()}`];
      const to = { callId, branch, requestUri: `sip:${user}@${publicIp}` };
      caller.sip.send({ method: 'INVITE', ...to, ...invite });
      const { message, essentials } = await caller.untilRefused();
      const toTag = essentials.toTag ?? '';
      caller.sip.send({ method: 'ACK', ...to, toTag });
      await gateway.idle();
      return message.kind === 'response' ? String(message.status) : message.method;
    }

    for (const user of ['public', 'elsewhere', 'private']) {
      it(`to our ${user} address gets 482`, async () => {
        expect(await refusal(user, { body: sdp })).toBe('482');
      });
    }

    it('by a proxy that sends it back gets 482: it still has the name that we gave it', async () => {
      expect(await refusal('spiral', { body: sdp })).toBe('482');
      expect(await refusal('spiral', {})).toBe('482');
    });

    for (const maxForwards of [20, 21]) {
      it(`by somebody who calls back under another name: 483 once its ${maxForwards} hops are used up`, async () => {
        await using other = await openSipHost(box, 'aws', publicIp);
        const came = callBack(other);
        expect(await refusal('b', { body: sdp, maxForwards })).toBe('483');
        expect(came()).toBe(Math.ceil(maxForwards / 2));
      });
    }

    it('with no hop left is refused by us', async () => {
      expect(await refusal('b', { maxForwards: 0, body: sdp })).toBe('483');
    });

    for (const own of [publicIp, privateIp]) {
      it(`with media that is to go to ${own} gets 482`, async () => {
        const body = sdp.replace(/c=.*/, `c=IN IP4 ${own}`);
        expect(await refusal('b', { body })).toBe('482');
      });

      it(`with a Contact that says ${own} is taken, and ends without a word to ourselves`, async () => {
        await using a = await openSipHost(box, 'peer', publicIp);
        await using b = await openSipHost(box, 'aws', publicIp);
        const headers = [`Contact: <sip:peer@${own}>`];
        const callId = randomUUID();
        const invite = { method: 'INVITE', callId, requestUri, headers, contact: false, body: sdp };
        a.sip.send(invite);
        const { message, essentials } = await b.until('INVITE');
        if (message.kind !== 'request') throw new Error('an INVITE is a request');
        b.sip.respond(message, 200, { body: b.sdp });
        const { toTag = '' } = (await a.until('200 INVITE')).essentials;
        a.sip.send({ method: 'ACK', callId, toTag, requestUri });
        await b.until('ACK');
        const dialog = { callId: essentials.callId, fromTag: 'callee', toTag: essentials.fromTag };
        b.sip.send({ method: 'BYE', ...dialog, requestUri: `sip:${publicSip}` });
        await b.until('200 BYE');
        await gateway.idle();
        expect(a.sip.log()).toEqual(['100 INVITE', '200 INVITE']);
      });
    }

    it('leaves nothing', async () => {
      await gateway.nothingLeft();
    });
  },
);

/**
 * Answers each call by a new one to the same user, as another back-to-back user agent might, and refuses it as that one
 * was refused. Gives the way to tell how many came.
 */
function callBack({ sip, sdp: body }: SipHost): () => number {
  const open = new Map<string, { readonly request: SipRequest; readonly branch: string }>();
  sip.onGot(({ message, essentials }) => {
    if (message.kind === 'request') {
      if (message.method !== 'INVITE') return;
      const [callId, branch] = [randomUUID(), `z9hG4bK${randomUUID()}`];
      const hops = essentials.maxForwards ?? 0;
      if (hops === 0) sip.respond(message, 483);
      else {
        open.set(callId, { request: message, branch });
        const maxForwards = hops - 1;
        sip.send({ method: 'INVITE', callId, branch, maxForwards, body, requestUri });
      }
    } else if (message.status >= 300) {
      const { callId, toTag = '' } = essentials;
      const call = open.get(callId);
      if (call === undefined) throw new Error('an answer to no call of ours');
      sip.send({ method: 'ACK', callId, branch: call.branch, toTag, requestUri });
      sip.respond(call.request, message.status);
    }
  });
  return () => sip.log().filter((entry) => entry === 'INVITE').length;
}
