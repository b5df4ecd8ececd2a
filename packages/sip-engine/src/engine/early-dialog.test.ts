// What comes in a dialog before its INVITE has a final response.
import Srf from 'drachtio-srf';
import { afterEach, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { createEngineBench } from '../testing/engine-bench.ts';
import { receiveCall, sdp } from '../testing/raw-call.ts';
import { startRawApp } from '../testing/raw-app.ts';
import { startApp } from '../testing/srf-app.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

it('a second INVITE of the caller gets 500 with Retry-After (14.2)', async () => {
  const { bench, peer, heard, send } = await receiveCall(180);
  opened.push(bench);
  expect(await send('INVITE', { sequence: 2, body: sdp })).toBe('500 INVITE');
  expect(headerValue(peer.response(500).message, 'retry-after')).toMatch(/^\d+$/);
  expect(heard('INVITE')).toBe(1);
});

it('an INVITE of the callee gets 491', async () => {
  const bench = createEngineBench();
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  app.say('|', ['INVITE sip:b@10.0.0.2 SIP/2.0', 'Call-ID: early'], sdp);
  await bench.run(10);
  const { message, essentials } = peer.request('INVITE');
  peer.respond(message, 180);
  const { fromTag: toTag } = essentials;
  peer.send({ method: 'INVITE', callId: 'early', fromTag: 'callee', toTag, body: sdp });
  await bench.run(10);
  expect(peer.log().at(-1)).toBe('491 INVITE');
});

it('drachtio-srf runs its handler once, and hears of the CANCEL', async () => {
  const told: string[] = [];
  const bench = await startApp(Srf, (app) =>
    app.invite((req, res) => {
      told.push('INVITE');
      req.on('cancel', () => told.push('cancel'));
      res.send(180);
    }),
  );
  opened.push(bench);
  const peer = bench.peer(2);
  const callId = 'twice';
  peer.send({ method: 'INVITE', callId, branch: 'z9hG4bKone', body: sdp });
  await bench.run(10);
  const { toTag } = peer.response(180).essentials;
  peer.send({ method: 'INVITE', callId, toTag, sequence: 2, body: sdp });
  peer.send({ method: 'CANCEL', callId, branch: 'z9hG4bKone' });
  await bench.run(10);
  expect(told).toEqual(['INVITE', 'cancel']);
});

it('a BYE of the caller ends the INVITE, and drachtio-srf hears of it as of a CANCEL', async () => {
  const told: string[] = [];
  const bench = await startApp(Srf, (app) => {
    app.invite((req, res) => {
      req.on('cancel', (cancel) => told.push(`cancel: ${cancel.get('Reason')}`));
      res.send(180);
    });
    app.use((req) => told.push(req.method));
  });
  opened.push(bench);
  const peer = bench.peer(2);
  peer.send({ method: 'INVITE', callId: 'bye', body: sdp });
  await bench.run(10);
  const { toTag } = peer.response(180).essentials;
  const headers = ['Reason: Q.850;cause=16'];
  peer.send({ method: 'BYE', callId: 'bye', toTag, sequence: 2, headers });
  await bench.run(10);
  expect(told).toEqual(['cancel: Q.850;cause=16']);
  expect(peer.log().slice(-2).toSorted()).toEqual(['200 BYE', '487 INVITE']);
  expect(bench.engine.counts().dialogs).toBe(0);
});
