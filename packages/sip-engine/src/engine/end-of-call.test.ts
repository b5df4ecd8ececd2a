// What is still open in a call when it ends.
import { afterEach, expect, it } from 'vitest';
import { endEngines } from '../testing/end-engines.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { receiveCall, sdp } from '../testing/raw-call.ts';

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
