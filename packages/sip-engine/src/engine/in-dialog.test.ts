// What is said inside of a call, and what is made of it.
import { afterEach, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { receiveCall, sdp } from '../testing/raw-call.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

it('a Require that is not met gets 420 with Unsupported (8.2.2.3), but not in a BYE', async () => {
  const { bench, peer, send, answer, heard } = await receiveCall(200);
  opened.push(bench);
  const headers = ['Require: timer, Precondition'];
  expect(await send('INVITE', { sequence: 2, headers, body: sdp })).toBe('420 INVITE');
  expect(headerValue(peer.response(420).message, 'unsupported')).toBe('Precondition');
  expect(heard('INVITE')).toBe(1);
  await send('BYE', { sequence: 3, headers });
  await answer('BYE', 200);
  expect(peer.log().at(-1)).toBe('200 BYE');
});

it('the refresh of a session is no INVITE across an offer of ours', async () => {
  const timer = ['Supported: timer', 'Session-Expires: 90;refresher=uas'];
  const { bench, peer, ask } = await receiveCall(200, {}, timer);
  opened.push(bench);
  await bench.run(44_900);
  await ask('UPDATE', sdp);
  await bench.run(1_000);
  expect(peer.log()).not.toContain('INVITE');
  peer.respond(peer.request('UPDATE').message, 488);
  await bench.run(10_000);
  expect(peer.log()).toContain('INVITE');
});

it('an INVITE of ours waits for the ACK of our 2xx (14.1)', async () => {
  const { bench, peer, toTag, send, answer, ask } = await receiveCall(200);
  opened.push(bench);
  await send('INVITE', { sequence: 2, body: sdp });
  await answer('INVITE', 200, { body: sdp });
  await ask('INVITE', sdp);
  expect(peer.log().at(-1)).toBe('200 INVITE');
  peer.send({ method: 'ACK', callId: 'c', toTag, sequence: 2 });
  await bench.run(10);
  expect(peer.log().at(-1)).toBe('INVITE');
});

it.each(['<sip:a b c>', '<tel:+49301234>', '<sip:>', 'what?'])(
  'a success with the Contact %s leaves the target as it is',
  async (contact) => {
    const { bench, peer, ask } = await receiveCall(200);
    opened.push(bench);
    await ask('INVITE', sdp);
    const { message } = peer.request('INVITE');
    peer.respond(message, 200, { body: sdp, contact });
    await bench.run(10);
    await ask('ACK');
    await ask('BYE');
    expect(peer.log().slice(-2)).toEqual(['ACK', 'BYE']);
    expect(peer.request('BYE').message.requestUri).toBe('sip:peer@10.0.0.2:5060');
  },
);

it('a success to REFER has our Contact (RFC 3515 2.2), a refusal has none', async () => {
  const { bench, peer, send, answer } = await receiveCall(200);
  opened.push(bench);
  const headers = ['Refer-To: <sip:c@10.0.0.3>', 'Contact: <sip:peer@10.0.0.2>'];
  await send('REFER', { sequence: 2, headers });
  await answer('REFER', 202);
  expect(headerValue(peer.response(202).message, 'contact')).toBe('<sip:10.0.0.1:5060>');
  await send('REFER', { sequence: 3, headers });
  await answer('REFER', 603);
  expect(headerValue(peer.response(603).message, 'contact')).toBeUndefined();
});
