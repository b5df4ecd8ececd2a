// The ACK of a 2xx, which is the application's and is repeated by the engine (RFC 3261 13.2.2.4).
import { afterEach, describe, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import type { SipRequest } from '../message/message.ts';
import { endEngines } from '../testing/end-engines.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { placeCall, sdp, type PlacedCall } from '../testing/raw-call.ts';
import type { SipPeer } from '../testing/sip-peer.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

const credentials = (user: string): string =>
  `Digest username="${user}", realm="r", nonce="n", uri="sip:b@10.0.0.2", response="0"`;

/** Sequence numbers of the ACKs that came, counted from the first INVITE. */
function acks(peer: SipPeer): number[] {
  const requests = peer.got.filter(({ message }) => message.kind === 'request');
  const first = requests[0]?.essentials.cseq.sequence ?? 0;
  return requests
    .filter(({ essentials }) => essentials.cseq.method === 'ACK')
    .map(({ essentials }) => essentials.cseq.sequence - first);
}

it('has the credentials of its INVITE, unless the application writes its own', async () => {
  const written = `Proxy-Authorization: ${credentials('a')}`;
  const { bench, peer, respond, ask } = await placeCall([written]);
  opened.push(bench);
  const told = (): string | undefined => {
    const { message } = peer.request('ACK');
    return headerValue(message, 'proxy-authorization') ?? headerValue(message, 'authorization');
  };
  await respond(200, { body: sdp });
  await ask('ACK');
  expect(told()).toBe(credentials('a'));
  await ask('INVITE', sdp, [`Authorization: ${credentials('b')}`]);
  peer.respond(peer.request('INVITE').message, 200, { body: sdp });
  await bench.run(10);
  await ask('ACK');
  expect(told()).toBe(credentials('b'));
  await ask('INVITE', sdp, [`Authorization: ${credentials('c')}`]);
  peer.respond(peer.request('INVITE').message, 200, { body: sdp });
  await bench.run(10);
  await ask('ACK', '', [`Authorization: ${credentials('d')}`]);
  expect(told()).toBe(credentials('d'));
  expect(
    peer.request('ACK').message.headers.filter(({ key }) => key === 'authorization'),
  ).toHaveLength(1);
  await ask('INVITE', sdp);
  peer.respond(peer.request('INVITE').message, 200, { body: sdp });
  await bench.run(10);
  await ask('ACK');
  expect(told()).toBeUndefined();
});

it('of a fork that nobody wants has them, too', async () => {
  const { bench, peer, respond, ask } = await placeCall([`Authorization: ${credentials('a')}`]);
  opened.push(bench);
  await respond(200, { tag: 'A', body: sdp });
  await ask('ACK');
  await respond(200, { tag: 'B', body: sdp });
  const { message, essentials } = peer.request('ACK');
  expect(essentials.toTag).toBe('B');
  expect(headerValue(message, 'authorization')).toBe(credentials('a'));
});

it('is repeated for a 2xx of its own INVITE, and not for that of the next one', async () => {
  const { bench, peer, respond, ask } = await placeCall();
  opened.push(bench);
  await respond(200, { body: sdp });
  await ask('ACK');
  await respond(200, { body: sdp });
  expect(acks(peer)).toEqual([0, 0]);
  await ask('INVITE', sdp);
  const { message } = peer.request('INVITE');
  for (let times = 0; times < 2; times += 1) peer.respond(message, 200, { body: sdp });
  await bench.run(10);
  expect(acks(peer)).toEqual([0, 0]);
  await ask('ACK');
  peer.respond(message, 200, { body: sdp });
  await bench.run(10);
  expect(acks(peer)).toEqual([0, 0, 1, 1]);
});

it('is repeated for a 2xx that still comes when the next INVITE has been acknowledged', async () => {
  const { bench, peer, respond, ask } = await placeCall();
  opened.push(bench);
  await respond(200, { body: sdp });
  await ask('ACK');
  await ask('INVITE', sdp);
  peer.respond(peer.request('INVITE').message, 200, { body: sdp });
  await bench.run(10);
  await ask('ACK');
  await respond(200, { body: sdp });
  expect(acks(peer)).toEqual([0, 1, 0]);
  await ask('BYE');
  peer.respond(peer.request('BYE').message, 200);
  await bench.run(10);
  await respond(200, { body: sdp });
  expect(acks(peer)).toEqual([0, 1, 0, 0]);
});

it("of a 2xx that comes when our BYE is out is the engine's own, and the application hears 487", async () => {
  const { bench, app, peer, ask } = await inviteAgain();
  const { message: again } = peer.request('INVITE');
  await ask('BYE');
  for (let times = 0; times < 2; times += 1) {
    peer.respond(again, 200, { body: sdp });
    await bench.run(10);
  }
  expect(acks(peer)).toEqual([0, 1, 1]);
  expect(app.heard.at(-1)).toContain('SIP/2.0 487 ');
  peer.respond(peer.request('BYE').message, 200);
});

interface InvitedAgain extends PlacedCall {
  readonly again: SipRequest;
  /** How many answers to INVITEs with this status the application heard of. */
  readonly told: (status: string) => number;
}

/** A call of the application that is up, with a second INVITE of its own that rings. */
async function inviteAgain(): Promise<InvitedAgain> {
  const call = await placeCall();
  opened.push(call.bench);
  await call.respond(200, { body: sdp });
  await call.ask('ACK');
  await call.ask('INVITE', sdp);
  const { message: again } = call.peer.request('INVITE');
  call.peer.respond(again, 180);
  await call.bench.run(10);
  const told = (status: string): number =>
    call.app.heard.filter(
      (text) => text.includes(`\r\nSIP/2.0 ${status} `) && /CSeq: \d+ INVITE/.test(text),
    ).length;
  return { ...call, again, told };
}

describe('of a 2xx to an INVITE in a dialog', () => {
  it.each([200, 202])(
    'that crossed its CANCEL is repeated, and the application hears of one %i',
    async (status) => {
      const { bench, app, peer, ask, again, told } = await inviteAgain();
      const before = told(String(status));
      app.say(`${app.transactionOf('SIP/2.0 180')}|`, ['CANCEL sip:placeholder SIP/2.0']);
      await bench.run(0);
      const repeat = async (): Promise<void> => {
        peer.respond(again, status, { body: sdp });
        await bench.run(10);
      };
      await repeat();
      expect(peer.log().at(-1)).toBe('CANCEL');
      await repeat();
      expect(acks(peer)).toEqual([0]);
      await ask('ACK');
      for (let times = 0; times < 3; times += 1) await repeat();
      expect(acks(peer)).toEqual([0, 1, 1, 1, 1]);
      expect([told(String(status)) - before, told('487')]).toEqual([1, 0]);
    },
  );

  it.each(['peer', 'application'])(
    'is sent by the engine once the %s has ended the dialog, and the application hears 487',
    async (whose) => {
      const { bench, app, peer, ask, again, told } = await inviteAgain();
      if (whose === 'peer') {
        const { fromTag: toTag } = peer.request('INVITE').essentials;
        peer.send({ method: 'BYE', callId: 'c', fromTag: 'callee', toTag });
        await bench.run(10);
        app.say(`${app.transactionOf('BYE ')}|`, ['SIP/2.0 200 OK']);
      } else {
        await ask('BYE');
        peer.respond(peer.request('BYE').message, 200);
      }
      await bench.run(10);
      expect(bench.engine.counts().dialogs).toBe(0);
      const before = told('200');
      for (let times = 0; times < 3; times += 1) {
        peer.respond(again, 200, { contact: '<sip:moved@10.0.0.2>', body: sdp });
        await bench.run(10);
      }
      expect(acks(peer)).toEqual([0, 1, 1, 1]);
      expect(peer.request('ACK').message.requestUri).toBe('sip:moved@10.0.0.2');
      expect([told('200') - before, told('487')]).toEqual([0, 1]);
      expect(peer.log().filter((line) => line === 'BYE')).toHaveLength(whose === 'peer' ? 0 : 1);
    },
  );
});

it('is sent by the engine when the application was lost: the call may outlive that', async () => {
  const { bench, app, peer, ask, again } = await inviteAgain();
  app.hangUp();
  await bench.run(10);
  expect(peer.log().at(-1)).toBe('CANCEL');
  peer.respond(peer.request('CANCEL').message, 200);
  for (let times = 0; times < 2; times += 1) {
    peer.respond(again, 200, { body: sdp });
    await bench.run(10);
  }
  expect(acks(peer)).toEqual([0, 1, 1]);
  await ask('INFO');
  expect(peer.log().at(-1)).toBe('INFO');
});

it('is sent by the engine where the application has ended the early dialog that it belongs to', async () => {
  const { bench, app, peer, respond, ask } = await placeCall();
  opened.push(bench);
  await respond(180);
  await ask('BYE');
  peer.respond(peer.request('BYE').message, 200);
  await bench.run(10);
  const headers = ['Record-Route: <sip:p1@10.0.0.2;lr>'];
  for (let times = 0; times < 2; times += 1) await respond(200, { headers, body: sdp });
  expect(acks(peer)).toEqual([0, 0]);
  expect(headerValue(peer.request('ACK').message, 'route')).toBe('<sip:p1@10.0.0.2;lr>');
  expect(app.heard.at(-1)).toContain('\r\nSIP/2.0 487 ');
  expect(peer.log().filter((line) => line === 'BYE')).toHaveLength(1);
});
