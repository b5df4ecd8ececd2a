// Reliable provisional responses (RFC 3262 section 4) as a UAC hears them.
import Srf from 'drachtio-srf';
import { afterEach, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import { endEngines } from '../testing/end-engines.ts';
import type { EngineBench } from '../testing/engine-bench.ts';
import { placeCall, sdp } from '../testing/raw-call.ts';
import type { SipPeer } from '../testing/sip-peer.ts';
import { startApp } from '../testing/srf-app.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

const reliable = (rseq: number): string[] => ['Require: 100rel', `RSeq: ${rseq}`];

/** To tag and RAck of every PRACK that came. */
function pracks(peer: SipPeer): string[] {
  return peer.got.flatMap(({ message, essentials }) =>
    message.kind === 'request' && message.method === 'PRACK'
      ? [`${essentials.toTag ?? ''} ${headerValue(message, 'rack')?.split(' ')[0] ?? ''}`]
      : [],
  );
}

/** Provisional responses that the application heard. */
function told(heard: readonly string[]): string[] {
  return heard.flatMap((text) => /\r\nSIP\/2\.0 (1\d\d) /.exec(text)?.[1] ?? []);
}

it('drachtio-srf: the PRACK goes to the fork that asks for it, once for each response', async () => {
  const bench = await startApp(Srf, () => undefined);
  opened.push(bench);
  const peer = bench.peer(2);
  const call = bench.app.createUAC('sip:b@10.0.0.2', {
    localSdp: sdp,
    headers: { Supported: '100rel' },
  });
  await bench.run(10);
  const { message } = peer.request('INVITE');
  for (const tag of ['A', 'B'])
    peer.respond(message, 183, { tag, headers: reliable(1), body: sdp });
  await bench.run(10);
  peer.respond(message, 180, { tag: 'A', headers: reliable(2) });
  peer.respond(message, 180, { tag: 'A', headers: reliable(2) });
  await bench.run(10);
  expect(pracks(peer)).toEqual(['A 1', 'B 1', 'A 2']);
  const refused = expect(call).rejects.toThrow('486');
  peer.respond(message, 486, { tag: 'A' });
  await bench.run(10);
  await refused;
});

it('what comes again or out of order is dropped; what follows is told', async () => {
  const { bench, app, respond } = await placeCall(['Supported: 100rel']);
  opened.push(bench);
  for (const rseq of [7, 7, 9, 6, 8]) await respond(183, { headers: reliable(rseq) });
  await respond(180);
  expect(told(app.heard)).toEqual(['183', '183', '180']);
});

it('a re-INVITE counts anew', async () => {
  const { bench, app, peer, respond, ask } = await placeCall(['Supported: 100rel']);
  opened.push(bench);
  await respond(183, { headers: reliable(5) });
  await respond(200, { body: sdp });
  await ask('ACK');
  await ask('INVITE', sdp);
  const { message } = peer.request('INVITE');
  peer.respond(message, 183, { headers: reliable(90) });
  peer.respond(message, 183, { headers: reliable(90) });
  await bench.run(10);
  expect(told(app.heard)).toEqual(['183', '183']);
  peer.respond(message, 488);
});

it('PRACKs that the application sends late find their forks; one sent again, too', async () => {
  const { bench, peer, respond, ask } = await placeCall(['Supported: 100rel']);
  opened.push(bench);
  await respond(183, { tag: 'A', headers: reliable(1) });
  await respond(183, { tag: 'B', headers: reliable(1) });
  await respond(183, { tag: 'C', headers: reliable(4) });
  await respond(180, { tag: 'A' });
  const sequence = peer.request('INVITE').essentials.cseq.sequence;
  const prack = async (rseq: number): Promise<string> =>
    ask('PRACK', '', [`RAck: ${rseq} ${sequence} INVITE`]);
  for (const rseq of [4, 1, 1, 4]) await prack(rseq);
  expect(pracks(peer)).toEqual(['C 4', 'A 1', 'B 1', 'C 4']);
  // what names nothing goes where the last response came from
  await prack(3);
  expect(pracks(peer).at(-1)).toBe('A 3');
});
