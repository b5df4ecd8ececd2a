// Session timers (RFC 4028) of calls in memory, with an unmodified drachtio-srf application and no real time.
import Srf from 'drachtio-srf';
import { afterEach, describe, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { establishCall } from '../testing/establish-call.ts';
import { headerValue, headerValues } from '../message/header-list.ts';
import type { SipPeer } from '../testing/sip-peer.ts';
import { startApp, type AppBench, type SrfDialog } from '../testing/srf-app.ts';

const sdp =
  'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

interface Call {
  readonly bench: AppBench;
  readonly peer: SipPeer;
  readonly toTag: string;
  readonly dialog: SrfDialog;
  /** Why the application was told that the call is over. */
  readonly reasons: string[];
}

/** A call from the peer that asks for this session. */
async function callIn(headers: readonly string[], supported?: readonly string[]): Promise<Call> {
  const dialogs: SrfDialog[] = [];
  const options = supported === undefined ? {} : { supported };
  const bench = await startApp(
    Srf,
    (app) =>
      app.invite((req, res) => {
        void app.createUAS(req, res, { localSdp: sdp }).then((each) => dialogs.push(each));
      }),
    createEngineBench(options),
  );
  opened.push(bench);
  const peer = bench.peer(2);
  const toTag = await establishCall(bench, peer, { callId: 's', headers, body: sdp });
  const [dialog] = dialogs;
  if (dialog === undefined) throw new Error('the application has no call');
  const reasons: string[] = [];
  dialog.on('destroy', (req) => reasons.push(req.get('Reason')));
  return { bench, peer, toTag, dialog, reasons };
}

async function hangUp({ bench, peer, toTag }: Call, sequence: number): Promise<void> {
  peer.send({ method: 'BYE', callId: 's', toTag, sequence });
  await bench.run(40_000);
  expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
}

const requestsIn = (peer: SipPeer): string[] =>
  peer.log().filter((line) => !/^\d/.test(line) && line !== 'ACK');

/** Requests of this method without their repeats. */
const attemptsIn = (peer: SipPeer, method: string): number =>
  new Set(
    peer.got
      .filter(({ message }) => message.kind === 'request' && message.method === method)
      .map(({ essentials }) => essentials.cseq.sequence),
  ).size;

describe('the peer refreshes', () => {
  const asks = ['Session-Expires: 120', 'Supported: timer'];

  it('is told so, and each INVITE or UPDATE of its own keeps the call', async () => {
    const call = await callIn(asks);
    const { bench, peer, toTag } = call;
    const { message } = peer.response(200);
    expect(headerValue(message, 'session-expires')).toBe('120;refresher=uac');
    expect(headerValue(message, 'require')).toBe('timer');
    for (const [sequence, method] of [
      [2, 'INVITE'],
      [3, 'UPDATE'],
      [4, 'INVITE'],
    ] as const) {
      await bench.run(60_000);
      peer.send({ method, callId: 's', toTag, sequence, headers: asks, body: sdp });
      await bench.run(10);
      expect(headerValue(peer.response(200).message, 'session-expires')).toBe('120;refresher=uac');
      if (method === 'INVITE') peer.send({ method: 'ACK', callId: 's', toTag, sequence });
    }
    await bench.run(60_000);
    expect(requestsIn(peer)).toEqual([]);
    await hangUp(call, 5);
  });

  it('and when it does not, the call ends 32 seconds before the time, and the application hears why', async () => {
    const { bench, peer, reasons } = await callIn(asks);
    await bench.run(87_000);
    expect(requestsIn(peer)).toEqual([]);
    await bench.run(1_100);
    expect(requestsIn(peer)).toEqual(['BYE']);
    peer.respond(peer.request('BYE').message, 200);
    await bench.run(40_000);
    expect(reasons).toEqual([expect.stringContaining('Session timer expired')]);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  });

  it('and stops the timer by a refresh without one', async () => {
    const call = await callIn(asks);
    const { bench, peer, toTag } = call;
    peer.send({ method: 'INVITE', callId: 's', toTag, sequence: 2, body: sdp });
    await bench.run(10);
    expect(headerValue(peer.response(200).message, 'session-expires')).toBeUndefined();
    peer.send({ method: 'ACK', callId: 's', toTag, sequence: 2 });
    await bench.run(200_000);
    expect(requestsIn(peer)).toEqual([]);
    await hangUp(call, 3);
  });
});

describe('the engine refreshes', () => {
  const asks = ['Session-Expires: 120;refresher=uas', 'Supported: timer'];

  it('by UPDATE without a body where the peer allows it', async () => {
    const call = await callIn([...asks, 'Allow: INVITE, ACK, BYE, UPDATE']);
    const { bench, peer } = call;
    expect(headerValue(peer.response(200).message, 'session-expires')).toBe('120;refresher=uas');
    expect(headerValue(peer.response(200).message, 'require')).toBeUndefined();
    for (let round = 1; round <= 3; round += 1) {
      await bench.run(60_000);
      expect(requestsIn(peer)).toHaveLength(round);
      const { message } = peer.request('UPDATE');
      expect(message.body).toHaveLength(0);
      expect(headerValue(message, 'session-expires')).toBe('120;refresher=uac');
      peer.respond(message, 200, { headers: ['Session-Expires: 120;refresher=uac'] });
      await bench.run(10);
    }
    await hangUp(call, 2);
  });

  it('by INVITE with the description that the peer has, acknowledged again for each repeat', async () => {
    const call = await callIn(asks);
    const { bench, peer } = call;
    await bench.run(60_000);
    const { message } = peer.request('INVITE');
    expect(Buffer.from(message.body).toString()).toBe(sdp);
    const options = { body: sdp, headers: ['Session-Expires: 120;refresher=uac'] };
    peer.respond(message, 180);
    peer.respond(message, 200, options);
    peer.respond(message, 200, options);
    await bench.run(10);
    expect(peer.log().slice(-3)).toEqual(['INVITE', 'ACK', 'ACK']);
    await bench.run(59_000);
    expect(requestsIn(peer)).toEqual(['INVITE']);
    await bench.run(2_000);
    peer.respond(peer.request('INVITE').message, 200, options);
    await hangUp(call, 2);
  });

  it('by INVITE, which is acknowledged also when the peer has hung up meanwhile', async () => {
    const call = await callIn(asks);
    const { bench, peer, toTag } = call;
    await bench.run(60_000);
    const { message } = peer.request('INVITE');
    peer.send({ method: 'BYE', callId: 's', toTag, sequence: 2 });
    await bench.run(10);
    for (let times = 0; times < 2; times += 1) peer.respond(message, 200, { body: sdp });
    await bench.run(10);
    expect(peer.log().slice(-3)).toEqual(['200 BYE', 'ACK', 'ACK']);
    await bench.run(40_000);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  });

  it.each([481, 408])('%s: the call is over at once', async (status) => {
    const { bench, peer, reasons } = await callIn(asks);
    await bench.run(60_000);
    peer.respond(peer.request('INVITE').message, status);
    await bench.run(10);
    expect(requestsIn(peer)).toEqual(['INVITE', 'BYE']);
    expect(reasons).toHaveLength(1);
    peer.respond(peer.request('BYE').message, 200);
    await bench.run(40_000);
  });

  it('one that cannot leave is tried again, and the call goes on', async () => {
    const call = await callIn([...asks, 'Allow: INVITE, ACK, BYE, UPDATE']);
    const { bench, peer } = call;
    const allow = bench.network.refuse(({ source }) => source.address === '10.0.0.1');
    await bench.run(60_000);
    allow();
    await bench.run(10_000);
    expect(requestsIn(peer)).toEqual(['UPDATE']);
    const headers = ['Session-Expires: 120;refresher=uac'];
    peer.respond(peer.request('UPDATE').message, 200, { headers });
    await hangUp(call, 2);
  });

  it('an INVITE that never gets its final response is given up after the call', async () => {
    const call = await callIn(asks);
    const { bench, peer, toTag } = call;
    await bench.run(60_000);
    peer.respond(peer.request('INVITE').message, 100);
    await bench.run(10);
    peer.send({ method: 'BYE', callId: 's', toTag, sequence: 2 });
    await bench.run(10);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 2 });
    await bench.run(33_000);
    expect(bench.engine.counts()).toMatchObject({ transactions: 0, timers: 0 });
  });

  it('nor is one kept that rings in a session that lasts longer', async () => {
    const { bench, peer } = await callIn([
      'Session-Expires: 7200;refresher=uas',
      'Supported: timer',
    ]);
    await bench.run(3_600_000);
    peer.respond(peer.request('INVITE').message, 100);
    await bench.run(300_100);
    expect(requestsIn(peer).at(-1)).toBe('BYE');
    peer.respond(peer.request('BYE').message, 200);
    await bench.run(40_000);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  });

  it('no answer at all: the call is over', async () => {
    const { bench, peer, reasons } = await callIn(asks);
    await bench.run(60_000 + 29_000);
    expect(requestsIn(peer).at(-1)).toBe('BYE');
    expect(reasons).toEqual([expect.stringContaining('Session timer expired')]);
    await bench.run(70_000);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  });

  it('a challenge, which the engine cannot answer: the application hears of it when the time is over', async () => {
    const call = await callIn(['Session-Expires: 90;refresher=uas', 'Supported: timer']);
    const { bench, peer, reasons } = call;
    peer.onGot(({ message }) => {
      if (message.kind === 'request' && message.method === 'INVITE') peer.respond(message, 407);
    });
    await bench.run(60_000);
    expect(reasons).toEqual([
      expect.stringContaining('Session timer expired: the refresh got 407'),
    ]);
    expect(requestsIn(peer).at(-1)).toBe('BYE');
  });

  it('422: at once again, with the interval that the peer wants', async () => {
    const call = await callIn(asks);
    const { bench, peer } = call;
    await bench.run(60_000);
    peer.respond(peer.request('INVITE').message, 422, { headers: ['Min-SE: 300'] });
    await bench.run(10);
    const { message } = peer.request('INVITE');
    expect(headerValue(message, 'session-expires')).toBe('300;refresher=uac');
    const headers = ['Session-Expires: 300;refresher=uac'];
    peer.respond(message, 200, { body: sdp, headers });
    await bench.run(149_000);
    expect(requestsIn(peer)).toEqual(['INVITE', 'INVITE']);
    await hangUp(call, 2);
  });

  it('491: once more within two seconds, the Call-ID being of the peer (RFC 3261 14.1)', async () => {
    const call = await callIn(asks);
    const { bench, peer } = call;
    await bench.run(60_000);
    peer.respond(peer.request('INVITE').message, 491);
    await bench.run(2_010);
    expect(attemptsIn(peer, 'INVITE')).toBe(2);
    const headers = ['Session-Expires: 120;refresher=uac'];
    peer.respond(peer.request('INVITE').message, 200, { body: sdp, headers });
    await hangUp(call, 2);
  });

  it.each([
    ['100rel', ['100rel', 'timer']],
    ['timer, 100rel', ['timer', '100rel']],
  ])('an UPDATE of the application that supports %s says timer once', async (supported, said) => {
    const call = await callIn(asks);
    const { bench, peer, dialog } = call;
    void dialog.request({ method: 'UPDATE', headers: { Supported: supported } });
    await bench.run(10);
    const { message } = peer.request('UPDATE');
    expect(headerValues(message, 'supported')).toEqual(said);
    peer.respond(message, 200, { headers: ['Session-Expires: 120;refresher=uac'] });
    await bench.run(10);
    await hangUp(call, 2);
  });

  it('an INVITE of the application says it too, and is as good', async () => {
    const call = await callIn(asks);
    const { bench, peer, dialog } = call;
    await bench.run(50_000);
    void dialog.modify(sdp.replace('m=audio', 'a=sendonly\r\nm=audio'));
    await bench.run(10);
    const { message } = peer.request('INVITE');
    expect(headerValue(message, 'session-expires')).toBe('120;refresher=uac');
    const headers = ['Session-Expires: 120;refresher=uac'];
    peer.respond(message, 200, { body: sdp, headers });
    await bench.run(59_000);
    expect(requestsIn(peer)).toEqual(['INVITE']);
    await bench.run(2_000);
    // what was said last is said again
    expect(Buffer.from(peer.request('INVITE').message.body).toString()).toContain('a=sendonly');
    peer.respond(peer.request('INVITE').message, 200, { body: sdp, headers });
    await hangUp(call, 2);
  });

  it('after a call of its own that was answered so', async () => {
    const bench = await startApp(Srf, () => undefined);
    opened.push(bench);
    const callee = bench.peer(3);
    const headers = { 'session-expires': '100', supported: 'timer' };
    void bench.app.createUAC('sip:b@10.0.0.3', { localSdp: sdp, headers });
    await bench.run(10);
    const invite = callee.request('INVITE');
    const answer = ['Session-Expires: 100;refresher=uac', 'Allow: UPDATE'];
    callee.respond(invite.message, 200, { body: sdp, headers: answer });
    await bench.run(50_010);
    expect(callee.log()).toEqual(['INVITE', 'ACK', 'UPDATE']);
    // a crossing: the Call-ID is ours, so it is ours to wait longer
    callee.respond(callee.request('UPDATE').message, 491);
    await bench.run(2_000);
    expect(attemptsIn(callee, 'UPDATE')).toBe(1);
    await bench.run(2_010);
    expect(attemptsIn(callee, 'UPDATE')).toBe(2);
    callee.respond(callee.request('UPDATE').message, 200, { headers: answer });
    const { callId, fromTag } = invite.essentials;
    callee.send({ method: 'BYE', callId, fromTag: 'callee', toTag: fromTag, sequence: 1 });
    await bench.run(40_000);
    expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  });
});

describe('no session timer', () => {
  it('422 for less than 90 seconds, in a call as well', async () => {
    const call = await callIn([]);
    const { bench, peer, toTag } = call;
    const headers = ['Session-Expires: 60', 'Supported: timer'];
    peer.send({ method: 'INVITE', callId: 'short', headers, body: sdp });
    peer.send({ method: 'UPDATE', callId: 's', toTag, sequence: 2, headers });
    await bench.run(10);
    expect(peer.log().slice(-3).toSorted()).toEqual(['100 INVITE', '422 INVITE', '422 UPDATE']);
    expect(headerValue(peer.response(422).message, 'min-se')).toBe('90');
    peer.send({ method: 'ACK', callId: 'short', toTag: peer.response(422).essentials.toTag });
    await hangUp(call, 3);
  });

  it('where nobody asks for one, or the application does not understand it', async () => {
    for (const call of [
      await callIn([]),
      await callIn(['Session-Expires: 120', 'Supported: timer'], ['replaces']),
    ]) {
      const { bench, peer } = call;
      expect(headerValue(peer.response(200).message, 'session-expires')).toBeUndefined();
      await bench.run(200_000);
      expect(requestsIn(peer)).toEqual([]);
      await hangUp(call, 2);
    }
  });
});
