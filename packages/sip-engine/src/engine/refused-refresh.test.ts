// What becomes of a session whose refresh is refused: RFC 4028 section 10.
import { afterEach, expect, it } from 'vitest';
import { headerValue } from '../message/header-list.ts';
import type { Resolver } from '../resolver/resolver.ts';
import { endEngines } from '../testing/end-engines.ts';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { startRawApp } from '../testing/raw-app.ts';
import { receiveCall, sdp, type RawCall } from '../testing/raw-call.ts';

const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

/** A call that the engine has to refresh after 900 seconds. */
async function start(...more: readonly string[]): Promise<RawCall> {
  const headers = ['Supported: timer', 'Session-Expires: 1800;refresher=uas', ...more];
  const call = await receiveCall(200, {}, headers);
  opened.push(call.bench);
  return call;
}

/** The peer answers every refresh so; @returns when each came, in seconds, and how. */
function refuse(
  { bench, peer }: RawCall,
  status: number,
  headersOf: () => readonly string[] = () => [],
): string[] {
  const began = bench.clock.now();
  const tries: string[] = [];
  peer.onGot(({ message }) => {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    tries.push(`${message.method} ${Math.round((bench.clock.now() - began) / 1000)}`);
    peer.respond(message, message.method === 'BYE' ? 200 : status, { headers: headersOf() });
  });
  return tries;
}

it.each([401, 407, 500, 503])('%s: again, but not continuously', async (status) => {
  const call = await start();
  const tries = refuse(call, status);
  await call.bench.run(1_770_000);
  const times = [900, 910, 920, 940, 980, 1060, 1220, 1540].map((time) => `INVITE ${time}`);
  expect(tries).toEqual([...times, 'BYE 1768']);
  const told = call.app.heard.find((text) => text.includes('|unsolicited|'));
  expect(told).toContain(`Session timer expired: the refresh got ${status}`);
});

it('491 all the time is no reason to ask all the time', async () => {
  const call = await start();
  const tries = refuse(call, 491);
  await call.bench.run(1_770_000);
  expect(tries.length).toBeLessThan(11);
  expect(tries.at(-1)).toBe('BYE 1768');
});

it('Retry-After is waited for', async () => {
  const call = await start('Allow: UPDATE');
  const tries = refuse(call, 503, () => ['Retry-After: 300 (busy);duration=60']);
  await call.bench.run(1_770_000);
  expect(tries).toEqual(['UPDATE 900', 'UPDATE 1200', 'UPDATE 1500', 'BYE 1768']);
});

it('422 that always asks for more is asked a few times only, and the session does not last longer', async () => {
  const call = await start();
  let seconds = 1800;
  const tries = refuse(call, 422, () => {
    seconds += 100;
    return [`Min-SE: ${seconds}`];
  });
  await call.bench.run(901_000);
  expect(tries).toHaveLength(5);
  const { message } = call.peer.request('INVITE');
  expect(headerValue(message, 'session-expires')).toBe('2200;refresher=uac');
  expect(headerValue(message, 'min-se')).toBe('2200');
  await call.bench.run(869_000);
  expect(tries.at(-1)).toBe('BYE 1768');
});

it('Min-SE is the greatest that was heard, from whomever (section 5)', async () => {
  const call = await start('Min-SE: 300');
  const { bench, peer, ask } = call;
  await bench.run(900_000);
  expect(headerValue(peer.request('INVITE').message, 'min-se')).toBe('300');
  const refusal = { headers: ['Min-SE: 2400'] };
  peer.respond(peer.request('INVITE').message, 422, refusal);
  await bench.run(10);
  const { message } = peer.request('INVITE');
  expect(headerValue(message, 'min-se')).toBe('2400');
  const headers = ['Session-Expires: 3000;refresher=uac'];
  peer.respond(message, 200, { body: sdp, headers });
  await bench.run(10);
  await ask('UPDATE', sdp);
  expect(headerValue(peer.request('UPDATE').message, 'min-se')).toBe('2400');
});

it.each([405, 501])('%s to an UPDATE that the peer said to allow: by INVITE', async (status) => {
  const call = await start('Allow: UPDATE');
  const { bench, peer } = call;
  await bench.run(900_000);
  peer.respond(peer.request('UPDATE').message, status);
  await bench.run(10);
  const headers = ['Session-Expires: 1800;refresher=uac'];
  peer.respond(peer.request('INVITE').message, 200, { body: sdp, headers });
  await bench.run(890_000);
  expect(peer.log()).not.toContain('BYE');
});

it('what the network does not take is tried again: nobody has refused it', async () => {
  const bench = createEngineBench({}, { tellsUnreachable: true });
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  const timer = ['Supported: timer', 'Session-Expires: 1800;refresher=uas'];
  const headers = [...timer, 'Contact: <sip:b@10.0.0.8>'];
  peer.send({ method: 'INVITE', callId: 'c', contact: false, headers, body: sdp });
  await bench.run(10);
  app.say(`${app.transactionOf('INVITE ')}|`, ['SIP/2.0 200 OK'], sdp);
  await bench.run(10);
  peer.send({ method: 'ACK', callId: 'c', toTag: peer.response(200).essentials.toTag });
  await bench.run(905_000);
  const back = bench.peer(8);
  await bench.run(10_000);
  expect(back.log()).toContain('INVITE');
  expect(back.log()).not.toContain('BYE');
});

it('with no description that could be said again, it is an UPDATE', async () => {
  const bench = createEngineBench();
  opened.push(bench);
  const app = await startRawApp(bench);
  const peer = bench.peer(2);
  app.say('|', ['INVITE sip:b@10.0.0.2 SIP/2.0', 'Call-ID: c']);
  await bench.run(10);
  const { message, essentials } = peer.request('INVITE');
  const headers = ['Session-Expires: 1800;refresher=uac'];
  peer.respond(message, 200, { headers });
  await bench.run(10);
  app.say(`|c;from-tag=${essentials.fromTag}`, ['ACK sip:placeholder SIP/2.0']);
  await bench.run(900_100);
  expect(peer.log()).toEqual(['INVITE', 'ACK', 'UPDATE']);
  peer.respond(peer.request('UPDATE').message, 200, { headers });
  await bench.run(800_000);
  expect(peer.log()).not.toContain('BYE');
});

it('it is no INVITE across one of the application that waits for the address of a name', async () => {
  let isSlow = false;
  const late: (() => void)[] = [];
  const headers = ['Supported: timer', 'Session-Expires: 1800;refresher=uas'];
  const record = 'Record-Route: <sip:p.example;lr>';
  const resolver: Resolver = {
    addressesOf: async () => {
      if (isSlow) await new Promise<void>((resolve) => late.push(resolve));
      return ['10.0.0.2'];
    },
  };
  const call = await receiveCall(200, { resolver }, [...headers, record]);
  const { bench, peer, ask } = call;
  opened.push(bench);
  await bench.run(899_000);
  isSlow = true;
  await ask('INVITE', sdp);
  await bench.run(2_000);
  isSlow = false;
  late[0]?.();
  await bench.run(100);
  expect(peer.log().filter((line) => line === 'INVITE')).toHaveLength(1);
  peer.respond(peer.request('INVITE').message, 488);
  await bench.run(10);
});

it.each([100, 180])('an INVITE that gets %i and nothing more is given up', async (status) => {
  const call = await start();
  const { bench, peer } = call;
  await bench.run(900_000);
  peer.respond(peer.request('INVITE').message, status);
  await bench.run(310_000);
  // five minutes are as long as anything rings
  expect(peer.log().at(-1)).toBe('BYE');
  peer.respond(peer.request('BYE').message, 200);
  await bench.run(40_000);
  expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  expect(bench.clock.pending).toBe(0);
});

it('an INVITE that got 100 is given up soon after the end of its call, which a drain waits for', async () => {
  const call = await start();
  const { bench, peer, ask } = call;
  await bench.run(900_000);
  peer.respond(peer.request('INVITE').message, 100);
  await bench.run(10);
  await ask('BYE');
  peer.respond(peer.request('BYE').message, 200);
  let isDrained = false;
  const drained = bench.engine.drain();
  void drained.finally(() => {
    isDrained = true;
  });
  await bench.run(33_000);
  expect(isDrained).toBe(true);
  expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
  expect(bench.clock.pending).toBe(0);
});

it('no second BYE beside the one of the application', async () => {
  const call = await start();
  const { bench, app, peer, ask } = call;
  peer.onGot(({ message }) => {
    const isInvite = message.kind === 'request' && message.method === 'INVITE';
    if (isInvite) peer.respond(message, 500);
  });
  await bench.run(1_767_000);
  await ask('BYE');
  await bench.run(20_000);
  const byes = peer.got.filter(({ essentials }) => essentials.cseq.method === 'BYE');
  expect(new Set(byes.map(({ essentials }) => essentials.cseq.sequence)).size).toBe(1);
  expect(app.heard.some((text) => text.includes('|unsolicited|'))).toBe(false);
  await bench.run(40_000);
  expect(bench.engine.counts()).toMatchObject({ dialogs: 0, transactions: 0, timers: 0 });
});
