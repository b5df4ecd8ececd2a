// What is left for calls when there is no room for anything else, in memory and without real time.
import { afterEach, describe, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp, type RawApp } from '../testing/raw-app.ts';
import type { SipPeer } from '../testing/sip-peer.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n';
const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

interface Call {
  readonly bench: EngineBench;
  readonly app: RawApp;
  readonly peer: SipPeer;
  readonly toTag: string | undefined;
}

/** A call from the peer, long enough ago that its transaction is over, in an engine with room for twenty. */
async function callIn(): Promise<Call> {
  const bench = createEngineBench({ limits: { transactions: 20 } });
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  peer.send({ method: 'INVITE', callId: 'c', body: sdp });
  await bench.run(10);
  app.say(`${app.transactionOf('INVITE ')}|`, ['SIP/2.0 200 OK'], sdp);
  await bench.run(10);
  const { toTag } = peer.response(200).essentials;
  peer.send({ method: 'ACK', callId: 'c', toTag });
  await bench.run(40_000);
  return { bench, app, peer, toTag };
}

async function hangUp({ bench, app, peer }: Call): Promise<void> {
  app.say('|c;from-tag=peer', ['BYE sip:placeholder SIP/2.0']);
  await bench.run(10);
  peer.respond(peer.request('BYE').message, 200);
  await bench.run(10);
  expect(bench.engine.counts().dialogs).toBe(0);
}

describe('with no room', () => {
  it('for anything new, an application asks for something in its call and hangs up', async () => {
    const call = await callIn();
    const { bench, app, peer } = call;
    const stranger = bench.peer(66);
    for (let at = 0; at < 30; at += 1) stranger.send({ method: 'OPTIONS', callId: `o${at}` });
    await bench.run(10);
    expect(bench.engine.counts()).toMatchObject({ transactions: 20, overload: 10 });
    app.say('|c;from-tag=peer', ['INFO sip:placeholder SIP/2.0']);
    await bench.run(10);
    peer.respond(peer.request('INFO').message, 200);
    await hangUp(call);
  });

  it('for anything in calls either, an application hangs up', async () => {
    const call = await callIn();
    const { bench, app, peer, toTag } = call;
    for (let sequence = 2; sequence < 52; sequence += 1) {
      peer.send({ method: 'INFO', callId: 'c', toTag, sequence });
    }
    await bench.run(10);
    expect(bench.engine.counts().transactions).toBe(40);
    app.say('|c;from-tag=peer', ['INFO sip:placeholder SIP/2.0']);
    await bench.run(10);
    expect(peer.log()).not.toContain('INFO');
    await hangUp(call);
  });
});

describe('what names a call that is not there', () => {
  it('takes none of the room of calls', async () => {
    const { bench, peer, app, toTag } = await callIn();
    const stranger = bench.peer(66);
    for (const method of ['BYE', 'INVITE', 'INFO', 'CANCEL', 'ACK']) {
      for (let at = 0; at < 20; at += 1) {
        stranger.send({ method, callId: `${method}${at}`, toTag: 'guessed' });
      }
    }
    await bench.run(10);
    expect(bench.engine.counts()).toMatchObject({ transactions: 0, overload: 0 });
    expect(new Set(stranger.log())).toEqual(
      new Set(['481 BYE', '481 INVITE', '481 INFO', '481 CANCEL']),
    );
    peer.send({ method: 'BYE', callId: 'c', toTag, sequence: 2 });
    await bench.run(10);
    expect(app.heard.at(-1)).toContain('\r\nBYE ');
  });

  it('gets one datagram for one, also an INVITE', async () => {
    const { bench } = await callIn();
    const stranger = bench.peer(66);
    stranger.send({ method: 'INVITE', callId: 'x', toTag: 'guessed', body: sdp });
    await bench.run(40_000);
    expect(stranger.log()).toEqual(['481 INVITE']);
    expect(stranger.response(481).essentials.toTag).toBe('guessed');
  });
});

describe('our tag in an answer that nothing is kept of', () => {
  it.each([
    ['400', { method: 'OPTIONS', headers: ['To: <sip:twice@10.0.0.1>'] }],
    ['481', { method: 'CANCEL' }],
  ] as const)('is the same for each repeat of a request, and of no other: %s', async (_, what) => {
    const bench = createEngineBench();
    opened.push(bench);
    const peer = bench.peer(2);
    const send = (branch: string): void => peer.send({ callId: 'c', branch, ...what });
    for (const branch of ['z9hG4bK1', 'z9hG4bK1', 'z9hG4bK2']) {
      send(branch);
      await bench.run(10);
    }
    const [first, again, other] = peer.got.map(({ essentials }) => essentials.toTag);
    expect(first).toMatch(/^[0-9a-f]{20}$/u);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });
});

/** A call with every place taken by what its own peer asks for. */
async function fullCall(): Promise<Call> {
  const call = await callIn();
  const { bench, peer, toTag } = call;
  for (let sequence = 2; sequence < 52; sequence += 1) {
    peer.send({ method: 'INFO', callId: 'c', toTag, sequence });
  }
  await bench.run(10);
  expect(bench.engine.counts()).toMatchObject({ transactions: 40, overload: 10 });
  return call;
}

describe('a peer that ends a call has room when nothing else has any', () => {
  it('by a BYE, once in each dialog', async () => {
    const { bench, app, peer, toTag } = await fullCall();
    for (let sequence = 60; sequence < 70; sequence += 1) {
      peer.send({ method: 'BYE', callId: 'c', toTag, sequence });
    }
    await bench.run(10);
    expect(app.heard.filter((text) => text.includes('\r\nBYE '))).toHaveLength(1);
    expect(peer.log().filter((line) => line === '503 BYE')).toHaveLength(9);
    expect(bench.engine.counts()).toMatchObject({ transactions: 41, overload: 19 });
    app.say(`${app.transactionOf('BYE ')}|`, ['SIP/2.0 200 OK']);
    await bench.run(10);
    expect(peer.log().at(-1)).toBe('200 BYE');
    expect(bench.engine.counts().dialogs).toBe(0);
  });

  it('by a BYE, once also where each is out of order', async () => {
    const { bench, peer, toTag } = await fullCall();
    for (let times = 0; times < 10; times += 1) {
      peer.send({ method: 'BYE', callId: 'c', toTag, sequence: 2 });
    }
    await bench.run(10);
    expect(peer.log().filter((line) => line === '503 BYE')).toHaveLength(9);
    expect(bench.engine.counts().transactions).toBe(41);
  });

  it('by a CANCEL, once for each INVITE; a stranger has none', async () => {
    const bench = createEngineBench({ limits: { transactions: 2 } });
    opened.push(bench);
    const app = await startRawApp(bench);
    const [peer, stranger] = [bench.peer(2), bench.peer(66)];
    const branches = ['z9hG4bK1', 'z9hG4bK2'];
    for (const branch of branches) {
      peer.send({ method: 'INVITE', callId: branch, branch, body: sdp });
    }
    await bench.run(10);
    app.say(`${app.transactionOf('INVITE ')}|`, ['SIP/2.0 180 Ringing']);
    await bench.run(10);
    const { callId, toTag } = peer.response(180).essentials;
    for (let sequence = 2; sequence < 6; sequence += 1) {
      peer.send({ method: 'INFO', callId, toTag, sequence });
    }
    await bench.run(10);
    expect(bench.engine.counts()).toMatchObject({ transactions: 4, overload: 2 });
    for (const branch of [...branches, ...branches]) {
      peer.send({ method: 'CANCEL', callId: branch, branch });
      await bench.run(10);
    }
    for (const method of ['CANCEL', 'BYE', 'OPTIONS']) {
      stranger.send({ method, callId: 'x', branch: 'z9hG4bK1' });
    }
    await bench.run(10);
    expect(peer.log().filter((line) => line === '200 CANCEL')).toHaveLength(4);
    expect(peer.log().filter((line) => line === '487 INVITE')).toHaveLength(2);
    expect(stranger.log()).toEqual(['481 CANCEL', '503 BYE', '503 OPTIONS']);
    expect(bench.engine.counts().transactions).toBe(6);
    expect(app.heard.filter((text) => text.includes('\r\nCANCEL '))).toHaveLength(2);
  });
});
