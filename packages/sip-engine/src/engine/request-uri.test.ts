// What of a URI goes into a Request-URI: no header fields and no method (RFC 3261 19.1.1, table 1, and 12.2.1.1).
import { afterEach, expect, it } from 'vitest';
import { headerValue, headerValues } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp } from '../testing/raw-app.ts';
import { placeCall, sdp } from '../testing/raw-call.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

it.each([
  ['sip:b@10.0.0.2?Subject=x&Priority=urgent', 'sip:b@10.0.0.2'],
  ['sip:b@10.0.0.2:5060;user=phone?Replaces=a%40b', 'sip:b@10.0.0.2:5060;user=phone'],
  ['sip:b?c@10.0.0.2?Subject=x', 'sip:b?c@10.0.0.2'],
  ['sip:b?c@10.0.0.2', 'sip:b?c@10.0.0.2'],
  ['sip:b@10.0.0.2;method=REFER;transport=udp', 'sip:b@10.0.0.2;transport=udp'],
  ['sip:b@10.0.0.2;lr;x=method=y', 'sip:b@10.0.0.2;lr;x=method=y'],
])('of an application: %s', async (written, expected) => {
  const bench = createEngineBench();
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  app.say('|', [`INVITE ${written} SIP/2.0`], sdp);
  await bench.run(10);
  const { message } = peer.request('INVITE');
  expect(message.requestUri).toBe(expected);
  expect(headerValue(message, 'to')).toBe(`<${expected}>`);
});

it('of a Contact', async () => {
  const { bench, peer, respond, ask } = await placeCall();
  opened.push(bench);
  const contact = '<sip:b@10.0.0.2;method=INVITE?Replaces=x>';
  await respond(200, { contact, body: sdp });
  await ask('ACK');
  expect(peer.request('ACK').message.requestUri).toBe('sip:b@10.0.0.2');
});

it('of a strict router', async () => {
  const { bench, peer, respond, ask } = await placeCall();
  opened.push(bench);
  const headers = ['Record-Route: <sip:p2@10.0.0.3;lr>, <sip:p1@10.0.0.2;method=BYE?Subject=x>'];
  await respond(200, { contact: '<sip:b@10.0.0.9>', headers, body: sdp });
  await ask('ACK');
  const { message } = peer.request('ACK');
  expect(message.requestUri).toBe('sip:p1@10.0.0.2');
  expect(headerValues(message, 'route')).toEqual(['<sip:p2@10.0.0.3;lr>', '<sip:b@10.0.0.9>']);
});
