// UPDATE (RFC 3311) inside of a call, with an application that takes its time.
import Srf from 'drachtio-srf';
import { afterEach, describe, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp, type RawApp } from '../testing/raw-app.ts';
import type { SipPeer } from '../testing/sip-peer.ts';
import { startApp } from '../testing/srf-app.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n';
const callId = 'u';
const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

interface Call {
  readonly bench: EngineBench;
  readonly app: RawApp;
  readonly peer: SipPeer;
  readonly toTag: string;
  /** Lets the application answer the last request of this method. */
  readonly answer: (method: string, status: number, body?: string) => Promise<void>;
  /** What the peer hears last after its UPDATE. */
  readonly update: (sequence: number, body: string) => Promise<string | undefined>;
  /** Ends the call, and nothing is left. */
  readonly hangUp: (sequence: number) => Promise<void>;
}

/** A call from the peer that the application has answered so. */
async function open(status: number): Promise<Call> {
  const bench = createEngineBench();
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  const answer = async (method: string, code: number, body = ''): Promise<void> => {
    app.say(`${app.transactionOf(`${method} `)}|`, [`SIP/2.0 ${code} So`], body);
    await bench.run(10);
  };
  peer.send({ method: 'INVITE', callId, body: sdp });
  await bench.run(10);
  await answer('INVITE', status, status === 200 ? sdp : '');
  const toTag = peer.response(status).essentials.toTag ?? '';
  const update = async (sequence: number, body: string): Promise<string | undefined> => {
    peer.send({ method: 'UPDATE', callId, toTag, sequence, body });
    await bench.run(10);
    return peer.log().at(-1);
  };
  const hangUp = async (sequence: number): Promise<void> => {
    peer.send({ method: 'BYE', callId, toTag, sequence });
    await bench.run(10);
    await answer('BYE', 200);
    await bench.run(40_000);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  };
  if (status === 200) peer.send({ method: 'ACK', callId, toTag });
  await bench.run(10);
  return { bench, app, peer, toTag, answer, update, hangUp };
}

it('one at a time: the second gets 500 until the first is answered', async () => {
  const { peer, answer, update, hangUp } = await open(200);
  expect(await update(2, sdp)).toBe('200 INVITE');
  expect(await update(3, '')).toBe('500 UPDATE');
  expect(Number(headerValue(peer.response(500).message, 'retry-after'))).toBeLessThanOrEqual(10);
  await answer('UPDATE', 200, sdp);
  expect(peer.log().at(-1)).toBe('200 UPDATE');
  await update(4, sdp);
  await answer('UPDATE', 488);
  expect(peer.log().at(-1)).toBe('488 UPDATE');
  await hangUp(5);
});

it('with an offer while an INVITE of the peer is open: 500; without one it goes through', async () => {
  const { bench, peer, toTag, answer, update, hangUp } = await open(200);
  peer.send({ method: 'INVITE', callId, toTag, sequence: 2, body: sdp });
  await bench.run(10);
  expect(await update(3, sdp)).toBe('500 UPDATE');
  await update(4, '');
  await answer('UPDATE', 200);
  expect(peer.log().at(-1)).toBe('200 UPDATE');
  await answer('INVITE', 200, sdp);
  peer.send({ method: 'ACK', callId, toTag, sequence: 2 });
  await hangUp(5);
});

it('with an offer while an INVITE of ours is open: 491', async () => {
  const { bench, app, peer, update, hangUp } = await open(200);
  const dialog = `${callId};from-tag=peer`;
  app.say(`|${dialog}`, ['INVITE sip:placeholder SIP/2.0'], sdp);
  await bench.run(10);
  expect(await update(2, sdp)).toBe('491 UPDATE');
  peer.respond(peer.request('INVITE').message, 488);
  await bench.run(10);
  await hangUp(3);
});

it('a success says our Contact where the application does not', async () => {
  const { peer, answer, update, hangUp } = await open(200);
  await update(2, sdp);
  await answer('UPDATE', 200, sdp);
  expect(peer.log().at(-1)).toBe('200 UPDATE');
  expect(headerValue(peer.response(200).message, 'contact')).toBe('<sip:10.0.0.1:5060>');
  await hangUp(3);
});

it('an offer of ours that waits for its answer: 491 for an offer and an INVITE of the peer', async () => {
  const { bench, app, peer, toTag, update, answer, hangUp } = await open(200);
  const offer = async (): Promise<string> => {
    const id = app.say(`|${callId};from-tag=peer`, ['UPDATE sip:placeholder SIP/2.0'], sdp);
    await bench.run(10);
    return id;
  };
  await offer();
  const { message } = peer.request('UPDATE');
  expect(await update(2, sdp)).toBe('491 UPDATE');
  peer.send({ method: 'INVITE', callId, toTag, sequence: 3, body: sdp });
  await bench.run(10);
  expect(peer.log().at(-1)).toBe('491 INVITE');
  // 5.1: a second one does not go out, and the application hears why
  await offer();
  expect(peer.request('UPDATE').message).toBe(message);
  expect(app.heard.at(-1)).toContain('SIP/2.0 491');
  app.say(`|${callId};from-tag=peer`, ['INVITE sip:placeholder SIP/2.0'], sdp);
  await bench.run(10);
  expect(app.heard.at(-1)).toContain('SIP/2.0 491');
  // one without an offer goes through
  await update(4, '');
  await answer('UPDATE', 200);
  expect(peer.log().at(-1)).toBe('200 UPDATE');
  peer.respond(message, 200, { body: sdp });
  await bench.run(10);
  await offer();
  // the end of the first transaction does not free the second offer
  await bench.run(5_100);
  expect(await update(5, sdp)).toBe('491 UPDATE');
  peer.respond(peer.request('UPDATE').message, 200, { body: sdp });
  await bench.run(10);
  await update(6, sdp);
  await answer('UPDATE', 200, sdp);
  await hangUp(7);
});

it('before the call is answered: the target that it moves stays moved', async () => {
  const { bench, app, peer, toTag, answer, hangUp } = await open(180);
  const elsewhere = bench.peer(7);
  const contact = `Contact: <sip:peer@${elsewhere.address.address}>`;
  peer.send({ method: 'UPDATE', callId, toTag, sequence: 2, contact: false, headers: [contact] });
  await bench.run(10);
  await answer('UPDATE', 200);
  await answer('INVITE', 200, sdp);
  peer.send({ method: 'ACK', callId, toTag });
  await bench.run(10);
  app.say(`|${callId};from-tag=peer`, ['INFO sip:placeholder SIP/2.0']);
  await bench.run(10);
  expect(elsewhere.log()).toEqual(['INFO']);
  elsewhere.respond(elsewhere.request('INFO').message, 200);
  await hangUp(3);
});

it('before the call is answered: the application says what it makes of it', async () => {
  const { bench, peer, toTag, answer, update, hangUp } = await open(180);
  await update(2, sdp);
  await answer('UPDATE', 405);
  expect(peer.log().at(-1)).toBe('405 UPDATE');
  await answer('INVITE', 200, sdp);
  peer.send({ method: 'ACK', callId, toTag });
  await bench.run(10);
  await hangUp(3);
});

describe('before the call is answered, drachtio-srf keeps track of the offers by itself', () => {
  it('a caller that offers again before it has an answer gets 500 with Retry-After', async () => {
    const bench = await startApp(Srf, (app) => app.invite((_req, res) => res.send(180)));
    opened.push(bench);
    const peer = bench.peer(2);
    peer.send({ method: 'INVITE', callId, body: sdp });
    await bench.run(10);
    const { toTag } = peer.response(180).essentials;
    peer.send({ method: 'UPDATE', callId, toTag, sequence: 2, body: sdp });
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('500 UPDATE');
    expect(headerValue(peer.response(500).message, 'retry-after')).toBe('5');
    peer.send({ method: 'BYE', callId, toTag, sequence: 3 });
  });

  it('a callee that offers before it has answered gets the offer of the INVITE for an answer', async () => {
    const bench = await startApp(Srf, () => undefined);
    opened.push(bench);
    const peer = bench.peer(2);
    void bench.app.createUAC('sip:b@10.0.0.2', { localSdp: sdp }).catch(() => undefined);
    await bench.run(10);
    const { message, essentials } = peer.request('INVITE');
    peer.respond(message, 180);
    await bench.run(10);
    const { callId: ofCall, fromTag: toTag } = essentials;
    peer.send({ method: 'UPDATE', callId: ofCall, fromTag: 'callee', toTag, body: sdp });
    await bench.run(10);
    const answer = peer.response(200);
    expect(answer.essentials.cseq.method).toBe('UPDATE');
    expect(Buffer.from(answer.message.body).toString()).toBe(sdp);
    peer.respond(message, 486);
    await bench.run(10);
  });
});
