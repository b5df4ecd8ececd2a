// What is still open in a call when it ends.
import Srf from 'drachtio-srf';
import { afterEach, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { receiveCall, sdp } from '../testing/raw-call.ts';
import { startApp, type SrfDialog } from '../testing/srf-app.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

it('an INVITE of the peer gets 487 at once when its BYE crosses ours (15.1.2)', async () => {
  const { bench, peer, send, ask } = await receiveCall(200);
  opened.push(bench);
  await send('INVITE', { sequence: 2, body: sdp });
  await ask('BYE');
  await send('BYE', { sequence: 3 });
  expect(peer.log().slice(-3).toSorted()).toEqual(['200 BYE', '487 INVITE', 'BYE']);
});

it('an answer to it that the application sends after its BYE was answered goes nowhere', async () => {
  const { bench, app, peer, send, ask, answer } = await receiveCall(200);
  opened.push(bench);
  await send('INVITE', { sequence: 2, body: sdp });
  await ask('BYE');
  peer.respond(peer.request('BYE').message, 200);
  await bench.run(10);
  expect(peer.log().at(-1)).toBe('487 INVITE');
  const id = await answer('INVITE', 200, { body: sdp });
  expect(app.answer(id)).toContain('NOK|the transaction to answer');
  await bench.run(40_000);
  expect(peer.log().filter((line) => line === 'BYE')).toHaveLength(1);
  expect(bench.clock.pending).toBe(0);
});

it('an UPDATE that is answered after the end starts no session timer', async () => {
  const { bench, peer, send, ask, answer } = await receiveCall(200);
  opened.push(bench);
  const headers = ['Supported: timer', 'Session-Expires: 90;refresher=uac'];
  await send('UPDATE', { sequence: 2, headers });
  await ask('BYE');
  peer.respond(peer.request('BYE').message, 200);
  await bench.run(10);
  await answer('UPDATE', 200);
  expect(peer.log().at(-1)).toBe('200 UPDATE');
  await bench.run(40_000);
  expect(bench.clock.pending).toBe(0);
});

it('a BYE that is challenged comes again with credentials, once', async () => {
  const { bench, app, peer, ask } = await receiveCall(200);
  opened.push(bench);
  await ask('BYE');
  peer.respond(peer.request('BYE').message, 407);
  await bench.run(10);
  const credentials = 'Proxy-Authorization: Digest username="u"';
  expect(app.answer(await ask('INFO'))).toContain('NOK|');
  expect(app.answer(await ask('BYE', '', [credentials]))).toContain('OK|');
  expect(app.answer(await ask('BYE', '', [credentials]))).toContain('NOK|');
  const { message, essentials } = peer.request('BYE');
  expect(headerValue(message, 'proxy-authorization')).toBe('Digest username="u"');
  expect(essentials.cseq.sequence).toBe((peer.got.at(-2)?.essentials.cseq.sequence ?? 0) + 1);
  peer.respond(message, 200);
  await bench.run(10);
  expect(bench.engine.counts().dialogs).toBe(0);
  await bench.run(40_000);
  expect(bench.clock.pending).toBe(0);
});

it('a BYE that is challenged and does not come again has ended the call', async () => {
  for (const isHungUp of [true, false]) {
    const { bench, peer, send, ask, heard } = await receiveCall(200);
    opened.push(bench);
    await ask('BYE');
    peer.respond(peer.request('BYE').message, 401);
    await bench.run(10);
    if (isHungUp) expect(await send('BYE', { sequence: 2 })).toBe('200 BYE');
    await bench.run(isHungUp ? 10 : 5_100);
    expect(heard('BYE')).toBe(0);
    expect(bench.engine.counts().dialogs).toBe(0);
    await bench.run(40_000);
    expect(bench.clock.pending).toBe(0);
  }
});

it('an application of drachtio-srf with credentials has its BYE taken', async () => {
  const dialogs: SrfDialog[] = [];
  const bench = await startApp(Srf, () => undefined);
  opened.push(bench);
  const peer = bench.peer(2);
  const auth = { username: 'u', password: 'p' };
  void bench.app
    .createUAC('sip:b@10.0.0.2', { localSdp: sdp, auth })
    .then((each) => dialogs.push(each));
  await bench.run(10);
  peer.respond(peer.request('INVITE').message, 200, { body: sdp });
  await bench.run(10);
  const ended = dialogs[0]?.destroy();
  await bench.run(10);
  const headers = ['Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth"'];
  peer.respond(peer.request('BYE').message, 407, { headers });
  await bench.run(10);
  const { message } = peer.request('BYE');
  expect(headerValue(message, 'proxy-authorization')).toContain('username="u"');
  peer.respond(message, 200);
  await bench.run(10);
  await ended;
  expect(bench.engine.counts().dialogs).toBe(0);
});
