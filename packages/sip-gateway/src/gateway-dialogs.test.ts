import { headerValue, headerValues } from '@truetuple/sip-engine';
import { afterEach, describe, expect, it } from 'vitest';
import { openGatewayBench, type BenchPeer, type GatewayBench } from './testing/gateway-bench.ts';
import { bodyOf, establish, expectNothingLeft, tupleIn } from './testing/gateway-calls.ts';
import type { GatewayOptions } from './gateway-options.ts';

const open: GatewayBench[] = [];

afterEach(async () => {
  for (const bench of open.splice(0)) await expectNothingLeft(bench);
});

interface World {
  readonly bench: GatewayBench;
  readonly a: BenchPeer;
  readonly b: BenchPeer;
}

async function world(options: Partial<GatewayOptions> = {}): Promise<World> {
  const bench = await openGatewayBench(() => ({ kind: 'to', uri: 'sip:b@10.0.3.10' }), { options });
  open.push(bench);
  const a = await bench.peer('198.51.100.10', 'internet');
  const b = await bench.peer('10.0.3.10', 'vpc');
  return { bench, a, b };
}

/** B ends the call that is up. */
async function hangUp({ bench, a, b }: World): Promise<void> {
  const { callId, fromTag } = b.sip.request('INVITE').essentials;
  const sequence = 90;
  b.sip.send({ method: 'BYE', callId, fromTag: 'callee', toTag: fromTag, sequence });
  await bench.run(20);
  a.sip.respond(a.sip.request('BYE').message, 200);
  await bench.run(20);
}

describe('a callee that forks', () => {
  it('is an early dialog of its own for each fork; the 200 is of the fork that answered', async () => {
    const all = await world();
    const { bench, a, b } = all;
    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await bench.run(20);
    const { message: invite } = b.sip.request('INVITE');
    for (const tag of ['f1', 'f2', 'f1']) {
      const body = tag === 'f1' ? b.sdp : '';
      b.sip.respond(invite, 183, { tag, body });
      await bench.run(20);
    }
    const early = a.sip.got
      .filter(({ message }) => message.kind === 'response' && message.status === 183)
      .map((got) => ({ tag: got.essentials.toTag, sdp: bodyOf(got) }));
    expect(early.map(({ sdp }) => sdp !== '')).toEqual([true, false, true]);
    const [one, two, three] = early.map(({ tag }) => tag);
    expect(one).toBeDefined();
    expect([three, one === two]).toEqual([one, false]);
    expect(bench.gateway.counts().sip?.dialogs).toBe(4);

    b.sip.respond(invite, 200, { tag: 'f2', body: b.sdp });
    await bench.run(20);
    const { essentials } = a.sip.response(200);
    expect(essentials.toTag).toBe(two);
    a.sip.send({ method: 'ACK', callId: 'c1', toTag: two });
    await bench.run(20);
    // the dialog of the fork that lost is gone
    a.sip.send({ method: 'BYE', callId: 'c1', toTag: one, sequence: 2 });
    await bench.run(20);
    expect(a.sip.log().at(-1)).toBe('481 BYE');
    a.sip.send({ method: 'BYE', callId: 'c1', toTag: two, sequence: 3 });
    await bench.run(20);
    b.sip.respond(b.sip.request('BYE').message, 200);
    await bench.run(20);
  });

  it('that hangs up a fork which never answered: 481, and the call with the other fork goes on', async () => {
    const all = await world();
    const { bench, a, b } = all;
    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await bench.run(20);
    const { message: invite, essentials } = b.sip.request('INVITE');
    b.sip.respond(invite, 180, { tag: 'f1' });
    b.sip.respond(invite, 200, { tag: 'callee', body: b.sdp });
    await bench.run(20);
    const { toTag } = a.sip.response(200).essentials;
    a.sip.send({ method: 'ACK', callId: 'c1', toTag });
    const { callId, fromTag } = essentials;
    b.sip.send({ method: 'BYE', callId, fromTag: 'f1', toTag: fromTag, sequence: 1 });
    await bench.run(20);
    expect(b.sip.log().at(-1)).toBe('481 BYE');
    expect(bench.gateway.counts().calls).toBe(1);
    await hangUp(all);
  });

  it('is cancelled with all its forks, and early dialogs leave nothing behind', async () => {
    const { bench, a, b } = await world();
    const branch = 'z9hG4bKforks';
    a.sip.send({ method: 'INVITE', callId: 'c1', branch, body: a.sdp });
    await bench.run(20);
    const { message: invite } = b.sip.request('INVITE');
    for (const tag of ['f1', 'f2', 'f3']) b.sip.respond(invite, 180, { tag });
    await bench.run(20);
    a.sip.send({ method: 'CANCEL', callId: 'c1', branch });
    await bench.run(20);
    a.sip.response(487);
    b.sip.respond(b.sip.request('CANCEL').message, 200);
    b.sip.respond(invite, 487, { tag: 'f1' });
    await bench.run(20);
    expect(bench.gateway.counts()).toMatchObject({ calls: 0, sip: { dialogs: 0 } });
  });

  it('that forks without end costs a bounded number of dialogs', async () => {
    const { bench, a, b } = await world();
    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await bench.run(20);
    const { message: invite } = b.sip.request('INVITE');
    for (let fork = 0; fork < 40; fork += 1) b.sip.respond(invite, 180, { tag: `f${fork}` });
    await bench.run(50);
    const tags = new Set(a.sip.got.map(({ essentials }) => essentials.toTag).filter(Boolean));
    expect(tags.size).toBe(16);
    b.sip.respond(invite, 486, { tag: 'f1' });
    await bench.run(20);
    a.sip.response(486);
  });

  it('a BYE of A in an early dialog ends the call as a CANCEL does', async () => {
    const { bench, a, b } = await world();
    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await bench.run(20);
    const { message: invite } = b.sip.request('INVITE');
    b.sip.respond(invite, 180);
    await bench.run(20);
    const { toTag } = a.sip.response(180).essentials;
    a.sip.send({ method: 'BYE', callId: 'c1', toTag, sequence: 2 });
    await bench.run(20);
    a.sip.response(487);
    a.sip.response(200);
    b.sip.respond(b.sip.request('CANCEL').message, 200);
    b.sip.respond(invite, 487);
    await bench.run(20);
    expect(bench.gateway.counts().calls).toBe(0);
  });
});

describe('an offer that comes late', () => {
  it("INVITE without one: B's offer in the 200, A's answer in the ACK, both through the relay", async () => {
    const all = await world();
    const { bench, a, b } = all;
    a.sip.send({ method: 'INVITE', callId: 'c1' });
    await bench.run(20);
    const { message: invite } = b.sip.request('INVITE');
    expect([invite.body.length, headerValue(invite, 'content-type')]).toEqual([0, undefined]);
    b.sip.respond(invite, 200, { body: b.sdp });
    await bench.run(20);
    const ok = a.sip.response(200);
    expect(b.sip.log()).toEqual(['INVITE']);
    const { toTag } = ok.essentials;
    a.sip.send({ method: 'ACK', callId: 'c1', toTag, body: a.sdp });
    await bench.run(20);
    const ack = b.sip.request('ACK');
    const [toldA, toldB] = [tupleIn(bodyOf(ok)), tupleIn(bodyOf(ack))];
    a.sendRtp('from A', toldA);
    b.sendRtp('from B', toldB);
    expect([a.heard.length, b.heard.length]).toEqual([1, 1]);
    expect(b.heard[0]).toContain(`:${toldB.port}`);
    await hangUp(all);
  });

  it('re-INVITE without one: the other leg is asked, and gets its answer in the ACK', async () => {
    const all = await world();
    const { bench, a, b } = all;
    const { toTag, toldB } = await establish(bench, a, b);
    a.sip.send({ method: 'INVITE', callId: 'c1', toTag, sequence: 2 });
    await bench.run(20);
    const asked = b.sip.request('INVITE');
    expect(asked.message.body.length).toBe(0);
    b.sip.respond(asked.message, 200, { body: b.sdp });
    await bench.run(20);
    expect(b.sip.log()).toEqual(['INVITE', 'ACK', 'INVITE']);
    expect(bodyOf(a.sip.response(200))).toContain('m=audio');
    const body = a.sdp.replace('sendrecv', 'recvonly');
    a.sip.send({ method: 'ACK', callId: 'c1', toTag, sequence: 2, body });
    await bench.run(20);
    const told = bodyOf(b.sip.request('ACK'));
    expect(told).toContain('a=recvonly');
    expect(tupleIn(told)).toEqual(toldB);
    await hangUp(all);
  });

  it('re-INVITE without one, never acknowledged: both legs get a BYE', async () => {
    const { bench, a, b } = await world();
    const { toTag } = await establish(bench, a, b);
    a.sip.send({ method: 'INVITE', callId: 'c1', toTag, sequence: 2 });
    await bench.run(20);
    b.sip.respond(b.sip.request('INVITE').message, 200, { body: b.sdp });
    await bench.run(36_000);
    b.sip.respond(b.sip.request('BYE').message, 200);
    a.sip.respond(a.sip.request('BYE').message, 200);
    expect(b.sip.log()).toContain('ACK');
  });
});

describe('a callee that describes what cannot be relayed is not the fault of who called', () => {
  const connection = /^c=.*$/m;
  it.each<[string, (sdp: string) => string, number]>([
    ['is no session description', () => 'v=0\r\n', 502],
    ['has a stream too many', (sdp) => `${sdp}m=audio 4000 RTP/AVP 0\r\n`, 502],
    ['leads back to us', (sdp) => sdp.replace(connection, 'c=IN IP4 203.0.113.50'), 502],
    ['is IPv6', (sdp) => sdp.replace(connection, 'c=IN IP6 2001:db8::1'), 488],
  ])('an answer that %s: B is hung up', async (_title, change, status) => {
    const { bench, a, b } = await world();
    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await bench.run(20);
    b.sip.respond(b.sip.request('INVITE').message, 200, { body: change(b.sdp) });
    await bench.run(20);
    const { toTag } = a.sip.response(status).essentials;
    a.sip.send({ method: 'ACK', callId: 'c1', toTag });
    expect(b.sip.log()).toEqual(['INVITE', 'ACK', 'BYE']);
    b.sip.respond(b.sip.request('BYE').message, 200);
    await bench.run(20);
  });

  it('an offer that a re-INVITE asked for, and that is none: 502, and both get a BYE', async () => {
    const { bench, a, b } = await world();
    const { toTag } = await establish(bench, a, b);
    a.sip.send({ method: 'INVITE', callId: 'c1', toTag, sequence: 2 });
    await bench.run(20);
    b.sip.respond(b.sip.request('INVITE').message, 200, { body: 'v=0\r\n' });
    await bench.run(20);
    a.sip.response(502);
    a.sip.send({ method: 'ACK', callId: 'c1', toTag, sequence: 2 });
    b.sip.respond(b.sip.request('BYE').message, 200);
    a.sip.respond(a.sip.request('BYE').message, 200);
    await bench.run(20);
  });
});

/** A sent a re-INVITE, B is at it, and A gave it up. */
async function givenUp(): Promise<World> {
  const all = await world();
  const { bench, a, b } = all;
  const { toTag } = await establish(bench, a, b);
  const branch = 'z9hG4bKagain';
  const body = a.sdp.replace('sendrecv', 'sendonly');
  a.sip.send({ method: 'INVITE', callId: 'c1', toTag, sequence: 2, branch, body });
  await bench.run(20);
  b.sip.respond(b.sip.request('INVITE').message, 100);
  await bench.run(20);
  a.sip.send({ method: 'CANCEL', callId: 'c1', toTag, sequence: 2, branch });
  await bench.run(20);
  a.sip.response(487);
  return all;
}

describe('a re-INVITE that is given up', () => {
  it('is cancelled at the other leg, and the call goes on', async () => {
    const all = await givenUp();
    const { bench, b } = all;
    b.sip.respond(b.sip.request('CANCEL').message, 200);
    b.sip.respond(b.sip.request('INVITE').message, 487);
    await bench.run(20);
    expect(bench.gateway.counts().calls).toBe(1);
    // the relay was offered what nobody took
    expect(bench.relay.withdrawn).toHaveLength(1);
    await hangUp(all);
  });

  it('when the other leg has taken it: both are hung up', async () => {
    const { bench, a, b } = await givenUp();
    b.sip.respond(b.sip.request('INVITE').message, 200, { body: b.sdp });
    await bench.run(20);
    a.sip.respond(a.sip.request('BYE').message, 200);
    b.sip.respond(b.sip.request('BYE').message, 200);
    await bench.run(20);
    expect(b.sip.log().filter((each) => each === 'ACK').length).toBe(2);
  });
});

it('a re-INVITE with a body that we do not read: 415, and the other leg is not asked', async () => {
  const all = await world();
  const { bench, a, b } = all;
  const { toTag } = await establish(bench, a, b);
  const headers = ['Content-Type: multipart/mixed;boundary=x'];
  a.sip.send({ method: 'INVITE', callId: 'c1', toTag, sequence: 2, body: '--x--', headers });
  await bench.run(20);
  a.sip.response(415);
  expect(b.sip.log().filter((each) => each === 'INVITE')).toHaveLength(1);
  await hangUp(all);
});

it('a re-INVITE to media behind a NAT: 488 with a Warning, and the call goes on', async () => {
  const all = await world();
  const { bench, a, b } = all;
  const { toTag } = await establish(bench, a, b);
  const body = a.sdp.replace(/^c=.*$/m, 'c=IN IP4 192.168.1.5');
  a.sip.send({ method: 'INVITE', callId: 'c1', toTag, sequence: 2, body });
  await bench.run(20);
  const { message } = a.sip.response(488);
  expect(headerValue(message, 'warning')).toMatch(/^399 gateway "The media address is in another/);
  expect(b.sip.log()).toEqual(['INVITE', 'ACK']);
  a.sip.send({ method: 'ACK', callId: 'c1', toTag, sequence: 2 });
  await hangUp(all);
});

describe('other methods in a call', () => {
  const methods: readonly [string, string, number, readonly string[]][] = [
    ['OPTIONS', '', 200, []],
    ['UPDATE', 'v=0', 405, []],
    ['UPDATE', '', 200, []],
    ['REFER', '', 405, ['Refer-To: <sip:c@198.51.100.77>']],
    ['MESSAGE', '', 405, []],
    ['PRACK', '', 481, ['RAck: 1 1 INVITE']],
    ['FROBNICATE', '', 501, []],
    ['INFO', '', 200, []],
    ['INFO', 'Signal=1', 415, []],
    // 469 would be the word (RFC 6086); drachtio-srf does not know it
    ['INFO', '', 400, ['Info-Package: foo']],
  ];
  it.each(methods)('%s with body %j: %i', async (method, body, status, headers) => {
    const all = await world();
    const { bench, a, b } = all;
    const { toTag } = await establish(bench, a, b);
    a.sip.send({ method, callId: 'c1', toTag, sequence: 2, headers, body });
    await bench.run(20);
    const { message } = a.sip.response(status);
    const allows = status === 405 || status === 501 || method === 'OPTIONS';
    expect(headerValue(message, 'allow')).toBe(
      allows ? 'INVITE, ACK, BYE, CANCEL, OPTIONS' : undefined,
    );
    expect(headerValue(message, 'supported')).toBe(method === 'OPTIONS' ? 'timer' : undefined);
    expect(b.sip.log()).toEqual(['INVITE', 'ACK']);
    await hangUp(all);
  });

  // linphone refreshes so whatever Allow says
  it('UPDATE with nothing in it refreshes the session: the call outlives its timer', async () => {
    const all = await world();
    const { bench, a, b } = all;
    const headers = ['Supported: timer', 'Session-Expires: 90;refresher=uac'];
    const { toTag } = await establish(bench, a, b, headers);
    for (const sequence of [2, 3]) {
      await bench.run(45_000);
      a.sip.send({ method: 'UPDATE', callId: 'c1', toTag, sequence, headers });
      await bench.run(20);
      const { message } = a.sip.response(200);
      expect(headerValue(message, 'cseq')).toBe(`${sequence} UPDATE`);
      expect(headerValue(message, 'contact')).toBe('<sip:203.0.113.50:5060>');
      expect(headerValue(message, 'session-expires')).toBe('90;refresher=uac');
    }
    expect(b.sip.log()).toEqual(['INVITE', 'ACK']);
    await bench.run(45_000);
    await hangUp(all);
  });

  it('a session timer that the callee asks for is kept, and said once', async () => {
    const all = await world();
    const { bench, a, b } = all;
    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await bench.run(20);
    const headers = [
      'Require: timer',
      'Session-Expires: 90;refresher=uac',
      'Allow: INVITE, UPDATE',
    ];
    b.sip.respond(b.sip.request('INVITE').message, 200, { body: b.sdp, headers });
    await bench.run(20);
    const { toTag } = a.sip.response(200).essentials;
    a.sip.send({ method: 'ACK', callId: 'c1', toTag });
    await bench.run(46_000);
    const { message: refresh } = b.sip.request('UPDATE');
    expect(headerValue(refresh, 'session-expires')).toBe('90;refresher=uac');
    b.sip.respond(refresh, 200, { headers: ['Session-Expires: 90;refresher=uac'] });
    a.sip.send({ method: 'INVITE', callId: 'c1', toTag, sequence: 2, body: a.sdp });
    await bench.run(20);
    const { message: again } = b.sip.request('INVITE');
    expect(headerValue(again, 'session-expires')).toBe('90;refresher=uac');
    expect(headerValues(again, 'supported')).toEqual(['timer']);
    b.sip.respond(again, 200, { body: b.sdp, headers });
    await bench.run(20);
    a.sip.send({ method: 'ACK', callId: 'c1', toTag, sequence: 2 });
    await bench.run(20);
    await hangUp(all);
  });

  it('UPDATE before the answer, of either side: 405, and the call goes on', async () => {
    const all = await world();
    const { bench, a, b } = all;
    a.sip.send({ method: 'INVITE', callId: 'c1', body: a.sdp });
    await bench.run(20);
    const { message: invite, essentials } = b.sip.request('INVITE');
    b.sip.respond(invite, 180);
    await bench.run(20);
    const { toTag } = a.sip.response(180).essentials;
    a.sip.send({ method: 'UPDATE', callId: 'c1', toTag, sequence: 2, body: a.sdp });
    const { callId, fromTag } = essentials;
    b.sip.send({ method: 'UPDATE', callId, fromTag: 'callee', toTag: fromTag, body: b.sdp });
    await bench.run(20);
    a.sip.response(405);
    b.sip.response(405);
    b.sip.respond(invite, 200, { body: b.sdp });
    await bench.run(20);
    a.sip.send({ method: 'ACK', callId: 'c1', toTag });
    await bench.run(20);
    await hangUp(all);
  });
});

describe('header fields of A', () => {
  const headers = ['Subject: lunch', 'P-Asserted-Identity: <sip:boss@10.9.9.9>', 'X-Trace: 7'];

  async function invited(options: Partial<GatewayOptions>): Promise<(name: string) => unknown> {
    const all = await world(options);
    const { bench, a, b } = all;
    a.sip.send({ method: 'INVITE', callId: 'c1', headers, body: a.sdp });
    await bench.run(20);
    const { message } = b.sip.request('INVITE');
    b.sip.respond(message, 486);
    await bench.run(20);
    return (name) => headerValue(message, name);
  }

  it('go to B when they are harmless; the display name does', async () => {
    const valueOf = await invited({});
    expect(valueOf('subject')).toBe('lunch');
    expect(valueOf('p-asserted-identity')).toBeUndefined();
    expect(valueOf('x-trace')).toBeUndefined();
    expect(valueOf('allow')).toBe('INVITE, ACK, BYE, CANCEL, OPTIONS');
    expect(valueOf('supported')).toBe('timer');
    expect(valueOf('from')).toMatch(/^"Peer" <sip:peer@203\.0\.113\.50:5060>;tag=/);
  });

  it('go to B when they are named, and no other does', async () => {
    const valueOf = await invited({ passHeaders: ['X-Trace', 'p-asserted-identity'] });
    expect(valueOf('subject')).toBeUndefined();
    expect(valueOf('p-asserted-identity')).toBe('<sip:boss@10.9.9.9>');
    expect(valueOf('x-trace')).toBe('7');
  });
});
